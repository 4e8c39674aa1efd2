"""
A whole installation, started as its users start it and spoken to from outside.

`up` runs in a session of its own, on ports and in a folder of its own; nothing of it may
be left when it has been told to stop.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from types import TracebackType
from typing import Any, Self

import httpx
import psycopg

from adapters.storage.postgres.log import LogReader
from deploy.applying import group_id, operator_id
from deploy.commands.access import issue_token
from deploy.commands.records import apply_workspace
from deploy.embedded.directory import Urls, running
from deploy.installation import opened
from deploy.sealing import OpeningMapper
from deploy.workspace import AccountTable, ChannelTable, GroupTable, OperatorTable, Workspace
from domain.event import Recorded
from tests.fixtures_servers import processes_below, temporary_data
from tests.scenarios.commands import PATIENCE, PROGRAM, ROOT, beside, is_ready, run
from tests.scenarios.deliveries import NOWHERE, Delivery, Telegram, WhatsApp
from tests.scenarios.people import Person
from tests.scenarios.processes import (
    children_of,
    is_dead,
    kill,
    left_behind,
    part_of,
)
from tests.scenarios.waiting import until

MARK = "TESTED_INSTALLATION"
STOPS_WITHIN = 10.0
COMPANY = """\
[account]
name = "Bar"
language = "en"
time_zone = "UTC"
patience = "10m"
presence_grace = "1h"
warmup = 100

[[operators]]
email = "admin@bar.test"
name = "Admin"
role = "administrator"
"""
ACCOUNT: Mapping[str, Any] = {
    "name": "Bar",
    "language": "en",
    "time_zone": "UTC",
    "patience": "10m",
    "presence_grace": "1h",
    "warmup": 100,
}


@dataclass(frozen=True, slots=True)
class Team:
    """A group with channels and operators of its own, whom nobody else's chats reach."""

    name: str
    group_id: str
    whatsapp: WhatsApp
    telegram: Telegram
    people: tuple[Person, ...]


