"""What a desk does when connections, answers and callers are lost (M2, S2)."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from random import Random
from threading import Timer
from uuid import UUID

import psycopg
import pytest
from eventsourcing.persistence import OperationalError, StoredEvent
from psycopg.conninfo import conninfo_to_dict

from adapters.storage import desk as desks
from adapters.storage.desk import LogDesk
from adapters.storage.mapper import UnreadableEvent
from adapters.storage.postgres import recorder as recorders
from adapters.storage.postgres.recorder import LogRecorder, Writing, migrate
from adapters.storage.sealing.ring import KeyRing
from domain.acts import Ask
from domain.chat import commands as c
from domain.chat import events as e
from domain.errors import LogIsBusy, NotFound
from domain.ports import Act, Receipt
from domain.values import ChatId, OperatorId, stream_of
from tests.adapters.storage.log_database import Database
from tests.contracts.company import (
    META,
    assign,
    chat_of,
    check_log,
    gathered,
    message,
    receipts,
)
from tests.fixtures_servers import wait_until


@pytest.fixture
def database(fresh_database: str) -> Database:
    migrate(fresh_database)
    return Database(fresh_database)


@pytest.fixture
def desk(database: Database) -> Iterator[LogDesk]:
    with database.desk() as desk:
        yield desk


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
    def writing(self, ring: KeyRing | None = None) -> Iterator[Writing]:
        with super().writing(ring) as writing:
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
    def writing(self, ring: KeyRing | None = None) -> Iterator[Writing]:
        with ExitStack() as stack:
            yield stack.enter_context(super().writing(ring))
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


def test_a_closed_desk_commits_what_it_was_given_and_takes_no_more(database: Database) -> None:
    with database.desk() as desk:
        first = desk.submit_now(message(desk.naming, "+5511900000001", "w0"))
    assert first.position == 3
    with pytest.raises(LogIsBusy):
        desk.submit_now(message(desk.naming, "+5511900000001", "w1"))


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
