"""A stranger makes a channel: written, tested, installed, listed, and a message in and out."""

import asyncio
import hmac
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from adapters.channels.accounts import ConnectedChannels
from adapters.channels.dispatcher import Dispatcher
from adapters.channels.registry import installed
from adapters.channels.transport import http_client
from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.outbox import Outbox
from deploy.cli import main
from tests.adapters.channels.conformance_kit import package as package_of
from tests.adapters.channels.conformance_kit import spoil
from tests.adapters.channels.sending_ground import serving
from tests.adapters.http import conftest
from tests.adapters.http.conftest import Caller, Installation
from tests.prepared import MAPPER, eventually

ROOT = Path(__file__).parents[3]
SECRET = "a-secret-of-a-test"


def run(*command: str, path: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, which knows Recado and `path`."""
    known = os.pathsep.join(filter(None, [path, str(ROOT)]))
    environment = {**os.environ, "PYTHONPATH": known, "PYTHONDONTWRITEBYTECODE": "1"}
    whole = [sys.executable, "-m", *command]
    return subprocess.run(
        whole, env=environment, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


def recado(*command: str, path: str = "") -> str:
    done = run("deploy.cli", *command, path=path)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(package: Path, site: Path) -> None:
    """Put a package where Python finds it with its entry points, as an installer would."""
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    for source in (package / "src").iterdir():
        shutil.copytree(source, site / source.name, dirs_exist_ok=True)
    entries = project["entry-points"]["recado.channels"]
    declare(site, project["name"], entries)


def declare(site: Path, name: str, entries: dict[str, str]) -> None:
    about = site / f"{name.replace('-', '_')}-0.1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
    lines = ["[recado.channels]", *(f"{kind} = {value}" for kind, value in entries.items())]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("stranger") / "recado-acme"
    told = recado("channel", "new", "acme", "--into", str(where))
    assert f"recado channel check {where}" in told
    return where


@pytest.fixture(scope="module")
def site(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Acme is installed, and a package beside it that is broken."""
    site = tmp_path_factory.mktemp("site")
    recado("channel", "check", str(package))
    install(package, site)
    declare(site, "recado-broken", {"broken": "no_such_module:Broken"})
    return site


@pytest.mark.slow
def test_its_own_tests_are_green_in_a_process_of_their_own(package: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    plugin = ["-p", "adapters.channels.conformance.plugin", f"--conformance={reports}"]
    done = run("pytest", "-q", "-p", "no:cacheprovider", *plugin, cwd=package)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "13 passed, 1 skipped" in done.stdout
    report = json.loads((reports / "acme.conformance.json").read_text())
    assert (report["kind"], report["level"]) == ("acme", "silver")


def test_a_text_channel_is_less_than_sixty_lines(package: Path) -> None:
    (adapter,) = package.glob("src/*/adapter.py")
    assert len(adapter.read_text().splitlines()) < 60


@pytest.mark.slow
def test_the_host_lists_it_and_what_is_broken_harms_nobody(site: Path) -> None:
    listed = json.loads(recado("channel", "list", "--json", path=str(site)))
    kinds = {one["kind"]: one for one in listed}
    assert kinds["acme"]["fault"] is None
    assert (kinds["acme"]["level"], kinds["acme"]["contract"]) == ("silver", 1)
    assert "no_such_module" in kinds["broken"]["fault"]
    assert kinds["whatsapp"]["fault"] is None
    page = recado("channel", "docs", "acme", path=str(site))
    assert "| `blocked` | recipient | the client takes no messages | give-up |" in page
    assert "| `secret` | secret | needed |" in page


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("new", "whatsapp"), "there is a channel 'whatsapp' already"),
        (("new", "No-Name"), "is no name for a kind"),
        (("check", "/tmp"), "names no adapter in its pyproject.toml"),
        (("check", "pigeon"), "there is no channel kind 'pigeon'"),
        (("check", "telegram"), "needs --cases"),
        (("docs", "pigeon"), "there is no channel kind 'pigeon'"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    command: tuple[str, ...],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = refused(monkeypatch, capsys, *command)
    assert words in told.err
    assert len(told.err.splitlines()) == 1


def test_an_adapter_that_is_not_even_bronze_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where = package_of(tmp_path, "careless")
    spoil(where, "return proofs.hmac", "return Verdict.OK or proofs.hmac")
    told = refused(monkeypatch, capsys, "check", str(where))
    assert "FAILED  bronze  signature" in told.out
    assert "careless: none" in told.out


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *command: str
) -> Any:
    """Return what `recado channel` printed before it ended with 1."""
    monkeypatch.setattr(sys, "argv", ["recado", "channel", *command])
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code == 1
    return capsys.readouterr()


@pytest.fixture
def installed_here(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make this process find the installed package, as the next start of the host would."""
    monkeypatch.syspath_prepend(str(site))
    installed.cache_clear()
    yield
    installed.cache_clear()
    for name in [n for n in sys.modules if n.split(".")[0] == "recado_acme"]:
        del sys.modules[name]


async def test_a_message_in_and_its_answer_out(
    installed_here: None,
    installation: Installation,
    caller: Caller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """M2, M6"""
    taken: list[dict[str, Any]] = []

    async def take(request: Request) -> JSONResponse:
        assert request.headers["authorization"] == f"Bearer {SECRET}"
        taken.append(await request.json())
        return JSONResponse({"id": f"out{len(taken)}"})

    provider = Starlette(routes=[Route("/messages", take, methods=["POST"])])
    async with serving(provider) as address:
        config = {"account": "loja", "secret": SECRET, "api_base": address}
        monkeypatch.setitem(conftest.CHANNELS, "acme", ("acme", config))
        await installation.channel("acme", "Sales")
        said = {"type": "message", "id": "m1", "from": "5511900000001", "name": "Ana", "text": "Oi"}

        async def delivered(body: dict[str, Any], secret: str = SECRET) -> int:
            raw = json.dumps(body).encode()
            digest = hmac.digest(secret.encode(), raw, "sha256").hex()
            headers = {"content-type": "application/json", "x-acme-signature": digest}
            path = "/channels/acme/webhook"
            return (await caller.call("POST", path, content=raw, headers=headers)).status_code

        await eventually(lambda: is_status(delivered(said), 200))
        assert await delivered(said, "another-secret") == 403
        (chat,) = await caller.chats("admin")
        assert (chat["client"]["name"], chat["last_message"]["text"]) == ("Ana", "Oi")
        body = {"text": "Bom dia, Ana!"}
        path = f"/v1/chats/{chat['id']}"
        await caller.post(f"{path}/assign", "ana", {"operator": "me"})
        answered = await caller.post(f"{path}/messages", "ana", body)
        assert answered.is_success, answered.text
        await dispatch_until(installation, lambda: bool(taken))
        assert (taken[0]["to"], taken[0]["text"]) == ("5511900000001", "Bom dia, Ana!")
        assert await delivered({"type": "delivered", "id": "out1"}) == 200

        async def is_delivered() -> bool:
            await caller.seen()
            got = await caller.get(f"{path}/messages", "admin")
            return bool(got.json()["items"][-1]["state"] == "delivered")

        await eventually(is_delivered)


async def is_status(asked: Any, status: int) -> bool:
    return bool(await asked == status)


async def dispatch_until(installation: Installation, done: Any) -> None:
    """Let the dispatcher send, until something is so."""
    lease = Lease(installation.pool, "dispatch")
    async with http_client() as client, lease.kept() as lost:
        dispatcher = Dispatcher(
            Outbox(installation.pool, MAPPER),
            ConnectedChannels(installation.pool),
            installation.desk.under(lease),
            client,
        )
        running = asyncio.create_task(dispatcher.run(lease, asyncio.Event(), lost))
        try:
            await eventually(done)
        finally:
            lost.set()
            await running
