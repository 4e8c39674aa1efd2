"""What may be wrong with an installation, each with what to do about it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import psycopg
from nats.errors import Error as NatsError
from psycopg.rows import TupleRow

from adapters.bus.nats import connect
from adapters.bus.streams import LOG_STREAM
from adapters.channels.base import ChannelError
from adapters.channels.registry import adapter_for
from adapters.http.oidc.config import OidcConfig
from deploy.embedded.directory import Urls
from deploy.installation import check_log

BEHIND: Final = 1_000
"""Events that a copy may lag without anybody minding."""
BIG: Final = 1_000_000
"""Events from which on embedded servers are no longer the right ones."""


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    is_well: bool = True
    mend: str = ""


def examine(urls: Urls, oidc: OidcConfig | None = None) -> list[Finding]:
    """Return every finding, well or not; raise `NotReachable` without a log to look at."""
    check_log(urls.postgres)
    with psycopg.connect(urls.postgres, autocommit=True) as connection:
        head = _number(connection, "SELECT position FROM recado_head")
        return [
            Finding(f"the log holds {head} events"),
            *_durability(connection),
            *_projection(connection, head),
            *_leases(connection),
            *_channels(connection),
            *_outbox(connection),
            *_media(connection),
            *_servers(urls, head),
            asyncio.run(_stream(urls.nats, head)),
            *(() if oidc is None else (asyncio.run(sign_ins(oidc)),)),
        ]


def _number(connection: psycopg.Connection[TupleRow], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return 0 if row is None or row[0] is None else int(row[0])


def _durability(connection: psycopg.Connection[TupleRow]) -> Iterator[Finding]:
    for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
        value = row[0] if row else "?"
        yield Finding(
            f"PostgreSQL's {name} is {value}",
            value in {"on", "remote_apply", "remote_write"},
            f"set {name} to on: without it, what was accepted can be lost in a power cut",
        )


def _projection(connection: psycopg.Connection[TupleRow], head: int) -> Iterator[Finding]:
    query = "SELECT position FROM recado_views.checkpoints WHERE name = 'views'"
    behind = head - _number(connection, query)
    yield Finding(
        f"the views are {behind} events behind the log",
        behind < BEHIND,
        "is `recado project` running? its log says what it stopped at",
    )


def _leases(connection: psycopg.Connection[TupleRow]) -> Iterator[Finding]:
    rows = connection.execute(
        "SELECT name FROM recado_leases WHERE expires_at > clock_timestamp()"
    ).fetchall()
    held = {row[0] for row in rows}
    for lease, command in (("router", "route"), ("dispatch", "dispatch")):
        yield Finding(
            f"the {lease} lease is {'held' if lease in held else 'free'}",
            lease in held,
            f"nobody does this work: start `recado {command}`",
        )


def _channels(connection: psycopg.Connection[TupleRow]) -> Iterator[Finding]:
    rows = connection.execute("SELECT name, kind, config::json FROM recado_channel_secrets")
    for name, kind, config in rows:
        try:
            adapter_for(kind, config)
        except ChannelError as error:
            yield Finding(f"channel {name}: {error}", False, "mend it and `recado apply` again")
        else:
            yield Finding(f"channel {name} can be used")
    paused = connection.execute(
        "SELECT name, paused FROM recado_views.channels WHERE paused IS NOT NULL"
    )
    for name, reason in paused:
        mend = "mend it and `recado apply` again: that resumes it"
        yield Finding(f"channel {name} is paused: {reason}", False, mend)


def _outbox(connection: psycopg.Connection[TupleRow]) -> Iterator[Finding]:
    query = (
        "SELECT count(*) FROM recado_outbox WHERE not_before < clock_timestamp()"
        " AND attempted_at < clock_timestamp() - interval '5 minutes'"
    )
    stuck = _number(connection, query)
    yield Finding(
        f"{stuck} messages have been leaving for more than five minutes",
        stuck == 0,
        "restart `recado dispatch`: it then says what is known of them",
    )


def _media(connection: psycopg.Connection[TupleRow]) -> Iterator[Finding]:
    query = "SELECT count(*) FROM recado_media WHERE since < clock_timestamp() - interval '1 hour'"
    late = _number(connection, query)
    yield Finding(
        f"{late} files that clients sent have not been copied for more than an hour",
        late == 0,
        "is their channel connected, its token good, RECADO_ATTACHMENTS_URL writable?"
        " the log of `recado dispatch` says what it stopped at; after six days they are lost",
    )


def _servers(urls: Urls, head: int) -> Iterator[Finding]:
    if "host=" in urls.postgres and "recado" in urls.postgres and head > BIG:
        yield Finding(
            f"the embedded servers hold {head} events",
            False,
            "they are for trying out and small machines: give RECADO_POSTGRES_URL"
            " and RECADO_NATS_URL of servers that are looked after",
        )


async def sign_ins(oidc: OidcConfig) -> Finding:
    """Return whether the provider of sign-ins answers as one."""
    from adapters.http.oidc.provider import (  # noqa: PLC0415  (other commands need not wait for it)
        Provider,
        ProviderAway,
    )

    try:
        await Provider(oidc).check()
    except ProviderAway as error:
        mend = "is RECADO_OIDC_ISSUER written as the provider writes it? does it answer from here?"
        return Finding(f"sign-ins at {oidc.issuer}: {error}", False, mend)
    return Finding(f"sign-ins at {oidc.issuer} can begin")


async def _stream(url: str, head: int) -> Finding:
    mend = "is NATS running, and `recado relay`? a lost stream is refilled by itself"
    try:
        nc = await connect(url, name="recado-doctor")
    except ConnectionError as error:
        return Finding(str(error), False, mend)
    try:
        state = (await nc.jetstream().stream_info(LOG_STREAM)).state
        behind = head - state.last_seq
        return Finding(f"the stream is {behind} events behind the log", behind < BEHIND, mend)
    except NatsError as error:
        return Finding(f"the stream {LOG_STREAM}: {type(error).__name__}", False, mend)
    finally:
        await nc.close()
