"""Panels of past moments: from the nearest keyframe, or from one that was asked for before."""

from collections import OrderedDict
from threading import Lock
from typing import Final

from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.keyframes import EVERY, advance, nearest
from projections.panel import Panel

REMEMBERED: Final = 4
"""Panels held in memory, so that the next page, or the next moment of a play, costs little."""
FARTHEST: Final = 20 * EVERY
"""Events that are folded for one question, where keyframes are missing."""


class PastIsNotReady(Exception):
    """Too many keyframes before the position are still to be made."""

    def __init__(self, position: int, reached: int) -> None:
        super().__init__(f"the past is prepared up to {reached}, not yet for {position}")
        self.position = position
        self.reached = reached


class Panels:
    """Reaches any position of the log; one at a time, whatever thread asks."""

    def __init__(self, mapper: EventMapper, farthest: int = FARTHEST) -> None:
        self._mapper: Final = mapper
        self._farthest: Final = farthest
        self._lock: Final = Lock()
        self._known: Final[OrderedDict[int, Panel]] = OrderedDict()

    def at(self, connection: Connection[TupleRow], position: int) -> Panel:
        """Return the panel at a position, not to be changed; raise `PastIsNotReady`."""
        with self._lock:
            panel = self._known.get(position)
            if panel is None:
                panel = self._reach(connection, position)
            self._known[position] = panel
            self._known.move_to_end(position)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return panel

    def _reach(self, connection: Connection[TupleRow], position: int) -> Panel:
        kept = max((at for at in self._known if at <= position), default=0)
        if position - kept < EVERY // 2 and kept:
            panel = self._known[kept].copy()
        else:
            panel = nearest(connection, position)
            if panel.position < kept:
                panel = self._known[kept].copy()
        if position - panel.position > self._farthest:
            raise PastIsNotReady(position, panel.position)
        advance(connection, self._mapper, panel, position)
        return panel
