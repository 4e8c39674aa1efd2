"""The desk over PostgreSQL: the contract, two desks at once, and everything that breaks."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from random import Random
from threading import Timer
from typing import Any
from uuid import UUID

import psycopg
import pytest
from eventsourcing.persistence import OperationalError, StoredEvent
from psycopg.conninfo import conninfo_to_dict

from adapters.storage import desk as desks
from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper, UnreadableEvent
from adapters.storage.postgres import recorder as recorders
from adapters.storage.postgres.recorder import LogRecorder, Writing, migrate
from domain.acts import Ask
from domain.chat import commands as c
from domain.chat import events as e
from domain.errors import LeaseLost, LogIsBusy, NotFound, Refused
from domain.event import Recorded
from domain.operator import ChangePresence
from domain.ports import Act, Receipt
from domain.values import ChatId, OperatorId, Presence, stream_of
from tests.contracts.desk import (
    META,
    DeskContract,
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
from tests.fixtures_servers import wait_until

MAPPER = EventMapper()


@dataclass(frozen=True)
class Database:
    """A migrated database, and what its log holds."""

    url: str

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def recorded(self) -> list[Recorded]:
        rows = self.run(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            " FROM recado_events ORDER BY notification_id"
        )
        return [MAPPER.decode(*row) for row in rows]

    def loads(self) -> Counter[str]:
        return Counter(dict(self.run("SELECT operator_id, load FROM recado_seats")))

    @contextmanager
    def desk(
        self,
        recorder: type[LogRecorder] = LogRecorder,
        on_commit: Callable[[int], None] = lambda _: None,
        connections: int = 1,
    ) -> Iterator[LogDesk]:
        log = recorder.connect(self.url, connections=connections)
        desk = LogDesk(log, MAPPER, on_commit)
        try:
            yield desk
        finally:
            desk.close()
            log.close()

    def ground(self, desk: LogDesk) -> Ground:
        return Ground(desk, self.recorded, lambda operator: self.loads()[operator])

    def kill_desks(self) -> int:
        """End the backends that desks are talking to; return how many there were."""
        return len(
            self.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'recado-log' AND datname = current_database()"
            )
        )


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


async def test_nothing_is_lost_or_doubled_when_connections_die(database: Database) -> None:
    """S2: fifty kills under load; each act without an identity is done once or told busy."""
    killed = 0
    with database.desk() as desk:
        chat_id = chat_of(await desk.submit(message(desk.naming, "+5511900000001", "w0")))
        stream = stream_of("chat", chat_id)
        sent = 0

        async def keep_talking(talker: int) -> list[tuple[str, Receipt | BaseException]]:
            nonlocal sent
            told: list[tuple[str, Receipt | BaseException]] = []
            while killed < 50:
                sent += 1
                words = f"{talker}-{sent}"
                comment = c.AddComment(operator_id=OperatorId("ana"), text=words)
                act = Ask(meta=META, stream=stream, command=comment)
                (outcome,) = await gathered(desk, [act])
                told.append((words, outcome))
            return told

        async def keep_killing() -> None:
            nonlocal killed
            random = Random(50)
            while killed < 50:
                await asyncio.sleep(random.random() * 0.1)
                killed += await asyncio.to_thread(database.kill_desks)

        killing = asyncio.create_task(keep_killing())
        talks = await asyncio.gather(*(keep_talking(n) for n in range(8)))
        await killing

    log = database.recorded()
    check_log(log)
    written = Counter(r.event.text for r in log if isinstance(r.event, e.CommentAdded))
    at = {r.event.text: r.position for r in log if isinstance(r.event, e.CommentAdded)}
    outcomes = {words: outcome for talk in talks for words, outcome in talk}
    assert set(written.values()) == {1}
    for words, outcome in outcomes.items():
        assert isinstance(outcome, Receipt | LogIsBusy), outcome
        if isinstance(outcome, Receipt):
            assert at[words] == outcome.position
    assert set(written) <= set(outcomes)
    answered = sum(isinstance(outcome, Receipt) for outcome in outcomes.values())
    assert answered > len(outcomes) / 2


async def test_a_database_that_is_away_for_a_moment_is_waited_for(
    database: Database, postgres_url: str, desk: LogDesk
) -> None:
    name = conninfo_to_dict(database.url)["dbname"]

    def close_the_door(*, closed: bool) -> None:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            allowed = "false" if closed else "true"
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {allowed}'.encode())

    await desk.submit(message(desk.naming, "+5511900000001", "w0"))
    close_the_door(closed=True)
    try:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (name,),
            )
        waiting = asyncio.create_task(
            gathered(desk, [message(desk.naming, "+5511900000001", f"w{n}") for n in (1, 2)])
        )
        await asyncio.sleep(0.5)
    finally:
        close_the_door(closed=False)
    outcomes = await asyncio.wait_for(waiting, 10)
    for outcome in outcomes:
        assert isinstance(outcome, Receipt | LogIsBusy), outcome
    later = await desk.submit(message(desk.naming, "+5511900000001", "w3"))
    assert later.number == 2 + sum(isinstance(outcome, Receipt) for outcome in outcomes)


async def test_callers_are_told_in_time_that_the_log_is_busy(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M2: the answer is then 503, and nothing was recorded."""
    monkeypatch.setattr(recorders, "WAIT_FOR_LOCK", 1)
    monkeypatch.setattr(desks, "PATIENCE_WITH_THE_DATABASE", 0.5)
    with database.desk() as desk:
        await _wait_in_vain(database, desk)


