"""
What subscribers look at: one live view for all who ask for the same with the same rights.

A view holds the rows it showed, as bytes that are made once. What changes is collected as
operations until the next flush, which hands the same bytes to everybody.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final

import orjson

from adapters.http.feed import frames
from adapters.http.feed.source import Rows, Source
from domain.access import Scope
from projections.colleagues import operators_for
from projections.filter_holds import Facts
from projections.filter_tree import Needs, Tree, moves_at, needs
from projections.filters import BY_CLOCK, ChatFilter, PatienceOf, is_visible, matches
from projections.items import Item

MOST_ROWS: Final = 1_000
"""In a snapshot; further ones are read page by page, and told of when they change."""

READ_EVERY: Final = 0.25
"""Seconds between two readings of a view that is read whole."""

ViewKey = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was last told of."""

    item: Item
    rev: int
    value: bytes


def row_of(item: Item) -> Row:
    return Row(item, item["position"], orjson.dumps(item))


class LiveView:
    """Rows by key, and the operations since the last flush."""

    projection: str

    def __init__(self, key: ViewKey, scope: Scope, position: int) -> None:
        self.key: Final = key
        self.scope: Final = scope
        self.position = position
        """Of the last flush that changed anything here."""
        self.stale: str | None = None
        """Why the view must be read anew; None while it is true."""
        self.rows: dict[str, Row] = {}
        self.next_cursor: str | None = None
        self.loaded = False
        self.missed = False
        """Whether something changed while the rows were being read."""
        self.read_at = 0
        """Position of the database when the rows had been read, which may be ahead of ours:
        of what lies in between, the pump tells nobody, since everybody here has it."""
        self.moves_at: datetime | None = None
        """When time alone may change what belongs here; None for never."""
        self.feeds: Final = set[Any]()
        """Those that show it."""
        self._ops: dict[str, bytes] = {}
        self._snapshot: bytes | None = None

    @property
    def is_dirty(self) -> bool:
        return bool(self._ops)

    async def load(self, source: Source) -> None:
        """Read all rows anew."""
        raise NotImplementedError

    def put(self, key: str, row: Row) -> None:
        """Show a row, unless it is shown so already."""
        known = self.rows.get(key)
        if known is not None and (known.rev > row.rev or known.value == row.value):
            return
        self.rows[key] = row
        self._note(key, frames.upsert(key, row.rev, row.value))

    def drop(self, key: str, rev: int) -> None:
        """Show a row no more."""
        known = self.rows.get(key)
        if known is not None and known.rev <= rev:
            del self.rows[key]
            self._note(key, frames.remove(key, rev))

    def flush(self, position: int) -> tuple[bytes, int]:
        """Return what changed since the last flush as a delta's body, and how many changes."""
        ops = list(self._ops.values())
        # What somebody may not see any more goes before anything else is said.
        ops.sort(key=lambda op: not op.startswith(b'{"op":"remove"'))
        body = frames.delta_body(position, self.position, ops)
        self._ops.clear()
        self.position = position
        return body, len(ops)

    def snapshot(self) -> bytes:
        """Return all rows as a snapshot's body; made once for all who come between changes."""
        if self._snapshot is None:
            values = (row.value for row in self.ordered())
            self._snapshot = frames.snapshot_body(self.position, values, self.next_cursor)
        return self._snapshot

    def ordered(self) -> Iterable[Row]:
        return self.rows.values()

    def since(self, keys: Iterable[tuple[str, int, bool]]) -> list[bytes]:
        """
        Return what somebody must be told who knows the rows as they were before the keys
        changed: each key with the position of its change and whether he could see it then.
        """
        ops = []
        for key, rev, could_see in keys:
            row = self.rows.get(key)
            if row is not None:
                ops.append(frames.upsert(key, row.rev, row.value))
            elif could_see:
                ops.insert(0, frames.remove(key, rev))
        return ops

    def reset(self, rows: Rows, key_of: Callable[[Item], str]) -> None:
        """Take rows that were read anew."""
        self.rows = {key_of(item): row_of(item) for item in rows.items}
        self.next_cursor = rows.next_cursor
        self._ops.clear()
        self._snapshot = None

    def _note(self, key: str, op: bytes) -> None:
        self._ops[key] = op
        self._snapshot = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose filter a list is narrowed by, as it was written, or saved as a tab."""

    by: Scope
    filter: str | None
    tab: str | None


NO_NEEDS: Final = Needs()


class ChatsView(LiveView):
    """The chats of one list that somebody sees."""

    projection = "chats"

    def __init__(
        self,
        key: ViewKey,
        scope: Scope,
        position: int,
        chats: ChatFilter,
        asked: Asked | None = None,
    ) -> None:
        super().__init__(key, scope, position)
        self.asked: Final = asked
        self.chats = chats
        self.needs = NO_NEEDS

    async def load(self, source: Source) -> None:
        await self.settle(source)
        self.reset(await source.chats(self.scope, self.chats, MOST_ROWS), _id)

    async def settle(self, source: Source) -> bool:
        """Find out what the filter asks now; return whether it is something else."""
        if self.asked is None:
            return False
        before = self.chats.tree
        tree = await source.tree(self.asked.by, self.asked.filter, self.asked.tab)
        self.chats = replace(self.chats, tree=tree)
        self.needs = needs(tree)
        self.moves_at = moves_at(tree, datetime.now(UTC))
        return tree != before

    async def move(self, source: Source) -> None:
        """Take what time alone brought in, and leave out what it took away (T5)."""
        await self.settle(source)
        rows = await source.chats(self.scope, self.chats, MOST_ROWS)
        if rows.next_cursor is not None or self.next_cursor is not None:
            self.stale = "clock"
            return
        found = {_id(item): row_of(item) for item in rows.items}
        for key in self.rows.keys() - found.keys():
            self.drop(key, self.rows[key].rev)
        for key, row in found.items():
            self.put(key, row)

    def see(self, row: Row, now: datetime, patience_of: PatienceOf, facts: Facts) -> None:
        """Take a chat as it is now."""
        if matches(row.item, self.chats, self.scope, now, patience_of, facts):
            self.put(row.item["id"], row)
        else:
            self.drop(row.item["id"], row.rev)

    def take(self, row: Row, now: datetime, patience_of: PatienceOf, facts: Facts) -> None:
        """Hold a chat that belongs here without telling those who look."""
        if matches(row.item, self.chats, self.scope, now, patience_of, facts):
            self.rows.setdefault(row.item["id"], row)
            self._snapshot = None

    def ordered(self) -> Iterable[Row]:
        """Return rows in the list's order (V11)."""
        if self.chats.section in BY_CLOCK:
            return sorted(self.rows.values(), key=_by_clock)
        return sorted(self.rows.values(), key=_by_activity, reverse=True)


