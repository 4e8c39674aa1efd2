"""Whether the log is still the one that heads were signed for."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

import psycopg
from psycopg import Connection, ServerCursor
from psycopg.rows import TupleRow

from adapters.audit.heads import heads_after, log_name
from adapters.audit.merkle import TILE
from adapters.audit.tree import frontier
from adapters.audit.verifier import HASH, Frontier, head_fault, leaf_hash

PAGE: Final = 5_000

_EVENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE notification_id <= %s ORDER BY notification_id
"""
_LAST: Final = "SELECT coalesce(max(notification_id), 0) FROM recado_events"
_TILE: Final = "SELECT leaves FROM recado_tree_tiles WHERE number = %s"


class TreeCheck:
    """
    Goes through the log once, and compares it with the tree and every head that is known.

    `keys` are the public keys that heads may be signed with; None takes those that signed
    the kept heads, which shows slips and not attacks. `outside` are heads from elsewhere.
    """

    def __init__(
        self, url: str, keys: Collection[bytes] | None = None, outside: Iterable[Any] = ()
    ) -> None:
        self._url: Final = url
        self._keys: Final = keys
        self._outside: Final = list(outside)
        self._roots: Final[dict[int, set[str]]] = {}
        self.events = 0
        self.heads = 0
        self.unsigned = 0
        """Events after the last head: nothing but the running hash guards them yet."""

    def faults(self) -> Iterator[str]:
        """Yield a line for each fault; all is read as of one instant."""
        with psycopg.connect(self._url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            tree = frontier(connection)
            yield from self._collect(connection)
            yield from self._walk(connection, tree)
            row = connection.execute(_LAST).fetchone()
            newest = max(self._roots, default=0)
            self.unsigned = max(0, (row[0] if row else 0) - newest)

    def _collect(self, connection: Connection[TupleRow]) -> Iterator[str]:
        kept = [head.as_json() for head in heads_after(connection, -1)]
        keys = self._keys
        if keys is None:
            keys = {bytes.fromhex(head["key"]) for head in kept}
        name = log_name(connection)
        known = [("a kept head", head) for head in kept]
        for what, head in known + [("an outside head", head) for head in self._outside]:
            if fault := head_fault(head, keys):
                yield f"tree: {what}: {fault}"
            elif head["log"] != name:
                yield f"tree: {what} of {head['size']} events is of another log"
            else:
                self.heads += 1
                self._roots.setdefault(head["size"], set()).add(head["root"])

    def _walk(self, connection: Connection[TupleRow], kept: Frontier) -> Iterator[str]:
        tree, leaves = Frontier(), list[bytes]()
        with ServerCursor(connection, "tree_check") as cursor:
            cursor.itersize = PAGE
            cursor.execute(_EVENTS, (kept.size,), binary=True)
            for position, stream, version, topic, state in cursor:
                if position != tree.size + 1:
                    yield f"tree: position {position} follows {tree.size}: events are missing"
                    return
                leaf = leaf_hash(position, stream, version, topic, state)
                leaves.append(leaf)
                tree.add(leaf)
                if tree.size % TILE == 0:
                    yield from _changed(connection, tree.size - TILE, leaves)
                    leaves.clear()
                if tree.size in self._roots:
                    yield from self._compared(tree)
        yield from _changed(connection, tree.size - len(leaves), leaves)
        self.events = tree.size
        if (tree.size, tree.peaks) != (kept.size, kept.peaks):
            yield f"tree: it was made of {kept.size} events, and is not that of the log"
        for size in sorted(size for size in self._roots if size > tree.size):
            yield f"tree: a head was signed for {size} events, there are {tree.size} in the tree"

    def _compared(self, tree: Frontier) -> Iterator[str]:
        if self._roots[tree.size] != {tree.root().hex()}:
            yield f"tree: the first {tree.size} events are not those that a head was signed for"


def _changed(connection: Connection[TupleRow], start: int, leaves: list[bytes]) -> Iterator[str]:
    """Yield which events of a tile are not those that it was made of."""
    row = connection.execute(_TILE, (start // TILE,)).fetchone() if leaves else None
    if row is None:
        if leaves:
            yield f"tree: its tile for positions from {start + 1} on is missing"
        return
    kept = bytes(row[0])
    for number, leaf in enumerate(leaves):
        if kept[number * HASH : (number + 1) * HASH] != leaf:
            yield f"tree: position {start + number + 1} is not the event that was recorded"