async def _wait_in_vain(database: Database, desk: LogDesk) -> None:
    first = await desk.submit(message(desk.naming, "+5511900000001", "w0"))
    with psycopg.connect(database.url) as connection:
        connection.execute("SELECT 1 FROM recado_head FOR UPDATE")
        started = time.monotonic()
        with pytest.raises(LogIsBusy):
            await desk.submit(message(desk.naming, "+5511900000001", "w1"))
        assert time.monotonic() - started < 4
    again = await desk.submit(message(desk.naming, "+5511900000001", "w1"))
    assert (again.position, again.repeated) == (first.position + 1, False)


class AnswerLost(LogRecorder):
    """Commits, and then behaves as if the connection had gone before the answer came."""

    losses = 0
    blind = 0
    """How many questions about it fail, too."""

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        with super().writing() as writing:
            yield writing
        if type(self).losses > 0:
            type(self).losses -= 1
            raise OperationalError("the connection is lost")

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        if type(self).blind > 0:
            type(self).blind -= 1
            raise OperationalError("the database is starting up")
        stored: Sequence[StoredEvent] = super().select_events(
            originator_id, gt=gt, lte=lte, desc=desc, limit=limit
        )
        return stored


class CommitUnderWay(LogRecorder):
    """Loses the connection while the server is still busy with the commit."""

    losses = 0
    under_way: Timer

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        with ExitStack() as stack:
            yield stack.enter_context(super().writing())
            if type(self).losses > 0:
                type(self).losses -= 1
                self.under_way = Timer(0.3, stack.pop_all().close)
                self.under_way.start()
                raise OperationalError("the connection is lost")


@pytest.mark.parametrize("blind", [0, 2])
async def test_a_commit_whose_answer_was_lost_is_not_done_again(
    database: Database, monkeypatch: pytest.MonkeyPatch, blind: int
) -> None:
    """Also where the database cannot be asked at once, and the act has no identity."""
    with database.desk(AnswerLost) as desk:
        chat_id = chat_of(await desk.submit(message(desk.naming, "+5511900000001", "w0")))
        monkeypatch.setattr(AnswerLost, "losses", 1)
        monkeypatch.setattr(AnswerLost, "blind", blind)
        comment = c.AddComment(operator_id=OperatorId("ana"), text="liga para ele")
        receipt = await desk.submit(
            Ask(meta=META, stream=stream_of("chat", chat_id), command=comment)
        )
    assert (receipt.position, receipt.number, receipt.repeated) == (4, 2, False)
    assert len(database.recorded()) == 4


