"""Plays a part of the log on the panel, as a stream, in constant memory."""

from collections.abc import Iterator
from itertools import chain

import psycopg

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.keyframes import advance, nearest, pages, recalling
from adapters.storage.postgres.moments import Moment
from projections.play import Move, Play


def played(
    url: str, mapper: EventMapper, first: Moment, last: Moment, whose: str | None = None
) -> Iterator[Move]:
    """Yield every move after one moment, up to another; of what an operator saw, if one is told."""
    with psycopg.connect(url, autocommit=True) as connection:
        panel = nearest(connection, first.position)
        advance(connection, mapper, panel, first.position)
        play = Play(panel, first.at, recalling(connection, mapper), whose)
        events = chain.from_iterable(pages(connection, mapper, first.position, last.position))
        yield from play.moves(events, last.at)
