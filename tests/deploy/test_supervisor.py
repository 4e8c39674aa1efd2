"""Parts come up in order, stay up, and go down in reverse; whatever happens to us."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

import deploy
from deploy.embedded import DataDirectory, EmbeddedServers
from deploy.embedded.errors import PartFailed
from deploy.embedded.logfile import LIMIT
from deploy.embedded.server import EmbeddedServer
from deploy.parts import Part
from deploy.supervisor import Supervisor
from tests.fixtures_servers import processes_below, wait_until

ROOT = Path(deploy.__file__).parents[1]

NOTE = """
import os, signal, sys, time
diary = os.open("diary", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
def note(word): os.write(diary, word.encode())
"""
STAY = "\nwhile True: time.sleep(0.05)"


@pytest.fixture
def folder(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the parts work; that nobody is left in it is checked afterwards."""
    monkeypatch.chdir(data)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return data


def part(
    name: str,
    code: str,
    ready: Callable[[], Awaitable[bool]] | None = None,
) -> Part:
    return Part(name, [sys.executable, "-c", NOTE + code + STAY], ready=ready)


def telling(name: str, before: str = "", patience: float = 60.0) -> Part:
    """A part that notes its start and its end, and tells when it is ready."""
    code = f"""
from deploy.parts import tell_ready
def bye(*_):
    note("-{name} ")
    sys.exit()
signal.signal(signal.SIGTERM, bye)
{before}
note("+{name} ")
tell_ready()
"""
    argv = [sys.executable, "-c", NOTE + code + STAY]
    return Part(name, argv, ready="line", patience=patience)


def diary(folder: Path) -> str:
    file = folder / "diary"
    return file.read_text() if file.exists() else ""


async def test_parts_start_in_order_and_stop_in_reverse(folder: Path) -> None:
    parts = [telling("a", "time.sleep(0.2)"), telling("b"), telling("c")]
    async with Supervisor(parts, folder / "logs"):
        assert diary(folder) == "+a +b +c "
    assert diary(folder) == "+a +b +c -c -b -a "


async def test_a_part_waits_for_the_answer_to_its_question(folder: Path) -> None:
    asked: list[bool] = []

    async def third_time() -> bool:
        asked.append(True)
        return len(asked) == 3

    async with Supervisor([part("a", "", third_time)], folder / "logs"):
        assert len(asked) == 3


async def test_work_done_once_is_waited_for_and_not_repeated(folder: Path) -> None:
    once = [sys.executable, "-c", NOTE + "time.sleep(0.1); note('done ')"]
    parts = [Part("once", once, ready="end"), telling("a")]
    async with Supervisor(parts, folder / "logs"):
        assert diary(folder) == "done +a "
    assert diary(folder) == "done +a -a "


async def test_a_part_that_crashes_is_started_again_after_growing_pauses(folder: Path) -> None:
    crashing = part("a", "note(f'{time.monotonic()} '); time.sleep(0.1); sys.exit(3)")
    async with Supervisor([crashing], folder / "logs"):
        await until(lambda: len(diary(folder).split()) >= 4)
    times = [float(word) for word in diary(folder).split()]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[0] >= 0.2
    assert gaps[2] >= 0.5
    assert gaps == sorted(gaps)


async def test_a_killed_part_is_started_again(folder: Path) -> None:
    async with Supervisor([telling("a")], folder / "logs"):
        os.kill(processes_below(folder)[0], signal.SIGKILL)
        await until(lambda: diary(folder) == "+a +a ")


async def test_a_felled_part_stays_down_for_so_long_and_is_told_to_be_down(folder: Path) -> None:
    async with Supervisor([telling("a"), telling("b")], folder / "logs") as supervisor:
        (a, b) = supervisor.standings
        supervisor.fell("a", 1.0)
        await until(lambda: not a.is_up)
        fell_at = a.since
        assert (b.is_up, a.starts) == (True, 1)
        await until(lambda: a.is_up)
        assert a.starts == 2
        assert a.since - fell_at >= 0.9
        assert diary(folder) == "+a +b +a "
        with pytest.raises(KeyError):
            supervisor.fell("c")


async def test_a_part_that_never_comes_up_stops_the_others_and_says_why(folder: Path) -> None:
    wrong = [sys.executable, "-c", "import sys; sys.exit('no such account')"]
    parts = [telling("a"), Part("b", wrong, ready="line"), telling("c")]
    with pytest.raises(PartFailed, match="b did not come up: it ended with 1: no such account"):
        await Supervisor(parts, folder / "logs").start()
    assert diary(folder) == "+a -a "


async def test_a_program_that_is_not_there_is_said(folder: Path) -> None:
    missing = Part("b", ["/nowhere/recado"], ready="line")
    with pytest.raises(PartFailed, match="cannot run /nowhere/recado: No such file"):
        await Supervisor([missing], folder / "logs").start()


async def test_a_part_that_is_not_ready_in_time_is_ended(folder: Path) -> None:
    slow = telling("a", "time.sleep(60)", patience=0.3)
    with pytest.raises(PartFailed, match="not ready in 0 s"):
        await Supervisor([slow], folder / "logs").start()
    assert processes_below(folder) == []


async def test_parts_that_ignore_the_end_are_killed_in_time(folder: Path) -> None:
    deaf = [part(name, "signal.signal(signal.SIGTERM, signal.SIG_IGN)") for name in "abc"]
    supervisor = Supervisor([*deaf, telling("d")], folder / "logs", stop_within=4)
    await supervisor.start()
    began = time.monotonic()
    await supervisor.stop()
    assert time.monotonic() - began < 4.5
    assert processes_below(folder) == []


async def test_the_environment_is_asked_for_when_the_part_starts(folder: Path) -> None:
    known: dict[str, str] = {}

    async def learnt() -> bool:
        known["ADDRESS"] = "found"
        return True

    second = Part(
        "b",
        [sys.executable, "-c", "import os; print(os.environ['ADDRESS'])"],
        env=lambda: known,
        ready="end",
    )
    async with Supervisor([part("a", "", learnt), second], folder / "logs"):
        assert (folder / "logs" / "b.log").read_text() == "found\n"


async def test_a_log_is_continued_until_it_is_too_long(folder: Path) -> None:
    log = folder / "logs" / "a.log"
    once = Part("a", [sys.executable, "-c", "print('x')"], ready="end")
    for expected in ("x\n", "x\nx\n"):
        async with Supervisor([once], folder / "logs"):
            assert log.read_text() == expected
    os.truncate(log, LIMIT + 1)
    async with Supervisor([once], folder / "logs"):
        assert log.read_text() == "x\n"


@pytest.fixture
def reachable(folder: Path) -> Path:
    folder.chmod(0o711)
    return folder


@pytest.fixture
async def servers(reachable: Path) -> AsyncIterator[EmbeddedServers]:
    with DataDirectory(reachable / "recado") as directory:
        servers = EmbeddedServers(directory)
        async with Supervisor([servers], directory.logs):
            yield servers


def is_back(server: EmbeddedServer, killed: int) -> bool:
    return server.is_alive() and server.pid != killed


async def test_a_killed_server_is_started_again_at_its_address(servers: EmbeddedServers) -> None:
    url = servers.postgres.start()
    for server in (servers.postgres, servers.nats):
        killed = server.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await until(partial(is_back, server, killed))
    assert servers.is_alive()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


INSTALLATION = """
import asyncio, logging, pathlib, sys, structlog
from deploy.embedded import DataDirectory, EmbeddedServers
from deploy.supervisor import Part, Supervisor
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
with DataDirectory(pathlib.Path(sys.argv[1])) as directory:
    part = Part("sleeper", ["sleep", "60"])
    supervisor = Supervisor([EmbeddedServers(directory), part], directory.logs)
    asyncio.run(supervisor.run(lambda: print("ready", flush=True)))
"""


@contextmanager
def installation(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Yield a supervisor with everything below it, and leave nothing of it, however it went."""
    with subprocess.Popen(
        [sys.executable, "-c", INSTALLATION, str(folder / "recado")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_everything_in_good_order(reachable: Path, number: signal.Signals) -> None:
    with installation(reachable) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        began = time.monotonic()
        os.killpg(process.pid, number)
        _, said = process.communicate(timeout=15)
    assert time.monotonic() - began < 10
    assert process.returncode == 0
    assert said.index("part=sleeper", said.index("stopped")) < said.rindex("part=servers")
    log = (reachable / "recado" / "logs" / "postgres.log").read_text()
    assert "database system is shut down" in log


def test_a_ctrl_c_amid_the_start_leaves_nothing_and_what_starts_again(
    reachable: Path,
) -> None:
    for moment in (0.35, 0.45, 0.55, 0.65, 0.75, 0.9, 1.1, 1.3):
        with installation(reachable) as process:
            time.sleep(moment)
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=15)
        assert processes_below(reachable) == []

    with installation(reachable) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=15)
    assert process.returncode == 0


def test_a_killed_supervisor_takes_everything_with_it(reachable: Path) -> None:
    with installation(reachable) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.kill()
        wait_until(lambda: processes_below(reachable) == [])
        process.communicate()


async def until(question: Callable[[], object], seconds: float = 15.0) -> None:
    give_up = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < give_up, "waited in vain"
        await asyncio.sleep(0.02)
