"""The desk over PostgreSQL: the contract, and two desks at once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from adapters.storage.desk import LogDesk
from adapters.storage.postgres.recorder import migrate
from domain.acts import Ask
from domain.chat import commands as c
from domain.errors import NotFound, Refused
from domain.operator import ChangePresence
from domain.ports import Receipt
from domain.values import OperatorId, Presence, stream_of
from tests.adapters.storage.log_database import Database
from tests.contracts.company import (
    META,
    Ground,
    Traffic,
    assign,
    chat_of,
    check_log,
    gathered,
    loads_told_by,
    message,
    receipts,
    text,
)
from tests.contracts.desk import DeskContract


@pytest.fixture
def database(fresh_database: str) -> Database:
    migrate(fresh_database)
    return Database(fresh_database)


@pytest.fixture
def desk(database: Database) -> Iterator[LogDesk]:
    with database.desk() as desk:
        yield desk


class TestLogDesk(DeskContract):
    @pytest.fixture
    def ground(self, database: Database, desk: LogDesk) -> Ground:
        return database.ground(desk)


@pytest.fixture
def two(database: Database) -> Iterator[tuple[LogDesk, LogDesk]]:
    """Two desks with recorders of their own, as two processes have them."""
    with database.desk() as one, database.desk() as other:
        yield one, other


async def test_what_is_handed_in_together_is_committed_together(database: Database) -> None:
    """200 messages at once need a handful of transactions, not 200."""
    commits: list[int] = []
    with database.desk(on_commit=commits.append) as desk:
        acts = [message(desk.naming, f"+55119{n:08}", f"w{n}") for n in range(200)]
        told = receipts(await gathered(desk, acts))
    assert len(commits) <= 10
    assert commits == sorted(commits)
    assert commits[-1] == max(receipt.position for receipt in told) == len(database.recorded())


async def test_first_messages_to_two_processes_make_one_chat(
    database: Database, two: tuple[LogDesk, LogDesk]
) -> None:
    """S1, S17: each client's four first messages arrive at both, at the same instant."""
    naming = two[0].naming
    acts = [message(naming, f"+55119{n:08}", f"{n}-{m}") for n in range(20) for m in range(4)]
    halves = [acts[0::2], acts[1::2]]
    told = await asyncio.gather(*(gathered(d, h) for d, h in zip(two, halves, strict=True)))

    log = database.recorded()
    check_log(log)
    topics = Counter(recorded.event.TOPIC for recorded in log)
    assert topics == {"client-created.v1": 20, "chat-opened.v1": 20, "message-received.v1": 80}
    numbers = Counter(receipt.number for half in told for receipt in receipts(half))
    assert numbers == {1: 20, 2: 20, 3: 20, 4: 20}


async def test_the_same_message_to_two_processes_is_recorded_once(
    database: Database, two: tuple[LogDesk, LogDesk]
) -> None:
    """M1"""
    acts = [message(two[0].naming, "+5511900000001", f"w{n}") for n in range(30)]
    told = await asyncio.gather(*(gathered(desk, acts) for desk in two))
    for one, other in zip(*map(receipts, told), strict=True):
        assert {one.repeated, other.repeated} == {True, False}
        assert (one.position, one.number) == (other.position, other.number)
    assert len(database.recorded()) == 32


async def test_two_processes_see_what_the_other_appends(
    database: Database, two: tuple[LogDesk, LogDesk]
) -> None:
    """What is kept in memory is as good as the log, turn by turn."""
    first = await two[0].submit(message(two[0].naming, "+5511900000001", "w0"))
    chat_id = chat_of(first)
    for turn in range(12):
        desk = two[turn % 2]
        command = c.SendMessage(
            message_id=f"m{turn}", operator_id=OperatorId("ana"), parts=text(f"{turn}")
        )
        receipt = await desk.submit(
            Ask(meta=META, stream=stream_of("chat", chat_id), command=command)
        )
        assert (receipt.number, receipt.version) == (turn + 2, first.version + turn + 1)
    check_log(database.recorded())


async def test_what_one_process_did_not_find_the_other_may_have_made_since(
    database: Database, two: tuple[LogDesk, LogDesk]
) -> None:
    one, other = two
    chat_id = chat_of(await other.submit(message(other.naming, "+5511900000001", "w1")))
    with pytest.raises(NotFound):
        await one.submit(assign(chat_id, "ana", None))
    database.ground(other).operator("ana")
    await one.submit(assign(chat_id, "ana", None))
    assert database.ground(one).of(chat_id).operator_id == "ana"


async def test_what_was_not_in_the_empty_log_is_looked_for_again(
    database: Database, two: tuple[LogDesk, LogDesk]
) -> None:
    one, other = two
    come = Ask(
        meta=META,
        stream=stream_of("operator", "ana"),
        command=ChangePresence(presence=Presence.AWAY),
    )
    with pytest.raises(NotFound):
        await one.submit(come)
    database.ground(other).operator("ana")
    receipt = await one.submit(come)
    assert (receipt.version, receipt.position) == (3, 3)


async def test_two_busy_processes_keep_owners_and_loads_right(
    database: Database, two: tuple[LogDesk, LogDesk]
) -> None:
    """S3, R3: bursts, hands and routers in both, capacity counted across them."""
    for name in ("ana", "bia", "caio"):
        database.ground(two[0]).operator(name, capacity=4)
    traffics = [Traffic(desk.naming, Random(n)) for n, desk in enumerate(two)]
    for _ in range(20):
        outcomes = await asyncio.gather(
            *(gathered(d, t.acts(15)) for d, t in zip(two, traffics, strict=True))
        )
        for half in outcomes:
            for outcome in half:
                assert isinstance(outcome, Receipt | Refused), outcome
            for traffic in traffics:
                traffic.noted(half)

    log = database.recorded()
    check_log(log)
    assert +database.loads() == loads_told_by(log)


async def test_two_routers_together_never_exceed_a_capacity(
    database: Database, two: tuple[LogDesk, LogDesk]
) -> None:
    """R3, S16"""
    names = ("ana", "bia", "caio")
    for name in names:
        database.ground(two[0]).operator(name)
    acts = [message(two[0].naming, f"+55119{n:08}", f"w{n}") for n in range(60)]
    chats = {chat_of(r): r.version for r in receipts(await gathered(two[0], acts))}
    tries = [assign(chat, name, seen) for chat, seen in chats.items() for name in names]
    Random(3).shuffle(tries)
    await asyncio.gather(*(gathered(desk, tries) for desk in two))
    assert database.loads() == dict.fromkeys(names, 5)
    check_log(database.recorded())


async def test_more_than_a_long_tail_of_others_is_caught_up_with(
    database: Database, two: tuple[LogDesk, LogDesk]
) -> None:
    one, other = two
    chat_id = chat_of(await one.submit(message(one.naming, "+5511900000001", "w0")))
    fast = [message(other.naming, "+5511900000001", f"x{n}") for n in range(2_100)]
    receipts(await gathered(other, fast))
    receipt = await one.submit(message(one.naming, "+5511900000001", "w1"))
    assert (receipt.number, chat_of(receipt)) == (2_102, chat_id)
