"""Logs for tests of views: written as the desk writes them, at any size."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import psycopg
from hypothesis import strategies as st
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres import views
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.projecting import Projecting
from adapters.storage.postgres.queries import Queries
from adapters.storage.postgres.recorder import LogRecorder, migrate
from domain import operator as o
from domain.account import AccountConfigured, AccountSettings
from domain.channel import ChannelAdded, ChannelPaused, ChannelResumed
from domain.client.events import ClientCreated, ClientNamed, ClientNamedByChannel, IdentityAdded
from domain.event import Event, Recorded
from domain.group import GroupConfigured, GroupCreated, GroupRenamed, GroupSettings
from domain.values import Identity, Presence, Role
from tests.projections.histories import GROUPS, OPERATORS, Log

MAPPER = EventMapper()


def prepare(url: str) -> None:
    """Make the tables of the log and of the views."""
    migrate(url)
    views.migrate(url)


def write(url: str, recorded: Sequence[Recorded]) -> None:
    """Append what was recorded to the log of a database."""
    recorder = LogRecorder.connect(url)
    try:
        recorder.insert_events(
            [
                MAPPER.to_stored_event(r.stream, r.version, r.event, r.meta, r.subject)
                for r in recorded
            ]
        )
    finally:
        recorder.close()


def clear(url: str) -> None:
    """Empty the log and all views."""
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE recado_events")
        connection.execute("UPDATE recado_head SET position = 0")
        for name in views.VIEWS:
            connection.execute(f"TRUNCATE {SCHEMA}.{name}".encode())
        connection.execute(f"UPDATE {SCHEMA}.checkpoints SET position = 0".encode())


async def projected(url: str, limit: int = 1_000) -> int:
    """Bring the views up to the log's head, `limit` events at a time; return the position."""
    projecting = Projecting(MAPPER)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            step = await projecting.step(connection, limit)
            if step.error is not None:
                raise step.error
            if step.applied == 0:
                return step.position


def project(url: str, limit: int = 1_000) -> int:
    """Do as `projected`, for tests without an event loop."""
    return asyncio.run(projected(url, limit))


def asking(url: str, ask: Callable[[Queries], Awaitable[None]]) -> None:
    """Run `ask` on queries over a pool of its own."""

    async def run() -> None:
        pool = AsyncConnectionPool[AsyncConnection[TupleRow]](url, min_size=1, open=False)
        async with pool:
            await ask(Queries(pool))

    asyncio.run(run())


def tables(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all views."""
    with psycopg.connect(url) as connection:
        return {
            name: connection.execute(
                f"SELECT * FROM {SCHEMA}.{name} ORDER BY {', '.join(view.key)}".encode()
            ).fetchall()
            for name, view in views.VIEWS.items()
        }


def _recording(stream: str, make: Callable[..., Event], **values: Any) -> Callable[[Log], object]:
    return lambda log: log.record(stream, make(at=log.now, **values))


def company(log: Log) -> Log:
    """Record three operators, two groups and a channel account."""
    log.record("account-main", AccountConfigured(at=log.now, settings=AccountSettings(name="Ipê")))
    for group in GROUPS:
        log.record(f"group-{group}", GroupCreated(at=log.now, name=group.title()))
    for who in OPERATORS:
        created = o.OperatorCreated(
            at=log.now, email=f"{who}@ipe.test", name=who.title(), role=Role.OPERATOR
        )
        log.record(f"operator-{who}", created)
        joined = o.MembershipChanged(at=log.now, skills={GROUPS[0]: 50})
        log.record(f"operator-{who}", joined)
    added = ChannelAdded(
        at=log.now, name="zap", channel="whatsapp", group_id=GROUPS[0], fingerprint="f"
    )
    log.record("channel-wa", added)
    return log


_operators = st.sampled_from(OPERATORS).map(lambda who: f"operator-{who}")
_clients = st.sampled_from(["c1", "c2", "c3"]).map(lambda chat: f"client-client-of-{chat}")
_names = st.sampled_from(["Fábio", "José\x00", "Zoë", ""])
_groups = st.sampled_from(GROUPS)
others: st.SearchStrategy[Callable[[Log], object]] = st.one_of(
    st.builds(
        _recording, _operators, st.just(o.PresenceChanged), presence=st.sampled_from(Presence)
    ),
    st.builds(_recording, _operators, st.just(o.OperatorRenamed), name=_names),
    st.builds(_recording, _operators, st.just(o.CapacityChanged), capacity=st.integers(1, 9)),
    st.builds(
        _recording,
        _operators,
        st.just(o.MembershipChanged),
        skills=st.dictionaries(_groups, st.integers(1, 100)),
    ),
    st.builds(_recording, _operators, st.just(o.OperatorDeactivated)),
    st.builds(
        _recording,
        _clients,
        st.just(ClientCreated),
        identities=st.just((Identity("whatsapp.phone", "+5511900000000"),)),
        name=st.none() | _names,
    ),
    st.builds(_recording, _clients, st.just(ClientNamed), name=_names),
    st.builds(_recording, _clients, st.just(ClientNamedByChannel), name=_names),
    st.builds(
        _recording,
        _clients,
        st.just(IdentityAdded),
        identity=st.just(Identity("telegram.user", "7")),
    ),
    st.builds(
        lambda group, name: _recording(f"group-{group}", GroupRenamed, name=name), _groups, _names
    ),
    st.builds(
        lambda group, minutes: _recording(
            f"group-{group}",
            GroupConfigured,
            settings=GroupSettings(patience=minutes and timedelta(minutes=minutes)),
        ),
        _groups,
        st.none() | st.integers(1, 30),
    ),
    st.builds(
        lambda minutes: _recording(
            "account-main",
            AccountConfigured,
            settings=AccountSettings(patience=timedelta(minutes=minutes)),
        ),
        st.integers(1, 30),
    ),
    st.just(_recording("channel-wa", ChannelPaused, reason="token refused")),
    st.just(_recording("channel-wa", ChannelResumed)),
)
