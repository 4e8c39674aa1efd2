"""Commands that run something: up, demo, the parts one by one, migrate."""

import asyncio
import shutil
import socket
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop

from deploy import workspace
from deploy.attachments import AttachmentsPlace
from deploy.attesting import AuditPlace
from deploy.commands.options import Config, Data
from deploy.demo import company
from deploy.demo.performance import perform
from deploy.demo.visit import Visit
from deploy.embedded.directory import DataDirectory, default_data_directory
from deploy.installation import prepare_database, reach, settings_with
from deploy.launch import Launch, bound
from deploy.logs import configure
from deploy.looks import kept_for
from deploy.restoring import ErasureLists, erase_again_now
from deploy.workspace import duration

Host = Annotated[str | None, typer.Option(help="Address to listen on (default: 127.0.0.1).")]
Port = Annotated[int | None, typer.Option(help="Port to listen on (default: 8080; 0: any free).")]


def register(app: typer.Typer) -> None:
    """Add these commands to the `recado` command."""
    app.command()(up)
    app.command()(demo)
    app.command()(serve)
    for name in ("relay", "project", "dispatch", "attest", "remember"):
        app.command(name, help=_WORK_HELP[name])(_one(name))
    app.command(help=_WORK_HELP["route"])(route)
    app.command()(work)
    app.command()(migrate)


def up(
    data: Data = None,
    host: Host = None,
    port: Port = None,
    workspace_file: Annotated[
        Path | None, typer.Option("--workspace", help="Workspace file to apply at the start.")
    ] = None,
    config: Config = None,
) -> None:
    """
    Run everything: PostgreSQL and NATS (embedded unless RECADO_POSTGRES_URL and
    RECADO_NATS_URL are set), the HTTP server and the workers. Ctrl-C stops all.

    Example: recado up --data ./data --port 8080 --workspace loja.toml
    """
    settings = settings_with(config, host=host, port=port)
    wanted = None if workspace_file is None else workspace.read(workspace_file)
    configure(settings.log_level)
    with Launch(data or default_data_directory(), settings, wanted) as launch:
        asyncio.run(launch.run(lambda: _tell_ready(launch)))


def _tell_ready(launch: Launch) -> None:
    print(f"ready {launch.address}", flush=True)
    if (made := launch.administrator) is not None:
        # Beside the output, whose one line programs wait for.
        told = f"  log in as {made.email}\n  password  {made.password}  (told this once)"
        print(told, file=sys.stderr, flush=True)


def demo(
    data: Data = None,
    port: Port = None,
    lasting: Annotated[
        str | None, typer.Option("--for", help="End by itself after this long, e.g. 60s.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=50, help="How fast customers live.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed plays the same play.")] = 7,
    fresh: Annotated[bool, typer.Option(help="Forget what earlier demos left behind.")] = False,
) -> None:
    """
    Run everything with the demo company, simulated customers and colleagues.

    Example: recado demo --for 60s --speed 5
    """
    seconds = _seconds(lasting)
    folder = data or default_data_directory().with_name("recado-demo")
    if fresh:
        with DataDirectory(folder):
            pass
        shutil.rmtree(folder)
    settings = settings_with(None, port=0 if port is None else port)
    configure("warning")
    with socket.create_server(("127.0.0.1", 0)) as providers:
        wanted = company.loja_ipe(f"http://127.0.0.1:{providers.getsockname()[1]}")
        visit = Visit.by(providers)
        told = visit.environment()
        with Launch(folder, settings, wanted, ["deploy.demo.served"], told) as launch:
            print("starting PostgreSQL, NATS and Recado …", flush=True)
            asyncio.run(perform(launch, providers, visit, seed, speed, seconds))


def serve(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    config: Config = None,
    openapi: Annotated[
        bool, typer.Option("--openapi", help="Print the OpenAPI 3.1 document and end.")
    ] = False,
) -> None:
    """
    Run the HTTP server alone: webhooks, API, live feed. Many may run at once.

    Example: RECADO_POSTGRES_URL=… RECADO_NATS_URL=… recado serve --port 8081
    """
    if openapi:
        from adapters.http.openapi.documents import openapi_json  # noqa: PLC0415  (as below)

        print(openapi_json(), end="")
        return
    settings = settings_with(config, host=host, port=port)
    configure(settings.log_level)
    with bound(settings.host, settings.port) as listening:
        from deploy import serving  # noqa: PLC0415  (other commands need not wait for it)

        files, erasures = AttachmentsPlace.of(settings, data), ErasureLists.of(settings, data)
        urls = reach(data, config)
        uvloop.run(serving.serve(urls, settings, listening, files, erasures))


def work(data: Data = None, config: Config = None) -> None:
    """
    Run relay, project, route, dispatch, attest and remember in one process.

    Example: recado work --data ./data
    """
    _work(tuple(_WORK_HELP), data, config)


_WORK_HELP: Final = {
    "relay": "Copy the log to NATS. One works at a time; more stand by. Example: recado relay",
    "project": "Keep the views up to date. One works at a time. Example: recado project",
    "route": "Give chats to operators, and mind the clocks. One works at a time. "
    "Example: recado route",
    "dispatch": "Send what operators write. One works at a time. Example: recado dispatch",
    "attest": "Sign how long the log is and what is in it. One works at a time. "
    "Example: recado attest",
    "remember": "Keep what the past is reached from, and nobody for longer than the company keeps. "
    "One works at a time. Example: recado remember",
}


def route(
    data: Data = None,
    config: Config = None,
    asyncapi: Annotated[
        bool, typer.Option("--asyncapi", help="Print the AsyncAPI 3 document and end.")
    ] = False,
) -> None:
    if asyncapi:
        from routers.documents import asyncapi_json  # noqa: PLC0415  (seconds of imports)

        print(asyncapi_json(), end="")
        return
    _work(("route",), data, config)


def _one(name: str) -> Callable[..., None]:
    def run(data: Data = None, config: Config = None) -> None:
        _work((name,), data, config)

    return run


def _work(parts: tuple[str, ...], data: Path | None, config: Path | None) -> None:
    from deploy import working  # noqa: PLC0415  (other commands need not wait for it)

    settings = settings_with(config)
    configure(settings.log_level)
    files = AttachmentsPlace.of(settings, data)
    audit = AuditPlace.of(settings, data, make=True) if "attest" in parts else None
    told = working.Told(
        shadow_policy=settings.shadow_policy,
        looks_keep=kept_for(settings.looks_keep),
        audit=audit,
        webhook_origins=settings.trusted_origins(),
    )
    erasures = ErasureLists.of(settings, data)
    uvloop.run(working.work(reach(data, config), parts, files, told, erasures))


def migrate(data: Data = None, config: Config = None) -> None:
    """
    Prepare the database: tables and functions that are missing, and in a restored one the
    erasures that it does not know of.

    Example: RECADO_POSTGRES_URL=… recado migrate
    """
    settings, urls = settings_with(config), reach(data, config)
    configure(settings.log_level)
    prepare_database(urls.postgres)
    again = erase_again_now(urls, ErasureLists.of(settings, data))
    if again:
        print(f"{again} clients were back from an older copy, and are erased again")
    print("the database is ready")


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        time = duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return time.total_seconds() if isinstance(time, timedelta) else None
