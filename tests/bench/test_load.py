"""The log that is made at once is one that the desk could have written."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest

from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.checks import LogCheck
from adapters.storage.postgres.recorder import LogRecorder
from deploy.bench import desk_alone
from deploy.bench.casting import Played, Repertoire, in_order
from deploy.bench.company import company
from deploy.bench.histories import Cast, Happened, Story
from deploy.bench.load import Chats, load
from deploy.commands.records import apply_workspace
from deploy.embedded import Urls
from deploy.installation import prepare_database
from domain.chat.state import Chat
from domain.values import ChannelAccountId, GroupId, Naming, OperatorId

START = datetime(2030, 1, 2, 9, 0, tzinfo=UTC)
CAST = Cast(Naming(b"salt"), ChannelAccountId("wa"), GroupId("vendas"), [OperatorId("ana")])


def told(number: int, *, stays_open: bool = False) -> list[Happened]:
    return Story(CAST, number, START, 1.2, stays_open).tell()


def played(stories: int) -> list[Played]:
    repertoire = Repertoire(CAST, EventMapper(), 1.2, stays_open=False)
    starts = (START + n * timedelta(milliseconds=500) for n in range(stories))
    return list(in_order(repertoire.play(n, start) for n, start in enumerate(starts)))


def test_stories_are_played_in_the_order_of_time() -> None:
    happened = played(300)
    assert len({one.stream for one in happened}) == 600
    assert all(one.at <= two.at for one, two in pairwise(happened))


def test_every_stream_counts_its_versions_from_one() -> None:
    versions: dict[str, list[int]] = {}
    for one in played(200):
        versions.setdefault(one.stream, []).append(one.version)
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


@pytest.mark.parametrize("stays_open", [True, False])
def test_a_chat_stays_open_only_if_asked(stays_open: bool) -> None:
    ends = [told(number, stays_open=stays_open)[-1].after for number in range(20)]
    assert {end.is_open for end in ends if isinstance(end, Chat)} == {stays_open}


def test_the_same_story_is_told_twice() -> None:
    assert told(3) == told(3)


def test_what_is_played_is_what_the_rules_make_of_it() -> None:
    """Only names and times are another's."""
    mapper = EventMapper()
    story = [mapper.encode(one.event, one.meta, None) for one in told(97_531_013)]
    scenes = Repertoire(CAST, mapper, 1.2, stays_open=False).play(97_531_013, START)
    again = [mapper.decode(1, one.stream, one.version, one.topic, one.state) for one in scenes]
    assert [mapper.encode(one.event, one.meta, None) for one in again] == story


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
