"""
The panel as it was at every so many positions, from which any moment in between is reached.

A keyframe is a cache: it is made from the log in the background, deleting it changes no
answer, and one that another version wrote is not read. `KeyframeCheck` compares them all
with the log.
"""

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import TupleRow
from pydantic import TypeAdapter, ValidationError

from adapters.storage.mapper import EventMapper
from domain.event import Recorded
from domain.values import StreamId
from projections.catalog import ChannelRow, GroupRow, OperatorRow, SettingsRow
from projections.panel import OpenChat, Panel, Recall, fold

log = structlog.get_logger()

EVERY: Final = 5_000
"""Events between two keyframes: folding so many takes a quarter of a second of a processor."""
PAGE: Final = 1_000
"""Events read at a time."""
_LEVEL: Final = 6

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS recado_keyframes (
    position bigint PRIMARY KEY,
    shape text NOT NULL,
    data bytea NOT NULL
)
"""
_BEFORE: Final = """
SELECT position, data FROM recado_keyframes
WHERE position <= %s AND shape = %s ORDER BY position DESC LIMIT 1
"""
_ALL: Final = "SELECT position, data FROM recado_keyframes WHERE shape = %s ORDER BY position"
_KEEP: Final = """
INSERT INTO recado_keyframes AS k (position, shape, data) VALUES (%s, %s, %s)
ON CONFLICT (position) DO UPDATE SET shape = excluded.shape, data = excluded.data
"""
_MISSING: Final = """
SELECT position FROM generate_series(%(every)s::bigint, (SELECT position FROM recado_head),
    %(every)s::bigint) AS position
EXCEPT SELECT position FROM recado_keyframes WHERE shape = %(shape)s
ORDER BY 1 LIMIT 1
"""
_EVENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id LIMIT %s
"""
_STREAM: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = %s AND notification_id <= %s ORDER BY originator_version
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """What is written of a panel."""

    position: int
    chats: list[OpenChat]
    operators: list[OperatorRow]
    groups: list[GroupRow]
    channels: list[ChannelRow]
    settings: SettingsRow | None


_ADAPTER: Final = TypeAdapter(Frame)
_FOLD: Final = 1
"""To be raised with every change of what the fold makes of the same events."""
SHAPE: Final = blake2b(
    json.dumps([_FOLD, _ADAPTER.json_schema()], sort_keys=True).encode(), digest_size=8
).hexdigest()
"""Another one after each change of what a keyframe holds."""


class KeyframeUnreadable(Exception):
    """What is stored is no keyframe."""


def migrate(url: str) -> None:
    """Make the table where it is missing."""
    with psycopg.connect(url) as connection:
        connection.execute(_TABLE)


def packed(panel: Panel) -> bytes:
    """Return a panel as it is stored: the same bytes for the same panel."""
    frame = Frame(
        panel.position,
        [panel.chats[key] for key in sorted(panel.chats)],
        [panel.operators[key] for key in sorted(panel.operators)],
        [panel.groups[key] for key in sorted(panel.groups)],
        [panel.channels[key] for key in sorted(panel.channels)],
        panel.settings,
    )
    return zlib.compress(_ADAPTER.dump_json(frame), _LEVEL)


def unpacked(data: bytes) -> Panel:
    """Return the panel that was stored; raise `KeyframeUnreadable`."""
    try:
        frame = _ADAPTER.validate_json(zlib.decompress(data))
    except (zlib.error, ValidationError) as error:
        raise KeyframeUnreadable(type(error).__name__) from None
    return Panel(
        frame.position,
        {chat.row.chat_id: chat for chat in frame.chats},
        {row.id: row for row in frame.operators},
        {row.id: row for row in frame.groups},
        {row.id: row for row in frame.channels},
        frame.settings,
    )


