"""The `recado channel` commands: list, new, check, talk, docs."""

import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from adapters.channels import _template as template
from adapters.channels.base import ChannelAdapter, ChannelError
from adapters.channels.conformance import CHECKS, Report, examine, subject_of
from adapters.channels.conformance.static import static
from adapters.channels.conformance.subject import CasesRefused, Subject
from adapters.channels.conformance.talking import message_to, provider_on
from adapters.channels.describing import page_about
from adapters.channels.registry import GROUP, Registry, installed
from deploy.commands.options import Json, show_json

commands: Final = typer.Typer(
    help="Channel adapters: which there are, and how to make one.", no_args_is_help=True
)


class NotAPackage(ChannelError):
    """There is no channel adapter to be checked where one was looked for."""


def register(app: typer.Typer) -> None:
    """Add these commands to the `recado` command."""
    commands.command("list")(list_channels)
    commands.command("new")(new_channel)
    commands.command("check")(check_channel)
    commands.command("talk")(talk)
    commands.command("docs")(describe_channels)
    app.add_typer(commands, name="channel")


def list_channels(as_json: Json = False) -> None:
    """
    List the channel adapters that can be used, and those that could not be loaded.

    Example: recado channel list
    """
    listed = installed().listed()
    if as_json:
        names = ("kind", "title", "origin", "contract", "level", "fault")
        show_json([{name: getattr(one, name) for name in names} for one in listed])
        return
    for one in listed:
        state = one.level or "not examined"
        if one.fault is not None:
            state = f"failed to load: {one.fault}"
        contract = "-" if one.contract is None else one.contract
        print(f"{one.kind:<12} {one.title or '':<24} contract {contract}  {state}  ({one.origin})")


def new_channel(
    name: Annotated[str, typer.Argument(help="The new kind, such as `acme`.")],
    kind: Annotated[
        template.Way, typer.Option("--kind", help="How messages come in.")
    ] = template.Way.WEBHOOK_JSON,
    auth: Annotated[
        template.Auth, typer.Option("--auth", help="How the provider proves itself.")
    ] = template.Auth.HMAC_SHA256,
    into: Annotated[
        Path | None, typer.Option("--into", help="Folder to make (default: recado-NAME).")
    ] = None,
) -> None:
    """
    Write a package with a new channel adapter: it carries text and is tested.

    Example: recado channel new acme --kind webhook-json --auth hmac-sha256
    """
    if name in {one.kind for one in installed().listed()}:
        raise template.CannotBegin(f"there is a channel {name!r} already")
    folder = into or Path(f"recado-{name}")
    for path in template.write(name, kind, auth, folder):
        print(path)
    print(f"Now: recado channel check {folder}   (and read {folder / 'README.md'})")


def check_channel(
    path: Annotated[str, typer.Argument(help="A package's folder, or the kind of a channel.")],
    cases: Annotated[
        Path | None, typer.Option(help="Folder of cases (default: PATH/tests/cases).")
    ] = None,
    recordings: Annotated[
        Path | None, typer.Option(help="Recorded bodies (default: CASES/recordings).")
    ] = None,
    save: Annotated[bool, typer.Option(help="Write conformance.json beside the adapter.")] = True,
    as_json: Json = False,
) -> None:
    """
    Run all conformance checks on an adapter; exit 1 where it is not even bronze.

    Of recorded bodies it tells how much of what they say was not understood, and what that was.

    Example: recado channel check ./recado-acme
    """
    kind, adapter, found = _adapter_at(path)
    subject = _subject(adapter, cases or found, recordings)
    report = examine(subject)
    wrong = list(static(subject, kind))
    if save:
        report.write(Path(str(sys.modules[adapter.__module__].__file__)).parent)
    if as_json:
        print(report.to_json().decode(), end="")
    else:
        _show(report, wrong)
    if wrong or report.level == "none":
        raise typer.Exit(1)


