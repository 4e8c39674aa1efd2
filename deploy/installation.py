"""An installation as a command reaches it: where its servers are, its log and its desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from adapters.audit.tree import migrate as migrate_tree
from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.keyframes import migrate as migrate_keyframes
from adapters.storage.postgres.log import LogReader
from adapters.storage.postgres.looks import migrate as migrate_looks
from adapters.storage.postgres.recorder import LogRecorder
from adapters.storage.postgres.recorder import migrate as migrate_log
from adapters.storage.postgres.views import migrate as migrate_views
from adapters.storage.sealing.opening import masters_of, ring_of
from deploy.embedded.directory import Urls, default_data_directory, running, sealing_file
from deploy.settings import Settings, load


class NotReachable(Exception):
    """A server cannot be reached. The message names which, and what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What commands work with."""

    urls: Urls
    mapper: EventMapper
    """Opens what the reader has read."""
    recorder: LogRecorder
    reader: LogReader
    desk: LogDesk


def reach(data: Path | None, config: Path | None = None) -> Urls:
    """
    Return where the installation's servers are: as the settings say, or as `up` started them.

    Raises `NotReachable` when nothing runs there.
    """
    settings = load(config)
    folder = data or default_data_directory()
    started = running(folder)
    postgres = settings.postgres_url or (started.postgres if started else None)
    nats = settings.nats_url or (started.nats if started else None)
    if postgres is None or nats is None:
        raise NotReachable(
            f"nothing runs in {folder}: start it with `recado up --data {folder}`,"
            " or set RECADO_POSTGRES_URL and RECADO_NATS_URL"
        )
    sealing = settings.sealing_key or (started.sealing if started else None)
    return Urls(postgres, nats, sealing or sealing_file(folder))


@contextmanager
def opened(urls: Urls) -> Iterator[Installation]:
    """Yield the installation, connected; raise `NotReachable` when PostgreSQL is not there."""
    check_log(urls.postgres)
    masters = masters_of(urls.postgres, urls.sealing, begin=False)
    plain = EventMapper()
    mapper = plain.opening(ring_of(masters))
    recorder = LogRecorder.connect(urls.postgres)
    reader = LogReader(urls.postgres, mapper)
    desk = LogDesk(recorder, plain.opening(ring_of(masters)))
    try:
        yield Installation(urls, mapper, recorder, reader, desk)
    finally:
        desk.close()
        reader.close()
        recorder.close()


def check_postgres(url: str) -> None:
    """Raise `NotReachable` with one line, without the password, unless PostgreSQL answers."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.ProgrammingError:
        # Its message quotes the URL, and the password with it.
        raise NotReachable(
            "RECADO_POSTGRES_URL is no libpq URL; write postgresql://user@host:5432/database"
        ) from None
    except psycopg.OperationalError as error:
        place = _place(url)
        why = str(error).strip().splitlines()[-1].strip()
        raise NotReachable(
            f"PostgreSQL at {place} cannot be reached ({why});"
            " is it running, and is RECADO_POSTGRES_URL right?"
        ) from None


def check_log(url: str) -> None:
    """Raise `NotReachable` unless PostgreSQL answers and the tables are there."""
    check_postgres(url)
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regclass('recado_head')").fetchone()
    if row is None or row[0] is None:
        raise NotReachable("the database has no log yet: run `recado migrate`")


def prepare_database(url: str) -> None:
    """Make the tables and functions that are missing; raise `NotReachable` without PostgreSQL."""
    check_postgres(url)
    migrate_log(url)
    migrate_views(url)
    migrate_tree(url)
    migrate_keyframes(url)
    migrate_looks(url)


def _place(url: str) -> str:
    parts = conninfo_to_dict(url)
    host, port = parts.get("host") or "a local socket", parts.get("port") or 5432
    return f"{host}:{port}/{parts.get('dbname') or ''}"


def settings_with(config: Path | None, **flags: object) -> Settings:
    """Return the settings, with a command's flags before all else."""
    return load(config, flags)
