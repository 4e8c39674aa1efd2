"""Who may write only while he holds a lease (R14)."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from adapters.storage.desk import LogDesk
from adapters.storage.postgres.recorder import migrate
from domain.acts import Ask
from domain.chat import commands as c
from domain.errors import LeaseLost
from domain.ports import Receipt
from domain.values import OperatorId, stream_of
from tests.adapters.storage.log_database import Database
from tests.contracts.company import (
    META,
    chat_of,
    message,
)


@pytest.fixture
def database(fresh_database: str) -> Database:
    migrate(fresh_database)
    return Database(fresh_database)


@pytest.fixture
def desk(database: Database) -> Iterator[LogDesk]:
    with database.desk() as desk:
        yield desk


@dataclass
class HeldLease:
    name: str
    fence: int | None


LEASE_ROW = (
    "INSERT INTO recado_leases (name, holder, fence, expires_at)"
    " VALUES ('router', 'one', 1, clock_timestamp() + interval '1 minute')"
)


async def test_who_lost_the_lease_writes_nothing_more(database: Database, desk: LogDesk) -> None:
    """R14"""
    database.run(LEASE_ROW)
    chat_id = chat_of(await desk.submit(message(desk.naming, "+5511900000001", "w0")))
    database.ground(desk).operator("ana")
    stale = desk.under(HeldLease("router", 1))
    comment = c.AddComment(operator_id=OperatorId("ana"), text="um")
    act = Ask(meta=META, stream=stream_of("chat", chat_id), command=comment)
    await stale.submit(act)

    database.run("UPDATE recado_leases SET holder = 'two', fence = 2")
    before = len(database.recorded())
    with pytest.raises(LeaseLost):
        await stale.submit(act)
    assert len(database.recorded()) == before
    await desk.under(HeldLease("router", 2)).submit(act)
    await desk.submit(act)


async def test_a_lease_that_ran_out_is_no_lease(database: Database, desk: LogDesk) -> None:
    """R14"""
    database.run(LEASE_ROW)
    database.run("UPDATE recado_leases SET expires_at = clock_timestamp()")
    with pytest.raises(LeaseLost):
        await desk.under(HeldLease("router", 1)).submit(
            message(desk.naming, "+5511900000001", "w0")
        )


@pytest.mark.parametrize("ran_out", [True, False])
async def test_who_never_got_the_lease_writes_nothing(
    database: Database, desk: LogDesk, *, ran_out: bool
) -> None:
    """R14: not even while nobody else has it."""
    if ran_out:
        database.run(LEASE_ROW)
        database.run("UPDATE recado_leases SET expires_at = clock_timestamp()")
    nobody = desk.under(HeldLease("router", None))
    with pytest.raises(LeaseLost):
        await nobody.submit(message(desk.naming, "+5511900000001", "w0"))
    assert database.recorded() == []


async def test_a_lost_lease_is_only_its_holders_trouble(database: Database, desk: LogDesk) -> None:
    database.run(LEASE_ROW)
    stale = desk.under(HeldLease("router", 0))
    acts = [message(desk.naming, f"+55119{n:08}", f"w{n}") for n in range(4)]
    outcomes = await asyncio.gather(
        *(stale.submit(act) for act in acts[:2]),
        *(desk.submit(act) for act in acts[2:]),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [LeaseLost, LeaseLost, Receipt, Receipt]
