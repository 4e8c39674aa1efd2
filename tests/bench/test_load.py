"""The log that is made at once is one that the desk could have written."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest

from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.checks import LogCheck
from adapters.storage.postgres.recorder import LogRecorder
from deploy.bench import desk_alone
from deploy.bench.company import company
from deploy.bench.histories import Cast, Happened, Story, together
from deploy.bench.load import Chats, load
from deploy.commands.records import apply_workspace
from deploy.embedded import Urls
from deploy.installation import prepare_database
from domain.chat.state import Chat
from domain.values import ChannelAccountId, GroupId, Naming, OperatorId

START = datetime(2030, 1, 2, 9, 0, tzinfo=UTC)
CAST = Cast(Naming(b"salt"), ChannelAccountId("wa"), GroupId("vendas"), [OperatorId("ana")])


def stories(number: int, *, stays_open: bool = False) -> Iterator[Story]:
    for n in range(number):
        yield Story(CAST, n, START + n * timedelta(milliseconds=500), 1.2, stays_open)


def by_stream(happened: list[Happened]) -> dict[str, list[Happened]]:
    streams: dict[str, list[Happened]] = {}
    for one in happened:
        streams.setdefault(one.stream, []).append(one)
    return streams


def test_stories_are_told_in_the_order_of_time() -> None:
    happened = list(together(stories(1_200)))
    assert all(one.at <= two.at for one, two in pairwise(happened))


def test_every_stream_counts_its_versions_from_one() -> None:
    for events in by_stream(list(together(stories(600)))).values():
        assert [one.after.version for one in events] == list(range(1, len(events) + 1))


@pytest.mark.parametrize("stays_open", [True, False])
def test_a_chat_stays_open_only_if_asked(stays_open: bool) -> None:
    ends = [
        events[-1].after
        for events in by_stream(list(together(stories(5, stays_open=stays_open)))).values()
    ]
    assert {end.is_open for end in ends if isinstance(end, Chat)} == {stays_open}


def test_the_same_story_is_told_twice() -> None:
    assert list(together(stories(3))) == list(together(stories(3)))


@pytest.fixture
def database(fresh_database: str) -> str:
    prepare_database(fresh_database)
    apply_workspace(Urls(fresh_database, ""), company())
    return fresh_database


def naming_of(url: str) -> Naming:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT salt FROM recado_head").fetchone()
    assert row is not None
    return Naming(bytes(row[0]))


def test_a_made_log_is_whole_and_agrees_with_what_is_beside_it(database: str) -> None:
    """A2: also after it was made longer, and the desk went on in it."""
    load(database, Chats(30, 10))
    load(database, Chats(20, 5, first=30))
    work = desk_alone.Work(database, 10**10, range(45, 52), callers=2, seconds=5)
    assert desk_alone.hand_in(work).messages == 7
    assert list(LogCheck(database, EventMapper(), naming_of(database)).faults()) == []


def test_a_message_of_a_made_client_goes_into_his_open_chat(database: str) -> None:
    load(database, Chats(3, 3))
    recorder = LogRecorder.connect(database)
    desk = LogDesk(recorder, EventMapper())
    try:
        work = desk_alone.Work(database, 10**10, [2], callers=1, seconds=5)
        (act,) = desk_alone.acts(desk.naming, work)
        assert desk.submit_now(act).added == 1
    finally:
        desk.close()
        recorder.close()
