"""Everything of one installation, under one supervisor: what `up` and `demo` run."""

import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from adapters.storage.sealing.masters import NoMasterKey, UnknownMaster
from adapters.storage.sealing.opening import UNSEALED, masters_of
from deploy.attachments import AttachmentsPlace
from deploy.attesting import AuditPlace
from deploy.commands.records import apply_workspace
from deploy.embedded.directory import DataDirectory, Urls, sealing_file
from deploy.embedded.errors import CannotBoot
from deploy.embedded.nats import EmbeddedNats
from deploy.embedded.postgres import EmbeddedPostgres
from deploy.first_start import FirstAdministrator, first_administrator
from deploy.installation import NotReachable, prepare_database
from deploy.parts import Part, Server
from deploy.restoring import ErasureLists, erase_again_now
from deploy.settings import Settings
from deploy.supervisor import Supervisor
from deploy.workspace import Workspace

_TOLD_AS_THEY_ARE: Final = {
    "public_url",
    "webhook_origins",
    "requests_per_second",
    "oidc_issuer",
    "oidc_client_id",
    "oidc_client_secret",
    "oidc_name",
    "looks_keep",
    "shadow_policy",
}
"""Settings that parts take as they were given: a part reads no configuration file."""


class PortTaken(CannotBoot):
    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"{host}:{port} cannot be listened on ({reason}): choose another with --port"
        )


def bound(host: str, port: int) -> socket.socket:
    """
    Return a socket on a port that other processes of ours may listen on, too.

    Raises `PortTaken` if somebody has it who does not share.
    """
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        held.bind((host, port))
    except OSError as error:
        held.close()
        raise PortTaken(host, port, error.strerror or str(error)) from None
    return held


def reserved(host: str, port: int) -> socket.socket:
    """Return a bound socket; raise `PortTaken` if anybody has the port, sharing or not."""
    # Two installations must not share a port unawares, which `bound` alone would let them.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise PortTaken(host, port, error.strerror or str(error)) from None
        port = probe.getsockname()[1]
    return bound(host, port)


class Preparation:
    """
    The step between the servers and the parts: tables, erasures that a restored database does
    not know of, workspace, the word where all is.
    """

    name = "prepare"
    pid: int | None = None
    """It is no process of its own."""

    def __init__(
        self,
        directory: DataDirectory,
        settings: Settings,
        urls: Callable[[], Urls],
        wanted: Workspace | None,
    ) -> None:
        self._directory: Final = directory
        self._settings: Final = settings
        self._urls: Final = urls
        self._wanted: Final = wanted
        self.administrator: FirstAdministrator | None = None
        """Who was made at this start, since nobody could have signed in."""

    def start(self) -> None:
        urls = self._urls()
        try:
            prepare_database(urls.postgres)
            masters_of(urls.postgres, urls.sealing)
            erase_again_now(urls, ErasureLists.of(self._settings, self._directory.path))
            self._directory.announce(urls)
            if self._wanted is not None:
                apply_workspace(urls, self._wanted)
            self.administrator = first_administrator(urls)
        except (NotReachable, NoMasterKey, UnknownMaster) as error:
            raise CannotBoot(str(error)) from None

    def is_alive(self) -> bool:
        return True

    def abandon(self) -> None:
        """It takes a moment only: there is nothing to give up."""

    def stop(self, within: float) -> None:
        self._directory.withdraw()


class Launch:
    """One installation in one data directory. Inside the context its port and folder are ours."""

    def __init__(
        self,
        data: Path,
        settings: Settings,
        wanted: Workspace | None,
        serve: Sequence[str] = ("deploy.cli", "serve"),
        told: Mapping[str, str] | None = None,
    ) -> None:
        """`serve` is the module that answers HTTP, and its arguments; `told` its environment."""
        self._directory: Final = DataDirectory(data)
        self._settings: Final = settings
        self._serve: Final = serve
        self._told: Final = told or {}
        self._supervisor: Supervisor | None = None
        self._postgres: Final = EmbeddedPostgres(self._directory.path)
        self._nats: Final = EmbeddedNats(self._directory.path)
        self._preparation: Final = Preparation(self._directory, settings, lambda: self.urls, wanted)
        self._urls: Urls | None = None
        self._held: socket.socket | None = None

    def __enter__(self) -> Self:
        self._held = reserved(self._settings.host, self._settings.port)
        try:
            self._directory.acquire()
        except CannotBoot:
            self._held.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._directory.release()
        if self._held is not None:
            self._held.close()

    @property
    def administrator(self) -> FirstAdministrator | None:
        """Return whom this start made, since nobody could have signed in; None mostly."""
        return self._preparation.administrator

    @property
    def data(self) -> Path:
        return self._directory.path

    @property
    def port(self) -> int:
        return self._settings.port if self._held is None else int(self._held.getsockname()[1])

    @property
    def address(self) -> str:
        return f"http://{self._settings.host}:{self.port}"

    @property
    def urls(self) -> Urls:
        """Return where the servers are; they come back at the same place after a crash."""
        if self._urls is None:
            self._urls = Urls(
                self._settings.postgres_url or self._postgres.start(),
                self._settings.nats_url or self._nats.start(),
                self._settings.sealing_key or sealing_file(self.data),
            )
        return self._urls

    async def run(self, when_ready: Callable[[], object]) -> None:
        """Run until SIGTERM or SIGINT; raise `CannotBoot` where something does not come up."""
        self._supervisor = Supervisor(self._parts(), self._directory.logs)
        await self._supervisor.run(when_ready)

    @property
    def supervisor(self) -> Supervisor:
        """Return who keeps the parts up; there is nobody before `run`."""
        assert self._supervisor is not None, "nothing runs yet"
        return self._supervisor

    def _parts(self) -> list[Part | Server]:
        settings = self._settings
        program = [sys.executable, "-m", "deploy.cli"]
        listen = ["--host", settings.host, "--port", str(self.port)]
        parts: list[Part | Server] = []
        if settings.postgres_url is None:
            parts.append(self._postgres)
        if settings.nats_url is None:
            parts.append(self._nats)
        parts.append(self._preparation)
        serve = [sys.executable, "-m", *self._serve, *listen]
        serving = lambda: {**self._environment(), **self._told}  # noqa: E731  (asked at every start)
        parts.append(Part("serve", serve, serving, "line"))
        parts.append(Part("work", [*program, "work"], self._environment, "line"))
        return parts

    def _environment(self) -> dict[str, str]:
        urls = self.urls
        environment = {
            "RECADO_POSTGRES_URL": urls.postgres,
            "RECADO_NATS_URL": urls.nats,
            "RECADO_SEALING_KEY": urls.sealing or UNSEALED,
            "RECADO_LOG_LEVEL": self._settings.log_level,
            "RECADO_ATTACHMENTS_URL": AttachmentsPlace.of(self._settings, self.data).url,
            "RECADO_ATTACHMENTS_MAX_BYTES": str(self._settings.attachments_max_bytes),
        }
        audit = AuditPlace.of(self._settings, self.data, make=True)
        environment["RECADO_AUDIT_KEY"] = audit.pem
        elsewhere = self._settings.audit_places
        environment["RECADO_AUDIT_PLACES"] = f"{self.data}" + (f",{elsewhere}" if elsewhere else "")
        told = self._settings.model_dump(include=_TOLD_AS_THEY_ARE, exclude_none=True)
        return environment | {f"RECADO_{name.upper()}": f"{value}" for name, value in told.items()}
