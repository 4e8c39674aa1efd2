"""The views as one process keeps them: in batches, and behind."""

from collections.abc import Mapping
from copy import copy
from random import Random
from typing import Any, Final

from domain.event import Recorded
from projections.inbox import InboxRow
from projections.sheets import Sheets, needs
from tests.simulation.climate import Climate, Sometimes
from tests.simulation.loop import VirtualLoop
from tests.simulation.store import Store

VIEWS: Final = (
    *("inbox", "messages", "clients", "operators", "groups", "channels", "settings"),
    *("seats", "counts"),
)


class Projector:
    """Rows and checkpoint change together, or not at all: what died had changed nothing."""

    def __init__(
        self, loop: VirtualLoop, store: Store, rng: Random, climate: Climate, sometimes: Sometimes
    ) -> None:
        self.tables: Final = Sheets()
        self.open_chats: Final = dict[str, InboxRow]()
        self._store, self._rng, self._climate = store, rng, climate
        self._sometimes: Final = sometimes
        self._checkpoint = 0
        self._is_under_way = False
        self._loop: Final = loop
        store.on_commit.append(self._poke)

    def _poke(self) -> None:
        if not self._is_under_way:
            self._is_under_way = True
            self._loop.call_later(self._rng.random() * self._climate.view_lag, self._step)

    def _step(self) -> None:
        self._is_under_way = False
        if self._store.is_down:
            self._loop.call_later(1.0, self._poke)
            return
        batch = self._store.recorded[self._checkpoint :][: self._rng.choice((1, 7, 100, 1000))]
        if self._rng.random() < self._climate.projector_dies:
            self._fold(batch[: self._rng.randint(0, len(batch))])
            self._sometimes["projector_died_in_a_batch"] += 1
        else:
            work = self._fold(batch)
            for view in VIEWS:
                self.tables.rows(view).update(work.rows(view))
            self._checkpoint += len(batch)
            self._list_open(work)
        if self._checkpoint < self._store.head:
            self._poke()

    def _fold(self, batch: list[Recorded]) -> Sheets:
        work = Sheets()
        self._fetch(work, needs(batch))
        for recorded in batch:
            work.fold(recorded)
        self._fetch(work, work.needs_to_settle())
        work.settle()
        return work

    def _fetch(self, work: Sheets, keys: Mapping[str, set[Any]]) -> None:
        for view, wanted in keys.items():
            rows, found = self.tables.rows(view), work.rows(view)
            found.update((key, copy(rows[key])) for key in sorted(wanted) if key in rows)

    def _list_open(self, work: Sheets) -> None:
        for row in work.inbox.values():
            if row.is_open:
                self.open_chats[row.chat_id] = row
            else:
                self.open_chats.pop(row.chat_id, None)

    def finish(self) -> None:
        """Apply all that is left."""
        while self._checkpoint < self._store.head:
            self._step()


def replayed(log: list[Recorded]) -> Sheets:
    """Return the views of a whole log, folded in one piece."""
    sheets = Sheets()
    for recorded in log:
        sheets.fold(recorded)
    sheets.settle()
    return sheets
