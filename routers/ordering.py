"""
Sets of ids in the order of a key that may change: `Ordered` for many of which the first is
wanted, `Ranked` for some of which the first many are.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Any, Generic, TypeVar

Id = TypeVar("Id", bound=str)
Key = TypeVar("Key", bound=Any)

SLACK = 64


class Ordered(Generic[Id, Key]):
    """
    Ids, lowest key first, equal keys by id. Every change costs O(log n).

    A heap in which what was changed or taken out stays until it comes up, or until it is
    more than what is left. What is heard in which order makes no difference to the order.
    """

    __slots__ = ("_entries", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[Key, Id]] = []
        self._entries: dict[Id, tuple[Key, Id]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._entries

    def put(self, id_: Id, key: Key) -> None:
        """Have `id_` in the order at `key`, wherever it was before."""
        known = self._entries.get(id_)
        if known is not None and known[0] == key:
            return
        entry = (key, id_)
        self._entries[id_] = entry
        heappush(self._heap, entry)
        if len(self._heap) > 2 * len(self._entries) + SLACK:
            self._heap = list(self._entries.values())
            heapify(self._heap)

    def discard(self, id_: Id) -> None:
        """Have `id_` no longer in the order."""
        self._entries.pop(id_, None)

    def clear(self) -> None:
        self._heap.clear()
        self._entries.clear()

    def first(self) -> tuple[Key, Id] | None:
        """Return the lowest key and its id, or None."""
        heap, entries = self._heap, self._entries
        while heap:
            entry = heap[0]
            if entries.get(entry[1]) is entry:
                return entry
            heappop(heap)
        return None


class Ranked(Generic[Id, Key]):
    """
    Ids, lowest key first, equal keys by id, all in one sorted list.

    A change moves what lies behind it, which for 10,000 ids costs less than a heap's
    bookkeeping; in return the first many can be read off.
    """

    __slots__ = ("_keys", "_sorted")

    def __init__(self) -> None:
        self._sorted: list[tuple[Key, Id]] = []
        self._keys: dict[Id, Key] = {}

    def __len__(self) -> int:
        return len(self._sorted)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._keys

    def __iter__(self) -> Iterator[Id]:
        return (id_ for _, id_ in self._sorted)

    def put(self, id_: Id, key: Key) -> None:
        """Have `id_` in the order at `key`, wherever it was before."""
        if id_ in self._keys:
            if self._keys[id_] == key:
                return
            self.discard(id_)
        self._keys[id_] = key
        insort(self._sorted, (key, id_))

    def discard(self, id_: Id) -> None:
        """Have `id_` no longer in the order."""
        if id_ in self._keys:
            entry = (self._keys.pop(id_), id_)
            del self._sorted[bisect_left(self._sorted, entry)]

    def clear(self) -> None:
        self._sorted.clear()
        self._keys.clear()

    def best(self, count: int) -> list[Id]:
        """Return the lowest `count` ids, in order."""
        return [id_ for _, id_ in self._sorted[:count]]
