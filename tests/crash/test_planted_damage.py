"""
Damage that is planted in a sound installation, and that `recado verify` has to find.

The parts are frozen meanwhile, so that nothing is mended or made worse by itself.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
import pytest

from adapters.bus import compare
from adapters.bus.batches import Message, publish_batch
from adapters.bus.log_pages import LogPages
from adapters.bus.nats import connect
from adapters.bus.streams import replace_log_stream
from adapters.bus.subjects import LogRow, event_headers, event_subject
from adapters.storage.postgres.differences import differences
from deploy.embedded.directory import Urls
from deploy.sealing import OpeningMapper
from deploy.verifying import checkpoints_ahead, log_faults
from tests.crash.soundness import found_by_verify, until_idle
from tests.scenarios.installation import Installation
from tests.scenarios.providers import Providers
from tests.scenarios.waiting import deliver_all, until

LAST = "(SELECT max(notification_id) FROM recado_events)"
A_MESSAGE = "(SELECT min(notification_id) FROM recado_events WHERE topic = 'message-received.v1')"
BESIDE_ONE = "(SELECT min(notification_id) + 1 FROM recado_events)"

KEPT = ["recado_events", "recado_head", "recado_keys", "recado_seats", "recado_outbox"]

LOG_DAMAGE = {
    "an event's words were changed": f"""
        UPDATE recado_events SET state =
            convert_to(replace(convert_from(state, 'UTF8'), '"sealed":"', '"sealed":"A'), 'UTF8')
        WHERE notification_id = {A_MESSAGE}""",
    "an event's actor was changed": """
        UPDATE recado_events SET state =
            convert_to(replace(convert_from(state, 'UTF8'), 'apply', 'router'), 'UTF8')
        WHERE notification_id = 1""",
    "an event's topic was changed": """
        UPDATE recado_events SET topic = 'chat-woken.v1' WHERE notification_id =
            (SELECT min(notification_id) FROM recado_events WHERE topic = 'chat-closed.v1')""",
    "an event's topic is unknown": f"""
        UPDATE recado_events SET topic = 'never-heard-of.v1' WHERE notification_id = {A_MESSAGE}""",
    "an event is no json": f"""
        UPDATE recado_events SET state = 'nonsense' WHERE notification_id = {A_MESSAGE}""",
    "an event was dropped": f"DELETE FROM recado_events WHERE notification_id = {A_MESSAGE}",
    "the last event was dropped": f"DELETE FROM recado_events WHERE notification_id = {LAST}",
    "all events were dropped": "DELETE FROM recado_events",
    "two events were swapped": """
        UPDATE recado_events SET notification_id = -notification_id WHERE notification_id IN (2, 3);
        UPDATE recado_events SET notification_id = 5 + notification_id
        WHERE notification_id < 0""",
    "a position was skipped": f"""
        UPDATE recado_events SET notification_id = notification_id + 1
        WHERE notification_id = {LAST}""",
    "a version was skipped": f"""
        UPDATE recado_events SET originator_version = originator_version + 1000
        WHERE notification_id = {LAST}""",
    "an event was moved to another stream": f"""
        UPDATE recado_events SET originator_id = 'chat-00000000-0000-8000-8000-000000000000'
        WHERE notification_id = {A_MESSAGE}""",
    "an event was added behind the end": f"""
        INSERT INTO recado_events
        SELECT originator_id, originator_version + 1000, topic, state, {LAST} + 1
        FROM recado_events WHERE notification_id = {LAST}""",
    "the head's hash was changed": "UPDATE recado_head SET hash = sha256('something else')",
    "the head was moved back": "UPDATE recado_head SET position = position - 1",
    "the head was moved on": "UPDATE recado_head SET position = position + 1",
    "a key is missing": """
        DELETE FROM recado_keys WHERE key = (
            SELECT min(key) FROM recado_keys WHERE stream LIKE 'client-%')""",
    "a key stands for another stream": """
        UPDATE recado_keys SET stream = 'client-none' WHERE key = (
            SELECT min(key) FROM recado_keys WHERE stream LIKE 'client-%')""",
    "a seat's load is wrong": "UPDATE recado_seats SET load = load + 1 WHERE load > 0",
    "a seat is missing": "DELETE FROM recado_seats WHERE load > 0",
    "an outgoing message is missing": "DELETE FROM recado_outbox",
    "an outgoing message is there that nobody wrote": """
        INSERT INTO recado_outbox (stream, seq, account_id)
        SELECT stream, 9999, account_id FROM recado_outbox LIMIT 1""",
}
VIEW_DAMAGE = {
    "a chat's unread count is wrong": """
        UPDATE recado_views.inbox SET unread = unread + 1
        WHERE chat_id = (SELECT min(chat_id) FROM recado_views.inbox)""",
    "a chat has another owner": """
        UPDATE recado_views.inbox SET operator_id = NULL WHERE operator_id IS NOT NULL""",
    "a chat is missing": """
        DELETE FROM recado_views.inbox
        WHERE chat_id = (SELECT max(chat_id) FROM recado_views.inbox)""",
    "a derived column is wrong": "UPDATE recado_views.inbox SET words = words || '?'",
    "a message says something else": """
        UPDATE recado_views.messages SET text = replace(text, 'question', 'quest1on')""",
    "a message is there that nobody sent": """
        INSERT INTO recado_views.messages SELECT (m).* FROM (
            SELECT jsonb_populate_record(message, '{"seq": 9999}') AS m
            FROM recado_views.messages AS message LIMIT 1) AS made""",
    "all messages are missing": "DELETE FROM recado_views.messages",
    "a client has another name": "UPDATE recado_views.clients SET name = name || '?'",
    "an operator is online who is not": "UPDATE recado_views.operators SET presence = 'online'",
    "a group has another name": "UPDATE recado_views.groups SET name = 'Other'",
    "a channel is paused": "UPDATE recado_views.channels SET paused = 'planted'",
    "the patience is another": "UPDATE recado_views.settings SET patience = '1 day'",
    "a seat shows another load": "UPDATE recado_views.seats SET load = load + 1",
    "a count is wrong": "UPDATE recado_views.counts SET new = new + 1",
    "the checkpoint was moved back": """
        UPDATE recado_views.checkpoints SET position = position - 1 WHERE name = 'views'""",
    "the checkpoint was moved on": """
        UPDATE recado_views.checkpoints SET position = position + 1 WHERE name = 'views'""",
    "the publisher's checkpoint was moved on": """
        UPDATE recado_views.checkpoints SET position = position + 9 WHERE name = 'published'""",
}


def changed(rows: list[LogRow]) -> list[Message]:
    at = next(n for n, row in enumerate(rows) if row[2] == "message-received.v1")
    messages = [*map(as_message, rows)]
    other = messages[at].payload.replace(b'"sealed":"', b'"sealed":"A')
    messages[at] = Message(messages[at].subject, other, messages[at].headers)
    return messages


def renamed(rows: list[LogRow]) -> list[Message]:
    first, *others = map(as_message, rows)
    return [Message(f"{first.subject}.other", first.payload, first.headers), *others]


def relabelled(rows: list[LogRow]) -> list[Message]:
    first, *others = map(as_message, rows)
    headers = {**first.headers, "Recado-Version": "7"}
    return [Message(first.subject, first.payload, headers), *others]


STREAM_DAMAGE: dict[str, Callable[[list[LogRow]], list[Message]]] = {
    "a message was changed": changed,
    "a subject was changed": renamed,
    "a header was changed": relabelled,
    "a message was dropped": lambda rows: [*map(as_message, [*rows[:4], *rows[5:]])],
    "the last message was dropped": lambda rows: [*map(as_message, rows[:-1])],
    "a message was added": lambda rows: [
        *map(as_message, rows),
        Message(f"recado.log.chat.x.{rows[-1][2]}", b"{}"),
    ],
    "a message is there twice": lambda rows: [
        *map(as_message, rows[:4]),
        Message(as_message(rows[3]).subject, rows[3][3], numbered(rows[3], 5)),
        *map(as_message, rows[5:]),
    ],
    "two messages were swapped": lambda rows: [
        *map(as_message, [*rows[:4], rows[5], rows[4], *rows[6:]])
    ],
    "nothing is left": lambda _: [],
}


def as_message(row: LogRow) -> Message:
    stream, _, topic, state, _ = row
    return Message(event_subject(stream, topic), state, event_headers(row))


def numbered(row: LogRow, position: int) -> dict[str, str]:
    """Return an event's headers, with the position of another one where the server looks."""
    return event_headers(row) | {"Nats-Msg-Id": f"{position}"}