def talk(
    path: Annotated[str, typer.Argument(help="A package's folder, or the kind of a channel.")],
    webhook: Annotated[str, typer.Option(help="Where its account takes webhooks.")],
    cases: Annotated[
        Path | None, typer.Option(help="Folder of cases (default: PATH/tests/cases).")
    ] = None,
    port: Annotated[int, typer.Option(help="Where calls are taken.", min=1, max=65535)] = 8099,
    calls: Annotated[int, typer.Option(help="End after so many calls.", min=0)] = 1,
) -> None:
    """
    Play the provider: post the first case that is a message, then take answers and show them.

    Example: recado channel talk ./recado-acme --webhook http://localhost:8080/channels/acme/webhook
    """
    _, adapter, found = _adapter_at(path)
    subject = _subject(adapter, cases or found, None)
    said = message_to(subject, webhook)
    provider = provider_on(subject, port, _show_call)
    with provider:
        try:
            answer = httpx.post(
                webhook, content=said.body, headers=list(said.headers), trust_env=False
            )
        except httpx.HTTPError as error:
            raise NotAPackage(f"nobody takes webhooks at {webhook}: {error}") from None
        print(f"{webhook} answered {answer.status_code} to {said.body.decode(errors='replace')}")
        if not answer.is_success:
            raise typer.Exit(1)
        if calls:
            print(f"waiting for {calls} at http://127.0.0.1:{port}", flush=True)
        for _ in range(calls):
            provider.handle_request()


def _show_call(method: str, path: str, body: bytes) -> None:
    print(f"{method} {path} {body.decode(errors='replace')}", flush=True)


def _subject(adapter: type[ChannelAdapter], cases: Path | None, recordings: Path | None) -> Subject:
    if cases is None:
        raise NotAPackage("a channel that is installed needs --cases")
    try:
        return subject_of(adapter, cases, recordings)
    except CasesRefused as error:
        raise NotAPackage(str(error)) from None


def _adapter_at(path: str) -> tuple[str, type[ChannelAdapter], Path | None]:
    """Return kind, adapter and folder of cases of a package, or of an installed kind."""
    folder = Path(path)
    if not folder.is_dir():
        return path, installed().adapter_class(path), None
    named = _entry_points(folder)
    if len(named) != 1:
        raise NotAPackage(f"{folder / 'pyproject.toml'} names {len(named)} entries of {GROUP!r}")
    ((kind, value),) = named.items()
    for root in (folder / "src", folder):
        sys.path.insert(0, str(root.resolve()))
    registry = Registry([EntryPoint(kind, value, GROUP)])
    fault = registry.listed()[-1].fault
    if fault is not None:
        raise NotAPackage(f"{value} cannot be loaded: {fault}")
    return kind, registry.adapter_class(kind), folder / "tests" / "cases"


def _entry_points(folder: Path) -> dict[str, Any]:
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text())
        entries = project["project"]["entry-points"][GROUP]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise NotAPackage(f"{folder} names no adapter in its pyproject.toml ({why})") from None
    return dict(entries)


def _show(report: Report, wrong: list[str]) -> None:
    for check in CHECKS:
        if check.name in report.exempt:
            print(f"exempt  {check.level:<7} {check.name}: {report.exempt[check.name]}")
            continue
        found = report.findings[check.name]
        print(f"{'FAILED' if found else 'ok':<7} {check.level:<7} {check.name}")
        for what in found:
            print(f"        {what}")
    for what in wrong:
        print(f"FAILED  static: {what}")
    if (said := report.recorded) is not None:
        rate = f"{said.rate:.1%} not understood, {said.withheld} withheld by the provider"
        print(f"recordings: {said.bodies} bodies say {said.things} things; {rate}")
        for what, times in said.missed.items():
            print(f"        {what}: {times}")
    print(f"{report.kind}: {report.level}")


def describe_channels(
    kind: Annotated[str | None, typer.Argument(help="One kind (default: all of them).")] = None,
) -> None:
    """
    Print the page about a channel, made from its adapter's own words, in Markdown.

    Example: recado channel docs telegram
    """
    registry = installed()
    listed = {one.kind: one for one in registry.listed() if one.fault is None}
    pages = [
        page_about(registry.adapter_class(name), listed[name].level if name in listed else None)
        for name in ([kind] if kind is not None else listed)
    ]
    print("\n".join(pages), end="")