def nearest(connection: Connection[TupleRow], position: int) -> Panel:
    """Return the panel of the last keyframe that is not after a position, or of the beginning."""
    # One by one: there may be a thousand, and mostly the first will do.
    while row := connection.execute(_BEFORE, (position, SHAPE)).fetchone():
        try:
            return unpacked(bytes(row[1]))
        except KeyframeUnreadable:
            log.warning("keyframe.unreadable", position=row[0])
            position = row[0] - 1
    return Panel()


def missing(connection: Connection[TupleRow], every: int = EVERY) -> int | None:
    """Return the first position that ought to have a keyframe and has none."""
    row = connection.execute(_MISSING, {"every": every, "shape": SHAPE}).fetchone()
    return None if row is None else int(row[0])


def keep(connection: Connection[TupleRow], panel: Panel) -> None:
    """Store a keyframe, over what is there."""
    connection.execute(_KEEP, (panel.position, SHAPE, packed(panel)))


def advance(
    connection: Connection[TupleRow],
    mapper: EventMapper,
    panel: Panel,
    to: int,
    pause: Callable[[], None] = lambda: None,
) -> None:
    """Fold the log into a panel up to a position; `pause` is called between two pages."""
    recall = recalling(connection, mapper)
    for events in pages(connection, mapper, panel.position, to):
        for recorded in events:
            fold(panel, recorded, recall)
        pause()


def pages(
    connection: Connection[TupleRow], mapper: EventMapper, after: int, to: int
) -> Iterator[list[Recorded]]:
    """Yield the events after a position, up to another, page by page; nothing personal."""
    mapper = mapper.blind()
    while after < to:
        cursor = connection.cursor(binary=True)
        rows = cursor.execute(_EVENTS, (after, to, PAGE)).fetchall()
        if not rows:
            return
        yield [mapper.decode(*row) for row in rows]
        after = rows[-1][0]


def recalling(connection: Connection[TupleRow], mapper: EventMapper) -> Recall:
    """Return what reads a stream up to a position, and nothing personal in it."""
    mapper = mapper.blind()

    def recall(stream: StreamId, up_to: int) -> list[Recorded]:
        rows = connection.cursor(binary=True).execute(_STREAM, (stream, up_to))
        return [mapper.decode(*row) for row in rows]

    return recall


class KeyframeCheck:
    """Goes through the log once, and compares each keyframe with what it comes to there."""

    def __init__(self, url: str, mapper: EventMapper) -> None:
        self._url: Final = url
        self._mapper: Final = mapper
        self.keyframes = 0

    def faults(self) -> Iterator[str]:
        """Yield a line for everything in a keyframe that does not follow from the log."""
        panel = Panel()
        with (
            psycopg.connect(self._url, autocommit=True) as log_,
            psycopg.connect(self._url) as frames,
            psycopg.ServerCursor(frames, "keyframes") as cursor,
        ):
            cursor.itersize = 1
            for position, data in cursor.execute(_ALL, (SHAPE,)):
                self.keyframes += 1
                advance(log_, self._mapper, panel, position)
                if panel.position != position:
                    yield f"keyframe {position} is beyond the log's end, {panel.position}"
                    return
                try:
                    kept = unpacked(bytes(data))
                except KeyframeUnreadable:
                    yield f"keyframe {position} cannot be read"
                    continue
                yield from _differences(kept, panel)


def _differences(kept: Panel, panel: Panel) -> Iterator[str]:
    at = f"keyframe {panel.position}"
    if kept.position != panel.position:
        yield f"{at} says that it is of {kept.position}"
    if kept.settings != panel.settings:
        yield f"{at}: the settings are not what the log says"
    tables: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
        ("chat", kept.chats, panel.chats),
        ("operator", kept.operators, panel.operators),
        ("group", kept.groups, panel.groups),
        ("channel", kept.channels, panel.channels),
    )
    for kind, stored, meant in tables:
        for id_ in sorted(stored.keys() | meant.keys()):
            if id_ not in stored:
                yield f"{at}: {kind} {id_} is missing"
            elif id_ not in meant:
                yield f"{at}: {kind} {id_} is not to be there"
            elif stored[id_] != meant[id_]:
                yield f"{at}: {kind} {id_} is not what the log says"