@pytest.fixture(scope="module")
def sound() -> Iterator[Urls]:
    """Servers of an installation that has seen something, whose other parts are frozen."""
    with Installation() as house, Providers() as providers:
        live(house, providers)
        parts = [until(lambda part=part: house.pid(part)) for part in ("work", "serve")]  # type: ignore[misc]  # bound by default
        for pid in parts:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield house.urls
        finally:
            for pid in parts:
                os.kill(pid, signal.SIGCONT)
        house.until_ready()
        assert found_by_verify(house.urls) == []


def live(house: Installation, providers: Providers) -> None:
    """Let a bit of everything happen, and leave one answer that cannot be sent."""
    team = house.team(operators=2)
    away = house.team(operators=1, api_base=providers.base)
    providers.telegram(away.telegram)
    ana = team.people[0]
    for person in (*team.people, *away.people):
        person.presence("online")
    texts = [
        which.telegram.text(client, f"question {client}", number)
        for which in (team, away)
        for client in range(1, 5)
        for number in (1, 2)
    ]
    assert set(deliver_all(texts, [house.address])) == {200}
    mine = until(lambda: m if len(m := ana.mine()) == 2 else None)
    ana.act(mine[0]["id"], "tags", {"add": ["vip"]})
    ana.act(mine[0]["id"], "comments", {"text": "who knows?"})
    ana.act(mine[1]["id"], "close")
    (bob,) = away.people
    for chat in until(lambda: m if len(m := bob.mine()) == 4 else None):
        bob.act(chat["id"], "messages", {"text": "an answer"})
    ana.presence("offline")
    until_idle(house)
    house.admin.act(mine[0]["id"], "messages", {"text": "this one cannot leave"})
    until(lambda: found_by_verify(house.urls) == [], 60)


