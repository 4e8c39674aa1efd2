"""Who counts as gone, by the database's clock (R10)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from adapters.storage.postgres.heartbeats import Heartbeats
from deploy.installation import prepare_database
from tests.prepared import Pool, pool_on, run_sql, url_of

GRACE = timedelta(seconds=0.3)


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[Pool]:
    prepare_database(fresh_database)
    async with pool_on(fresh_database, patience=0.3) as pool:
        yield pool


def operator(
    pool: Pool,
    id_: str,
    presence: str = "online",
    *,
    beat_ago: float | None = None,
    online_ago: float | None = None,
) -> None:
    """Let an operator be there; both times are seconds ago."""
    run_sql(
        url_of(pool),
        "INSERT INTO recado_views.operators (id, version, changed, email, name, role, presence,"
        " online_since) VALUES (%s, 1, 1, '', '', 'operator', %s,"
        " clock_timestamp() - %s * interval '1 second')",
        id_,
        presence,
        online_ago,
    )
    if beat_ago is not None:
        run_sql(
            url_of(pool),
            "INSERT INTO recado_heartbeats VALUES (%s, clock_timestamp() - %s * interval '1 s')",
            id_,
            beat_ago,
        )


async def watching(pool: Pool) -> Heartbeats:
    """Return heartbeats that have been watched for a whole grace."""
    heartbeats = Heartbeats(pool)
    assert await heartbeats.lost(GRACE) == ()
    await asyncio.sleep(GRACE.total_seconds() + 0.05)
    return heartbeats


async def test_silence_longer_than_the_grace_is_a_loss(pool: Pool) -> None:
    """R10."""
    operator(pool, "gone", beat_ago=20, online_ago=100)
    operator(pool, "away-and-gone", "away", beat_ago=20, online_ago=100)
    operator(pool, "went", "offline", beat_ago=20, online_ago=100)
    operator(pool, "there", beat_ago=-20, online_ago=100)
    heartbeats = await watching(pool)
    assert sorted(await heartbeats.lost(GRACE)) == ["away-and-gone", "gone"]
    assert await heartbeats.lost(timedelta(seconds=60)) == ()


async def test_who_has_not_beaten_yet_counts_from_coming_online(pool: Pool) -> None:
    operator(pool, "silent", online_ago=20)
    operator(pool, "just-came", online_ago=-20)
    heartbeats = await watching(pool)
    assert await heartbeats.lost(GRACE) == ["silent"]


async def test_a_heartbeat_of_an_earlier_day_does_not_count_against_who_just_came(
    pool: Pool,
) -> None:
    """R10: nothing moves before a whole grace without a sign."""
    operator(pool, "back", beat_ago=50_000, online_ago=-20)
    heartbeats = await watching(pool)
    assert await heartbeats.lost(GRACE) == []


async def test_after_an_outage_nobody_is_lost_before_a_whole_grace(pool: Pool) -> None:
    """R10: while heartbeats could not be recorded, silence means nothing."""
    operator(pool, "there", beat_ago=20, online_ago=100)
    heartbeats = await watching(pool)
    assert await heartbeats.lost(GRACE) == ["there"]
    async with pool.connection() as one:
        others = [await pool.getconn() for _ in range(pool.max_size - 1)]
        with pytest.raises((psycopg.Error, PoolTimeout)):
            await heartbeats.lost(GRACE)
        for other in others:
            await pool.putconn(other)
        assert not one.closed
    assert await heartbeats.lost(GRACE) == ()
    await asyncio.sleep(GRACE.total_seconds() + 0.05)
    assert await heartbeats.lost(GRACE) == ["there"]


async def test_a_router_that_starts_knows_of_no_silence(pool: Pool) -> None:
    operator(pool, "gone", beat_ago=20, online_ago=100)
    assert await Heartbeats(pool).lost(GRACE) == ()


async def test_the_clock_is_the_databases(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """R10: a machine whose clock is wrong judges as the others do."""
    monkeypatch.setattr(
        "adapters.storage.postgres.heartbeats._NOW", "SELECT clock_timestamp() + interval '1 day'"
    )
    heartbeats = Heartbeats(pool)
    assert abs(heartbeats.clock() - datetime.now(UTC)) < timedelta(seconds=5)
    await heartbeats.lost(GRACE)
    ahead = heartbeats.clock() - datetime.now(UTC)
    assert abs(ahead - timedelta(days=1)) < timedelta(seconds=5)