class ReadWhole(LiveView):
    """A view that is read as a whole when something changed, but not too often."""

    def __init__(self, key: ViewKey, scope: Scope, position: int) -> None:
        super().__init__(key, scope, position)
        self.waits = False
        """Whether it has still to be read, when its time has come."""
        self._read_at = 0.0

    def is_due(self) -> bool:
        """Return whether it is to be read now."""
        now = monotonic()
        self.waits = now - self._read_at < READ_EVERY
        if not self.waits:
            self._read_at = now
        return not self.waits

    async def renew(self, source: Source) -> None:
        """Read it again, and note what changed."""
        raise NotImplementedError


class CountsView(ReadWhole):
    """How many chats each list holds, for one scope."""

    projection = "counts"

    def __init__(self, key: ViewKey, scope: Scope, position: int, asker: Scope | None) -> None:
        super().__init__(key, scope, position)
        self.asker: Final = asker
        """Whose tabs are counted, too."""
        self.is_settled = False
        """Whether it is known what the tabs ask now."""
        self._trees: dict[str, Tree] | None = None

    async def load(self, source: Source) -> None:
        self.is_settled = False
        self.reset(Rows((await self._counts(source),)), lambda _: COUNTS)

    async def _counts(self, source: Source) -> Item:
        if self.asker is None:
            return await source.counts(self.scope)
        if not self.is_settled or self._trees is None:
            self._trees = await source.trees(self.asker)
            self.is_settled = True
        now = datetime.now(UTC)
        moves = (moves_at(tree, now) for tree in self._trees.values())
        self.moves_at = min((at for at in moves if at is not None), default=None)
        return await source.counts(self.scope, self._trees)

    async def renew(self, source: Source) -> None:
        counts = await self._counts(source)
        known = self.rows.get(COUNTS)
        if known is None or _figures(known.item) != _figures(counts):
            self.put(COUNTS, row_of(counts))


class OperatorsView(ReadWhole):
    """Everybody who answers, with presence, and with what he has to do for who may see it."""

    projection = "operators"

    async def load(self, source: Source) -> None:
        self.reset(Rows(await self._shown(source)), _id)

    async def renew(self, source: Source) -> None:
        for item in await self._shown(source):
            self.put(item["id"], row_of(item))

    async def _shown(self, source: Source) -> list[Item]:
        return operators_for(self.scope, (await source.operators()).items)


class MessagesView(LiveView):
    """What was said in one chat, for as long as the chat is visible."""

    projection = "messages"

    def __init__(self, key: ViewKey, scope: Scope, position: int, chat_id: str) -> None:
        super().__init__(key, scope, position)
        self.chat_id: Final = chat_id
        self.visible = True

    async def load(self, source: Source) -> None:
        self.visible = await source.chat(self.scope, self.chat_id) is not None
        rows = await source.messages(self.chat_id, MOST_ROWS) if self.visible else Rows(())
        self.reset(rows, seq_of)

    async def see(self, chat: Row, source: Source, since: int) -> None:
        """Take what was said since a position, or all away from who may see it no more."""
        if not is_visible(chat.item, self.scope):
            self.visible = False
            for key in list(self.rows):
                self.drop(key, max(chat.rev, self.rows[key].rev))
        elif not self.visible:
            self.stale = "scope"
        else:
            for item in await source.messages_since(self.chat_id, since):
                self.put(seq_of(item), row_of(item))

    def ordered(self) -> Iterable[Row]:
        return sorted(self.rows.values(), key=_by_sending)


COUNTS: Final = "counts"


def seq_of(item: Item) -> str:
    return f"{item['seq']}"


def _id(item: Item) -> str:
    id_: str = item["id"]
    return id_


def _figures(counts: Item) -> Item:
    return {name: value for name, value in counts.items() if name != "position"}


def _by_clock(row: Row) -> tuple[str, str, str]:
    item = row.item
    return (_comparable(item["waiting_since"]), _comparable(item["opened_at"]), item["id"])


def _by_activity(row: Row) -> tuple[str, str]:
    return (_comparable(row.item["last_activity_at"]), row.item["id"])


def _by_sending(row: Row) -> tuple[str, int]:
    return (_comparable(row.item["sent_at"]), row.item["seq"])


def _comparable(at: str | None) -> str:
    """Return a time so that times with and without a fraction sort as they should."""
    return at.removesuffix("Z") if at else "9999"
