"""A2: the lists as of a past moment are those that were shown then, to everybody."""

import os
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.storage.postgres import keyframes
from adapters.storage.postgres.cursors import UnreadableCursor
from adapters.storage.postgres.keyframes import KeyframeCheck, advance, keep, nearest
from adapters.storage.postgres.moments import Moment, NoSuchMoment, moment_of
from adapters.storage.postgres.panels import PastIsNotReady
from adapters.storage.postgres.past import AsksWholeChats, Eyes, Past
from adapters.storage.postgres.projecting import Projecting
from adapters.storage.postgres.queries import Queries
from domain.access import Scope
from domain.chat import commands as c
from domain.values import ChatId, OperatorId, Role
from projections import filter_tree as t
from projections.filters import EVERYTHING, ChatFilter, Listed
from tests.adapters.storage import view_logs
from tests.adapters.storage.view_logs import MAPPER, others
from tests.projections.histories import GROUPS, OPERATORS, Log, logs, said

MOMENTS: Final = int(os.environ.get("RECADO_PAST_MOMENTS", "36"))
"""How many moments are recorded and compared: the whole proof is 1,000 of them."""
AT_A_TIME: Final = 12
ROOT: Final = Scope(OperatorId("root"), Role.ADMINISTRATOR)
SCOPES: Final = (
    ROOT,
    Scope(OPERATORS[0], Role.OPERATOR, frozenset(GROUPS[:1])),
    Scope(OPERATORS[1], Role.SUPERVISOR, frozenset(GROUPS[1:])),
)
QUESTIONS: Final = (
    *(ChatFilter(section=listed) for listed in Listed),
    ChatFilter(section=Listed.ALL, group=GROUPS[0]),
    ChatFilter(section=Listed.OPEN, operator=OPERATORS[0]),
    ChatFilter(section=Listed.ALL, channel="zap", tag="vip"),
    ChatFilter(
        tree=t.AllOf(
            (
                t.Not(t.HasAny(t.Attribute.SECTION, ("waiting",))),
                t.AnyOf((t.Present("email"), t.Named(t.Match.CONTAINS, "o"), t.Is(t.Fact.UNREAD))),
            )
        )
    ),
    ChatFilter(section=Listed.ALL, tree=t.HasAny(t.Attribute.CLIENT_TAG, ("vip",))),
)
COUNTED: Final = (EVERYTHING, ChatFilter(group=GROUPS[0]))


@pytest.fixture
def url(fresh_database: str) -> str:
    view_logs.prepare(fresh_database)
    keyframes.migrate(fresh_database)
    return fresh_database


def said_by_client(log: Log, chat_id: str, words: str) -> None:
    provider_id = f"p{len(log.recorded)}"
    command = c.ReceiveMessage(provider_id=provider_id, parts=said(words), sent_at=log.now)
    log.ask(chat_id, command)


@dataclass
class Shown:
    """What was shown at a moment, and how to ask for it later."""

    moment: Moment
    scope: Scope
    lists: list[Any]


async def shown(queries: Queries, moment: Moment, scope: Scope) -> Shown:
    """Read all lists page by page."""
    lists: list[Any] = []
    for question in QUESTIONS:
        cursor, items = None, []
        while True:
            page = await queries.chats(scope, question, cursor=cursor, limit=2, now=moment.at)
            items += page.items
            if (cursor := page.next_cursor) is None:
                break
        lists.append(items)
    lists += [await queries.counts(scope, asked, now=moment.at) for asked in COUNTED]
    return Shown(moment, scope, lists)


def as_of(past: Past, one: Shown) -> list[Any]:
    eyes = Eyes(one.scope)
    lists: list[Any] = []
    for question in QUESTIONS:
        cursor, items = None, []
        while True:
            page = past.chats(eyes, question, one.moment, cursor=cursor, limit=2)
            items += page.items
            if (cursor := page.next_cursor) is None:
                break
        lists.append(items)
    lists += [past.counts(eyes, asked, one.moment) for asked in COUNTED]
    return lists


def record(url: str, log: Log, cuts: list[int], rng: Random) -> list[Shown]:
    """Bring the views to one position after another, and look at them there."""
    told: list[Shown] = []

    async def look(queries: Queries) -> None:
        projecting = Projecting(MAPPER)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            for cut in cuts:
                while (await projecting.step(connection, up_to=cut)).applied:
                    pass
                at = log.recorded[cut - 1].event.at
                after = [one.event.at for one in log.recorded[cut:]][:1]
                latest = (after[0] - at) if after else timedelta(hours=1)
                moment = Moment(cut, at + latest * rng.random())
                told.append(await shown(queries, moment, rng.choice(SCOPES)))
            while (await projecting.step(connection)).applied:
                pass

    view_logs.asking(url, look)
    return told


