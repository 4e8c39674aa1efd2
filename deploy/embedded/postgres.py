"""PostgreSQL as a child of ours."""

import os
import re
import shutil
import signal
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from deploy.embedded.account import Account, closed_folder, server_account
from deploy.embedded.binaries import MAJOR, postgres_programs
from deploy.embedded.errors import DataDirectoryUnusable, EmbeddedServerFailed
from deploy.embedded.leftovers import can_see_processes, end_leftover, processes_in
from deploy.embedded.ports import HOST
from deploy.embedded.process import Child
from deploy.embedded.server import EmbeddedServer

SUPERUSER = "recado"
DATABASE = "postgres"
SOCKET_PATH_LIMIT = 100
"""Bytes of path a socket may have everywhere; longer ones go by TCP."""

MB = 1024 * 1024
ROOM_FOR_CLUSTER = 100 * MB
"""Bytes that a new cluster and its first log segments want to find free."""

FIRST_SETTINGS: Mapping[str, str] = {
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""Written to postgresql.conf of a new cluster, where whoever runs it may tune them."""

FIXED_SETTINGS: Mapping[str, str] = {
    "listen_addresses": HOST,
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "logging_collector": "off",
    # A failing statement and the details of its error hold clients' words.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
"""Given at every start: nobody switches these off by editing a file."""


class EmbeddedPostgres(EmbeddedServer):
    """
    A PostgreSQL cluster in `data/postgres`, as the system user `pgserver` when we are root.

    `data` itself is then opened to that user (group, 0710) and nothing above it: a
    parent folder that is closed to it is an error that says so. `settings` override the
    fixed ones, for tests that weigh speed differently.
    """

    name = "PostgreSQL"
    folder: ClassVar[str] = "postgres"
    transient: ClassVar[tuple[str, ...]] = (
        'lock file "postmaster.pid" already exists',
        "pre-existing shared memory block",
        "Address already in use",
    )

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        self.cluster = self.home / "cluster"
        self._settings = {**FIXED_SETTINGS, **(settings or {})}
        self._account: Account | None = None
        self._programs = Path()

    def _prepare(self) -> None:
        self._account = server_account()
        if self._account is not None:
            self._open_data_to(self._account)
        self.home.mkdir(mode=0o700, exist_ok=True)
        self._give(self.home)
        self._programs = postgres_programs(self._account, self.data)
        self._secret()
        self._give(self._secret_file)
        if not self.cluster.exists():
            self._make_cluster()
        self._refuse_other_version()
        self._end_leftovers()

    def _open_data_to(self, account: Account) -> None:
        if self.data.stat().st_mode & stat.S_IWOTH:
            raise DataDirectoryUnusable(
                self.data, "everybody may write to it; give a folder inside"
            )
        os.chown(self.data, -1, account.gid)
        self.data.chmod(0o710)
        closed = closed_folder(self.data, account)
        if closed is not None:
            raise DataDirectoryUnusable(
                self.data,
                f"PostgreSQL, which runs as {account.name}, may not pass through {closed}: "
                f"choose a folder outside of it with --data, or run `chmod o+x {closed}`",
            )

    def _give(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)

    def _make_cluster(self) -> None:
        """Make it beside its place and move it there when done: a half one is never seen."""
        draft = self.cluster.with_name("cluster.new")
        shutil.rmtree(draft, ignore_errors=True)
        free = shutil.disk_usage(self.home).free
        if free < ROOM_FOR_CLUSTER:
            raise DataDirectoryUnusable(
                self.data,
                f"No space left on device: {free // MB} MB are free and a new "
                f"installation takes {ROOM_FOR_CLUSTER // MB} MB",
            )
        options = [
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            f"--pwfile={self._secret_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # Its own C.UTF-8: the same order of words whatever the system's C library.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            *(f"--set={name}={value}" for name, value in FIRST_SETTINGS.items()),
        ]
        if sys.platform == "linux":
            options.append("--sync-method=syncfs")
        offset = self.log.size()
        child = self._child = self._start("initdb", options, signal.SIGKILL)
        self._wait_for(child, lambda: None)
        if child.ended_with() != 0:
            raise self._failure(self.log.lines_since(offset))
        draft.rename(self.cluster)

    def _refuse_other_version(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise EmbeddedServerFailed(
                self.name,
                f"{self.cluster} was written by version {found} and this one is {MAJOR}: dump it "
                f"with the release of Recado that wrote it, or start in an empty --data folder",
            )

    def _end_leftovers(self) -> None:
        """End the server of a parent that was killed, and forget a process id that is not it."""
        pid_file = self.cluster / "postmaster.pid"
        pid = _first_line_of(pid_file)
        if pid is None:
            return
        end_leftover(pid, "postgres", self.cluster, (signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0))
        # Process ids come round again, in containers at once: the server would wait for a
        # stranger for ever. With nobody at work in the cluster the file means nothing.
        if can_see_processes() and not processes_in(self.cluster):
            pid_file.unlink(missing_ok=True)

    def _launch(self, port: int) -> Child:
        settings = {**self._settings, "port": f"{port}"}
        settings["unix_socket_directories"] = f'"{self.home}"' if self._has_socket(port) else ""
        options = ["-D", str(self.cluster)]
        for name, value in settings.items():
            options += ["-c", f"{name}={value}"]
        return self._start("postgres", options, signal.SIGINT)

    def _start(self, program: str, options: list[str], when_orphaned: signal.Signals) -> Child:
        return Child(
            [str(self._programs / program), *options],
            log=self.log,
            when_orphaned=when_orphaned,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            cwd=self.home,
            account=self._account,
        )

    def _has_socket(self, port: int) -> bool:
        path = str(self.home / f".s.PGSQL.{port}")
        return len(os.fsencode(path)) < SOCKET_PATH_LIMIT and not set(path) & set('",\\')

    def _url_when_ready(self, child: Child, port: int) -> str | None:
        """Its own word for it, in the eighth line of its pid file: no connection needed."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        ready_line = 7
        if lines[:1] != [f"{child.pid}"] or "".join(lines[ready_line:]).strip() != "ready":
            return None
        password = quote(self._secret(), safe="")
        if self._has_socket(port):
            host = quote(str(self.home), safe="")
            return f"postgresql://{SUPERUSER}:{password}@/{DATABASE}?host={host}&port={port}"
        return f"postgresql://{SUPERUSER}:{password}@{HOST}:{port}/{DATABASE}"

    def _stop_child(self, child: Child, within: float) -> None:
        child.stop((signal.SIGINT, within * 0.7), (signal.SIGQUIT, within * 0.3))

    def _reason(self, lines: list[str]) -> str | None:
        wrong = re.compile(r"(?:PANIC|FATAL|initdb: error|postgres: error|ERROR):\s+(.*)")
        said = [found[1] for line in lines if (found := wrong.search(line))]
        # Clients of the server that died knock again while this one starts.
        said = [line for line in said if not line.startswith("the database system is")]
        return said[0] if said else None


def _first_line_of(pid_file: Path) -> int | None:
    with suppress(FileNotFoundError, ValueError, IndexError):
        return int(pid_file.read_text().splitlines()[0])
    return None
