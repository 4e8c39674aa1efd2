"""Leases: one holder at a time, and no word of a stale one is written (R14)."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.recorder import migrate
from domain.acts import Ask
from domain.errors import LeaseLost
from domain.group import CreateGroup
from domain.values import Meta, StreamId
from tests.prepared import Pool, desk_on, pool_on, run_sql, url_of

META = Meta("router", "router")


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[Pool]:
    migrate(fresh_database)
    async with pool_on(fresh_database, patience=1) as pool:
        yield pool


def expire(pool: Pool) -> None:
    run_sql(url_of(pool), "UPDATE recado_leases SET expires_at = clock_timestamp()")


async def test_a_lease_has_one_holder(pool: Pool) -> None:
    """R14: whoever asks at the same instant."""
    leases = [Lease(pool, "router") for _ in range(8)]
    taken = await asyncio.gather(*(lease.acquire() for lease in leases))
    assert sum(taken) == 1
    assert [lease.held for lease in leases] == taken


async def test_leases_of_other_names_do_not_meet(pool: Pool) -> None:
    assert await Lease(pool, "router").acquire()
    assert await Lease(pool, "dispatch").acquire()


async def test_each_holder_has_a_higher_fence(pool: Pool) -> None:
    """R14: also when the same process takes it again."""
    fences = []
    for lease in (first := Lease(pool, "router"), Lease(pool, "router"), first):
        expire(pool)
        assert await lease.acquire()
        fences.append(lease.fence)
    assert fences == [1, 2, 3]


async def test_a_holder_that_is_gone_is_followed_within_seconds(pool: Pool) -> None:
    """R14: a standby takes over in seconds, from one that could say nothing."""
    assert await Lease(pool, "router").acquire()
    began = time.monotonic()
    async with Lease(pool, "router").kept():
        assert 2 < time.monotonic() - began < 5


async def test_one_that_is_given_back_is_free_at_once(pool: Pool) -> None:
    first, second = Lease(pool, "router"), Lease(pool, "router")
    assert await first.acquire()
    await first.release()
    assert not first.held
    assert await second.acquire()


async def test_giving_back_late_takes_nothing_from_the_next_holder(pool: Pool) -> None:
    stale, holder = Lease(pool, "router"), Lease(pool, "router")
    assert await stale.acquire()
    expire(pool)
    assert await holder.acquire()
    await stale.release()
    assert not await Lease(pool, "router").acquire()
    assert await holder.renew()


async def test_a_lease_that_was_taken_over_or_ran_out_is_not_renewed(pool: Pool) -> None:
    stale, holder = Lease(pool, "router"), Lease(pool, "router")
    assert await stale.acquire()
    assert await stale.renew()
    expire(pool)
    assert not await stale.renew()
    assert not stale.held
    assert await holder.acquire()
    assert not await stale.renew()


async def test_nothing_is_written_under_a_stale_lease(pool: Pool) -> None:
    """R14: the fence is checked in the writing transaction."""
    stale, holder = Lease(pool, "router"), Lease(pool, "router")
    with desk_on(url_of(pool)) as desk:
        assert await stale.acquire()
        await desk.under(stale).submit(create("first"))
        expire(pool)
        with pytest.raises(LeaseLost):
            await desk.under(stale).submit(create("run-out"))
        assert await holder.acquire()
        with pytest.raises(LeaseLost):
            await desk.under(stale).submit(create("taken-over"))
        await desk.under(holder).submit(create("second"))
    streams = run_sql(
        url_of(pool), "SELECT originator_id FROM recado_events ORDER BY notification_id"
    )
    assert streams == [("group-first",), ("group-second",)]


async def test_kept_renews_until_it_is_left_and_gives_back(pool: Pool) -> None:
    lease, other = Lease(pool, "router", held_for=1.5), Lease(pool, "router")
    async with lease.kept() as lost:
        await asyncio.sleep(2)
        assert not lost.is_set()
        assert not await other.acquire()
    assert await other.acquire()


async def test_kept_tells_that_the_lease_was_lost(pool: Pool) -> None:
    lease = Lease(pool, "router")
    async with lease.kept() as lost:
        expire(pool)
        assert await Lease(pool, "router").acquire()
        await asyncio.wait_for(lost.wait(), 3)
    assert not lease.held


async def test_a_lost_database_is_a_lost_lease_and_is_regained_with_it(pool: Pool) -> None:
    """R14: whoever cannot renew does not know that he holds it."""
    lease = Lease(pool, "router", held_for=2)
    async with lease.kept() as lost:
        first = lease.fence
        with away(pool):
            await asyncio.wait_for(lost.wait(), 5)
    assert not lease.held
    async with asyncio.timeout(10), lease.kept():
        assert first is not None
        assert lease.fence is not None
        assert lease.fence > first


async def test_a_database_that_hangs_is_a_lost_lease(pool: Pool) -> None:
    lease = Lease(pool, "router", held_for=1.5)
    async with lease.kept() as lost:
        with psycopg.connect(url_of(pool)) as other:
            other.execute("SELECT FROM recado_leases FOR UPDATE")
            await asyncio.wait_for(lost.wait(), 5)
            other.rollback()


@contextmanager
def away(pool: Pool) -> Iterator[None]:
    """Let nobody but us into the database."""
    name = conninfo_to_dict(url_of(pool))["dbname"]
    assert isinstance(name, str)
    with psycopg.connect(url_of(pool), dbname="postgres", autocommit=True) as admin:
        admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(Identifier(name)))
        try:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )
            yield
        finally:
            admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(Identifier(name)))


def create(name: str) -> Ask:
    return Ask(stream=StreamId(f"group-{name}"), command=CreateGroup(name=name), meta=META)