async def test_a_commit_that_is_still_under_way_is_not_done_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that goes away leaves the server at work: not there yet is not never."""
    with database.desk(CommitUnderWay, connections=3) as desk:
        chat_id = chat_of(await desk.submit(message(desk.naming, "+5511900000001", "w0")))
        monkeypatch.setattr(CommitUnderWay, "losses", 1)
        comment = c.AddComment(operator_id=OperatorId("ana"), text="liga para ele")
        receipt = await desk.submit(
            Ask(meta=META, stream=stream_of("chat", chat_id), command=comment)
        )
    assert (receipt.position, receipt.number, receipt.repeated) == (4, 2, False)
    assert len(database.recorded()) == 4


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


def test_a_caller_who_is_gone_does_not_stop_the_desk(database: Database, desk: LogDesk) -> None:
    """Its event loop may be closed before the answer comes."""
    with psycopg.connect(database.url) as connection:
        connection.execute("SELECT 1 FROM recado_head FOR UPDATE")

        async def hurry() -> None:
            with suppress(TimeoutError):
                act = message(desk.naming, "+5511900000001", "w0")
                await asyncio.wait_for(desk.submit(act), 0.1)

        asyncio.run(hurry())
    wait_until(database.recorded, 5)
    answered: list[Receipt] = []

    async def patiently() -> None:
        act = message(desk.naming, "+5511900000001", "w1")
        answered.append(await asyncio.wait_for(desk.submit(act), 5))

    asyncio.run(patiently())
    assert answered[0].number == 2


async def test_what_is_committed_is_told_so_whatever_listens(database: Database) -> None:
    """Waking others is fire and forget: its failure is not the caller's."""

    def fails(position: int) -> None:
        raise ConnectionError(position)

    with database.desk(on_commit=fails) as desk:
        receipt = await desk.submit(message(desk.naming, "+5511900000001", "w0"))
    assert receipt.position == len(database.recorded()) == 3


async def test_an_unreadable_stream_is_only_the_trouble_of_who_asks_for_it(
    database: Database, desk: LogDesk
) -> None:
    """M4: one damaged chat does not stop the others'."""
    chat_id = chat_of(await desk.submit(message(desk.naming, "+5511900000001", "w0")))
    database.run(
        "UPDATE recado_events SET state = 'damaged' WHERE originator_id = %s",
        stream_of("chat", chat_id),
    )
    with database.desk() as fresh:
        bad: Act = assign(chat_id, "ana", None)
        fine = [message(fresh.naming, "+5511900000002", f"x{n}") for n in range(4)]
        outcomes = await gathered(fresh, [*fine[:2], bad, *fine[2:]])
    assert [type(outcome) for outcome in outcomes] == [
        Receipt,
        Receipt,
        UnreadableEvent,
        Receipt,
        Receipt,
    ]


async def test_what_the_database_refuses_is_only_the_trouble_of_who_asked(
    database: Database, desk: LogDesk
) -> None:
    bad: Act = replace(assign(ChatId("x\x00y"), "ana", None), identity="key")
    fine = [message(desk.naming, "+5511900000002", f"x{n}") for n in range(6)]
    outcomes = await gathered(desk, [*fine[:3], bad, *fine[3:]])
    assert isinstance(outcomes.pop(3), LogIsBusy | NotFound)
    assert [receipt.number for receipt in receipts(outcomes)] == [1, 2, 3, 4, 5, 6]
    check_log(database.recorded())


def test_a_closed_desk_commits_what_it_was_given_and_takes_no_more(database: Database) -> None:
    with database.desk() as desk:
        first = desk.submit_now(message(desk.naming, "+5511900000001", "w0"))
    assert first.position == 3
    with pytest.raises(LogIsBusy):
        desk.submit_now(message(desk.naming, "+5511900000001", "w1"))