class Installation:
    """Recado in a new folder. Inside the context it runs, and has said that it is ready."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.mark = f"{MARK}={token_hex(8)}"
        self.account: dict[str, Any] = dict(ACCOUNT)
        self._environment = dict([self.mark.split("=")]) | dict(environment or {})
        self._folder = temporary_data()
        self.http = httpx.Client(trust_env=False, timeout=20)
        self._teams = 0

    def __enter__(self) -> Self:
        self.data = self._folder.__enter__()
        self.out, self.err = (self.data.with_suffix(end) for end in (".out", ".err"))
        self.workspace = self.data.with_suffix(".toml")
        self.workspace.write_text(COMPANY)
        arguments = ["--data", f"{self.data}", "--port", "0", "--workspace", f"{self.workspace}"]
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [*PROGRAM, "up", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=ROOT,
                env=os.environ | self._environment,
                start_new_session=True,
            )
        try:
            self.address = until(self._ready_line, PATIENCE, "for the line that says ready")
            self.urls = self._urls()
            self.admin = self.person("admin@bar.test")
        except BaseException:
            self._kill_all()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        began = time.monotonic()
        try:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(STOPS_WITHIN + 5)
            took = time.monotonic() - began
            left = [*left_behind(self.mark, self.data)]
        except subprocess.TimeoutExpired:
            took, left = STOPS_WITHIN + 5, ["up itself"]
        finally:
            status, said = self.process.poll(), self.err.read_text()[-2000:]
            self._kill_all()
        if error is None:
            assert left == []
            assert took <= STOPS_WITHIN, f"stopped after {took:.1f} s"
            assert status == 0, said

    def _kill_all(self) -> None:
        ours = [*children_of(self.process.pid), *processes_below(self.data)]
        self.process.kill()
        self.process.wait()
        for pid in ours:
            kill(pid)
        until(lambda: all(map(is_dead, ours)), 10)
        self._folder.__exit__(None, None, None)
        self.http.close()
        for file in (self.out, self.err, self.workspace):
            file.unlink()

    def _ready_line(self) -> str | None:
        found = re.search(r"^ready (http://\S+)$", self.out.read_text(), re.MULTILINE)
        assert self.process.poll() is None, self.err.read_text()[-2000:]
        return found[1] if found else None

    def _urls(self) -> Urls:
        urls = running(self.data)
        assert urls is not None
        return urls

    def pid(self, part: str) -> int | None:
        """Return the process id of one of `PARTS` as it runs now."""
        pids = (pid for pid in children_of(self.process.pid) if part_of(pid) == part)
        return next(pids, None)

    def kill(self, part: str) -> None:
        """Kill a part without a warning; it is started again by itself."""
        kill(until(lambda: self.pid(part), 20, f"for {part} to run"))

    def until_ready(self, seconds: float = PATIENCE) -> None:
        """Return when everything runs and answers."""
        until(lambda: all(map(self.pid, ("serve", "work", "postgres", "nats-server"))), seconds)
        until(lambda: is_ready(self.address), seconds, "for all parts to be ready")

    def command(
        self, *arguments: object, environment: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Return what a `recado` command on this installation said, and its status."""
        return run(*arguments, "--data", self.data, environment=environment)

    def person(self, email: str) -> Person:
        return self.people([email])[0]

    def people(self, emails: Sequence[str]) -> tuple[Person, ...]:
        """Return operators, each with a token."""
        with opened(self.urls) as installation:
            naming = installation.desk.naming
            return tuple(
                Person(
                    self.http,
                    self.address,
                    operator_id(naming, email),
                    issue_token(installation, email),
                )
                for email in emails
            )

    def settings(self, **changes: Any) -> None:
        """Change the account's settings."""
        self.account |= changes
        self.apply()

    def apply(
        self,
        groups: Sequence[GroupTable] = (),
        operators: Sequence[OperatorTable] = (),
        channels: Sequence[ChannelTable] = (),
    ) -> list[str]:
        """Do as `recado apply` of a file that says so."""
        wanted = Workspace(
            account=AccountTable(**self.account),
            groups=tuple(groups),
            operators=tuple(operators),
            channels=tuple(channels),
        )
        return apply_workspace(self.urls, wanted)

    def team(
        self,
        operators: int = 2,
        capacity: int = 5,
        api_base: Callable[[str], str] = lambda _: NOWHERE,
        **group: Any,
    ) -> Team:
        """Return a new group, with both kinds of channels and so many operators."""
        self._teams += 1
        name = f"team{self._teams}"
        wa, tg = f"wa-{name}", f"tg-{name}"
        whatsapp = WhatsApp(wa, f"app-{name}", f"{10**14 + self._teams}", api_base(wa))
        telegram = Telegram(tg, f"secret-{name}", api_base(tg))
        people = [
            OperatorTable(
                email=f"{name}-{n}@bar.test", name=f"{name} {n}", groups=(name,), capacity=capacity
            )
            for n in range(operators)
        ]
        channels = [channel.table(name) for channel in (whatsapp, telegram)]
        self.apply([GroupTable(name=name, **group)], people, channels)
        with opened(self.urls) as installation:
            id_ = group_id(installation.desk.naming, name)
        return Team(name, id_, whatsapp, telegram, self.people([p.email for p in people]))

    def post(self, delivery: Delivery, address: str | None = None) -> httpx.Response:
        """Return the answer to a webhook."""
        url = (address or self.address) + delivery.path
        return self.http.post(url, content=delivery.body, headers=delivery.headers)

    def log(self, after: int = 0) -> list[Recorded]:
        """Return everything that was recorded after a position."""
        mapper = OpeningMapper(self.urls)()
        reader = LogReader(self.urls.postgres, mapper)
        try:
            return [mapper.decode(*raw) for raw in reader.raw(after)]
        finally:
            reader.close()

    @property
    def head(self) -> int:
        """The log's last position."""
        with psycopg.connect(self.urls.postgres) as connection:
            row = connection.execute("SELECT position FROM recado_head").fetchone()
        assert row is not None
        return int(row[0])

    @contextmanager
    def another(self, part: str) -> Iterator[str]:
        """Run another `serve` or `work` beside the first; yield the address of a `serve`."""
        urls = {
            "RECADO_POSTGRES_URL": self.urls.postgres,
            "RECADO_NATS_URL": self.urls.nats,
            "RECADO_SEALING_KEY": self.urls.sealing or "none",
            "RECADO_ATTACHMENTS_URL": f"{self.data / 'attachments'}",
        }
        with beside(part, self._environment | urls) as address:
            yield address
