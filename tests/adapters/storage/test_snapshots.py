"""A router's snapshot: a cache that changes no answer."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from adapters.storage.postgres import snapshots
from adapters.storage.postgres.recorder import migrate
from adapters.storage.postgres.snapshots import RoutingSnapshots
from domain.chat.commands import ReopenChat
from domain.chat.events import ReopenReason
from domain.values import OperatorId, Presence, stream_of
from routers import state
from routers.fold import fold
from routers.records import Snapshot
from routers.state import Routing
from tests.prepared import MAPPER, desk_on, reader_on, run_sql
from tests.small_company import ANA, SmallCompany


@pytest.fixture
def company(fresh_database: str) -> Iterator[SmallCompany]:
    migrate(fresh_database)
    with desk_on(fresh_database) as desk:
        company = SmallCompany(desk)
        company.work(clients=6)
        yield company


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every load be worth keeping."""
    monkeypatch.setattr(snapshots, "WORTH_KEEPING", 1)


def folded(url: str) -> Snapshot:
    """Return what routing knows by a fold from the log's first event."""
    state = Routing(Snapshot())
    with reader_on(url) as reader:
        for raw in reader.raw():
            fold(state, MAPPER.decode(*raw))
    return state.snapshot()


def kept(url: str) -> list[tuple[object, ...]]:
    return run_sql(url, "SELECT name, shape, position, data FROM recado_snapshots")


async def test_an_empty_log_is_an_empty_snapshot(fresh_database: str) -> None:
    migrate(fresh_database)
    empty = await RoutingSnapshots(fresh_database, MAPPER).load()
    assert empty.digest() == Snapshot().digest()


async def test_what_is_loaded_equals_a_fold_from_the_start(
    fresh_database: str, company: SmallCompany, eager: None
) -> None:
    """R13: with and without a kept one, and when the log went on meanwhile."""
    loading = RoutingSnapshots(fresh_database, MAPPER)
    assert await loading.load() == folded(fresh_database)
    assert len(kept(fresh_database)) == 1
    company.close(company.write(0, "Obrigado"))
    company.write(99)
    company.come_online(OperatorId("bruno"))
    company.be(ANA, Presence.AWAY)
    after = await loading.load()
    assert after == folded(fresh_database)
    assert after.digest() == folded(fresh_database).digest()
    run_sql(fresh_database, "DELETE FROM recado_snapshots")
    assert await loading.load() == after


async def test_a_chat_that_was_closed_too_long_ago_to_be_known_is_looked_up(
    fresh_database: str, company: SmallCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R15: a router starts whatever reopens, also with what was known of it before."""
    monkeypatch.setattr(state, "KEPT_CLOSED", timedelta(0))
    first, second = company.write(70), company.write(71)
    company.give(first)
    company.close(first)
    company.close(second)
    company.ask(first, ReopenChat(reason=ReopenReason.BY_HAND))
    snapshot = await RoutingSnapshots(fresh_database, MAPPER).load()
    (chat,) = [chat for chat in snapshot.chats if stream_of("chat", chat.id) == first]
    assert (chat.is_open, chat.operator_id, chat.back_to) == (True, None, ANA)
    assert snapshot.position == Routing(snapshot).position


async def test_a_short_fold_is_not_worth_keeping(
    fresh_database: str, company: SmallCompany
) -> None:
    await RoutingSnapshots(fresh_database, MAPPER).load()
    assert kept(fresh_database) == []


async def test_a_kept_snapshot_saves_reading_what_it_holds(
    fresh_database: str, company: SmallCompany, eager: None
) -> None:
    loading = RoutingSnapshots(fresh_database, MAPPER)
    before = await loading.load()
    run_sql(fresh_database, "UPDATE recado_events SET topic = 'unreadable.v1'")
    assert await loading.load() == before


@pytest.mark.parametrize(
    "spoiled",
    [
        "shape = 'another'",
        "data = '{}', shape = 'another'",
        "data = 'no JSON'",
        """data = '{"position": "far"}'""",
    ],
)
async def test_a_snapshot_that_another_version_wrote_is_ignored_and_replaced(
    fresh_database: str, company: SmallCompany, eager: None, spoiled: str
) -> None:
    loading = RoutingSnapshots(fresh_database, MAPPER)
    sound = await loading.load()
    run_sql(fresh_database, f"UPDATE recado_snapshots SET {spoiled}")
    with capture_logs():
        assert await loading.load() == sound


async def test_an_older_snapshot_never_replaces_a_newer_one(
    fresh_database: str, company: SmallCompany, eager: None
) -> None:
    loading = RoutingSnapshots(fresh_database, MAPPER)
    await loading.load()
    run_sql(fresh_database, "UPDATE recado_snapshots SET position = 1000000")
    ((_, shape, position, _),) = kept(fresh_database)
    run_sql(fresh_database, "UPDATE recado_snapshots SET data = 'no JSON'")
    with capture_logs():
        await loading.load()
    assert [row[1:3] for row in kept(fresh_database)] == [(shape, position)]
