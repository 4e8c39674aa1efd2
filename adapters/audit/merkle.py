"""
What proofs are made of: the inner nodes of the tree over the log, from its tiles.

A tile holds the hashes of 256 leaves that follow each other, and its root. Nodes above
the tiles are kept in memory (two hashes for 256 events), those in a tile while it is used.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from adapters.audit.verifier import HASH, folded, node_hash, spans

TILE_LEVEL: Final = 8
TILE: Final = 1 << TILE_LEVEL
"""Leaves."""

Levels = list[list[bytes]]


def levels_above(nodes: Sequence[bytes]) -> Levels:
    """Return nodes of one level and all complete ones above them, the lowest level first."""
    levels = [list(nodes)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[::2], below[1::2], strict=False)
        levels.append([node_hash(left, right) for left, right in pairs])
    return levels


def split(leaves: bytes) -> list[bytes]:
    """Return the hashes that were written one after the other."""
    return [leaves[at : at + HASH] for at in range(0, len(leaves), HASH)]


class Nodes:
    """The tree's complete subtrees, by the roots of its full tiles and what is in a tile."""

    def __init__(self, roots: Sequence[bytes], tile: Callable[[int], bytes]) -> None:
        self._above: Final = levels_above(roots)
        self._inside: Final = lru_cache(8)(lambda number: levels_above(split(tile(number))))

    def cover(self, start: int, end: int) -> list[bytes]:
        """Return the roots of the largest subtrees that leaves `start` to `end` are made of."""
        return [self._node(level, number) for level, number in spans(start, end)]

    def root(self, start: int, end: int) -> bytes:
        """Return the root above some leaves, of which the first begins a subtree large enough."""
        return folded(self.cover(start, end))

    def consistency(self, first: int, second: int) -> list[bytes]:
        """Return the proof that the first `first` leaves begin the first `second` (RFC 9162)."""
        return self._consistency(first, 0, second, is_whole=True)

    def _consistency(self, first: int, low: int, high: int, *, is_whole: bool) -> list[bytes]:
        if first == high - low:
            return [] if is_whole else [self.root(low, high)]
        left = 1 << (high - low - 1).bit_length() - 1
        middle = low + left
        if first <= left:
            proof = self._consistency(first, low, middle, is_whole=is_whole)
            return [*proof, self.root(middle, high)]
        proof = self._consistency(first - left, middle, high, is_whole=False)
        return [*proof, self.root(low, middle)]

    def _node(self, level: int, number: int) -> bytes:
        if level >= TILE_LEVEL:
            return self._above[level - TILE_LEVEL][number]
        below = TILE_LEVEL - level
        tile, within = number >> below, number & ((1 << below) - 1)
        return self._inside(tile)[level][within]