@settings(
    max_examples=MOMENTS // AT_A_TIME,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(logs(chats=4, most=60, others=others), st.randoms(use_true_random=False))
def test_every_list_is_what_was_shown_then(url: str, log: Log, rng: Random) -> None:
    """A2, V3, V6-V8, V11, V13: with keyframes between, whoever asks, page by page."""
    view_logs.clear(url)
    if len(log.recorded) < 2:
        return
    view_logs.write(url, log.recorded)
    head = len(log.recorded)
    cuts = sorted({rng.randint(1, head) for _ in range(AT_A_TIME)})
    told = record(url, log, cuts, rng)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE recado_keyframes")
        for position in range(7, head + 1, 7):
            panel = nearest(connection, position)
            advance(connection, MAPPER, panel, position)
            keep(connection, panel)
    past = Past(url, MAPPER)
    rng.shuffle(told)
    for one in told:
        assert as_of(past, one) == one.lists, one.moment
    assert list(KeyframeCheck(url, MAPPER).faults()) == []


@settings(
    max_examples=4,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(logs(chats=2, most=40, others=others), st.randoms(use_true_random=False))
def test_a_chat_and_its_messages_are_what_was_shown_then(url: str, log: Log, rng: Random) -> None:
    """A2, M5, M9: also a closed one, and messages that were edited or deleted since."""
    view_logs.clear(url)
    view_logs.write(url, log.recorded)
    past = Past(url, MAPPER)
    cuts = sorted({rng.randint(1, len(log.recorded)) for _ in range(5)})

    async def look(queries: Queries) -> None:
        projecting = Projecting(MAPPER)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            for cut in cuts:
                while (await projecting.step(connection, up_to=cut)).applied:
                    pass
                moment = Moment(cut, log.recorded[cut - 1].event.at)
                for chat in ("c1", "c2"):
                    item = await queries.chat(ROOT, chat, moment.at)
                    assert past.chat(chat, moment) == item
                    page = await queries.messages(ROOT, chat, q="oi", limit=3)
                    then = past.messages(chat, moment, q="oi", limit=3)
                    assert then == page
                    assert (then is None) == (item is None)

    view_logs.asking(url, look)


class TestKeyframes:
    @pytest.fixture
    def kept(self, url: str) -> str:
        log = view_logs.company(Log())
        for number in range(6):
            log.open(f"chat-of-{number}", GROUPS[0])
            log.now += timedelta(seconds=5)
            said_by_client(log, f"chat-of-{number}", f"segredo {number}")
        view_logs.write(url, log.recorded)
        with psycopg.connect(url, autocommit=True) as connection:
            for position in (10, 20):
                panel = nearest(connection, position)
                advance(connection, MAPPER, panel, position)
                keep(connection, panel)
        return url

    def test_they_hold_no_word_and_no_name(self, kept: str) -> None:
        """A4: whoever is erased needs not be erased here."""
        with psycopg.connect(kept) as connection:
            rows = connection.execute("SELECT data FROM recado_keyframes").fetchall()
        assert len(rows) == 2
        for (data,) in rows:
            written = zlib.decompress(data).decode()
            assert written.startswith('{"position":')
            for personal in ("segredo", "ipe.test", "Ana", "+5511"):
                assert personal not in written

    @pytest.mark.parametrize("damage", ["owner", "lost", "invented", "bytes", "beyond", "other"])
    def test_planted_damage_is_found(self, kept: str, damage: str) -> None:
        assert list(KeyframeCheck(kept, MAPPER).faults()) == []
        with psycopg.connect(kept, autocommit=True) as connection:
            panel = nearest(connection, 20)
            chat_id, chat = next(iter(panel.chats.items()))
            match damage:
                case "owner":
                    row = chat.row._replace(operator_id=OPERATORS[0])
                    panel.chats[chat_id] = chat._replace(row=row)
                    keep(connection, panel)
                case "lost":
                    del panel.chats[chat_id]
                    keep(connection, panel)
                case "invented":
                    row = chat.row._replace(chat_id=ChatId("none"))
                    panel.chats["none"] = chat._replace(row=row)
                    keep(connection, panel)
                case "bytes":
                    connection.execute("UPDATE recado_keyframes SET data = '' WHERE position = 20")
                case "beyond":
                    connection.execute(
                        "UPDATE recado_keyframes SET position = 99 WHERE position = 20"
                    )
                case _:
                    connection.execute(
                        "UPDATE recado_keyframes SET data ="
                        " (SELECT data FROM recado_keyframes WHERE position = 10)"
                    )
        found = list(KeyframeCheck(kept, MAPPER).faults())
        assert len(found) >= 1
        assert all(line.startswith("keyframe ") for line in found)

    def test_one_that_cannot_be_read_is_not_used(self, kept: str) -> None:
        with psycopg.connect(kept, autocommit=True) as connection:
            connection.execute("UPDATE recado_keyframes SET data = 'x' WHERE position = 20")
            assert nearest(connection, 25).position == 10

    def test_too_many_missing_ones_are_told_of(self, kept: str) -> None:
        past = Past(kept, MAPPER, farthest=2)
        with pytest.raises(PastIsNotReady):
            past.counts(Eyes(ROOT), EVERYTHING, Moment(15, Log().now))


def test_moments_are_times_or_positions(url: str) -> None:
    log = view_logs.company(Log(now=datetime(2020, 1, 2, 9, tzinfo=UTC)))
    log.now += timedelta(minutes=1)
    log.open("c1", None)
    view_logs.write(url, log.recorded)
    head, first = len(log.recorded), log.recorded[0].event.at
    with psycopg.connect(url, autocommit=True) as connection:
        assert moment_of(connection, f"{head}") == Moment(head, log.now)
        written = first.isoformat()
        assert moment_of(connection, f"3@{written}") == Moment(3, first)
        assert moment_of(connection, written) == Moment(head - 1, first)
        assert moment_of(connection, written.replace("+", " ")) == Moment(head - 1, first)
        for refused in (f"{head + 1}", "ontem", "2030-01-02T09:00:00", "9999-01-01T00:00:00Z", ""):
            with pytest.raises(NoSuchMoment):
                moment_of(connection, refused)


def test_a_filter_by_what_whole_chats_say_is_refused(url: str) -> None:
    with pytest.raises(AsksWholeChats):
        Past(url, MAPPER).counts(Eyes(ROOT), ChatFilter(tree=t.Says("oi")), Moment(0, Log().now))


def test_a_cursor_of_another_list_is_refused(url: str) -> None:
    with pytest.raises(UnreadableCursor):
        Past(url, MAPPER).chats(Eyes(ROOT), EVERYTHING, Moment(0, Log().now), cursor="x")