def by_log_check(urls: Urls) -> list[str]:
    return [*log_faults(urls)]


def by_views_check(urls: Urls) -> list[str]:
    ahead = checkpoints_ahead(urls.postgres)
    return [*ahead, *differences(urls.postgres, mapper=OpeningMapper(urls), processes=1)]


def by_stream_check(urls: Urls) -> list[str]:
    async def collect() -> list[str]:
        nc = await connect(urls.nats, name="tests")
        try:
            async with LogPages(urls.postgres) as pages:
                found = compare.differences(nc, pages.to_the_end(), patience=0.2)
                return [line async for line in found]
        finally:
            await nc.close()

    return asyncio.run(collect())


@contextmanager
def damaged(url: str, schema: str, statements: str) -> Iterator[None]:
    """Run statements that change tables of a schema; put everything back at the end."""
    with psycopg.connect(url, autocommit=True) as connection:
        listed = connection.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = %s AND (table_schema <> 'public' OR table_name = ANY(%s))",
            (
                schema,
                ["recado_events", "recado_head", "recado_keys", "recado_seats", "recado_outbox"],
            ),
        )
        tables = [row[0] for row in listed]
        for name in tables:
            connection.execute(f"CREATE TEMP TABLE kept_{name} AS TABLE {schema}.{name}".encode())
        try:
            assert connection.execute(statements.encode()).rowcount > 0, "nothing was damaged"
            yield
        finally:
            with connection.transaction():
                for name in tables:
                    connection.execute(f"DELETE FROM {schema}.{name}".encode())
                    put_back = f"INSERT INTO {schema}.{name} SELECT * FROM kept_{name}"
                    connection.execute(put_back.encode())


@pytest.mark.parametrize("what", LOG_DAMAGE)
def test_damage_to_the_log_and_the_tables_beside_it_is_found(sound: Urls, what: str) -> None:
    """A3"""
    with damaged(sound.postgres, "public", LOG_DAMAGE[what]):
        assert by_log_check(sound) != []
    assert by_log_check(sound) == []


@pytest.mark.parametrize("what", VIEW_DAMAGE)
def test_damage_to_a_view_is_found(sound: Urls, what: str) -> None:
    """V12"""
    with damaged(sound.postgres, "recado_views", VIEW_DAMAGE[what]):
        assert by_views_check(sound) != []
    assert by_views_check(sound) == []


@pytest.mark.parametrize("what", STREAM_DAMAGE)
def test_damage_to_the_stream_is_found(sound: Urls, what: str) -> None:
    """House: stream sequence = position, for every event."""
    rows = asyncio.run(all_rows(sound))
    try:
        asyncio.run(refill(sound, STREAM_DAMAGE[what](rows)))
        assert by_stream_check(sound) != []
    finally:
        asyncio.run(refill(sound, [*map(as_message, rows)]))
    assert by_stream_check(sound) == []


async def all_rows(urls: Urls) -> list[LogRow]:
    async with LogPages(urls.postgres) as pages:
        return [row async for row in pages.to_the_end()]


async def refill(urls: Urls, messages: Sequence[Message]) -> None:
    """Put a stream of these messages in the place of the log's."""
    nc = await connect(urls.nats, name="tests")
    try:
        await replace_log_stream(nc)
        if messages:
            await publish_batch(nc, messages, expected_last=0)
    finally:
        await nc.close()
