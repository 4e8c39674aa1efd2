"""
The Merkle tree over the log, in tables: tiles of leaves, the frontier, the heads signed so far.

It is made from the log after the fact, so that appending costs nothing more; all but the
signed heads can be deleted and is made again.
"""

from typing import Final

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.audit.merkle import TILE, Nodes, levels_above, split
from adapters.audit.verifier import HASH, Frontier, leaf_hash
from domain.errors import RecadoError

BATCH: Final = 1_000
"""Events that are added in one transaction, a few milliseconds of work."""

TABLES: Final = """
CREATE TABLE IF NOT EXISTS recado_tree (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    size bigint NOT NULL DEFAULT 0,
    peaks bytea NOT NULL DEFAULT '\\x'
) WITH (fillfactor = 10);
INSERT INTO recado_tree DEFAULT VALUES ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS recado_tree_tiles (
    number bigint PRIMARY KEY,
    leaves bytea NOT NULL,
    root bytea NOT NULL
);
ALTER TABLE recado_tree_tiles ALTER COLUMN leaves SET STORAGE EXTERNAL;
CREATE TABLE IF NOT EXISTS recado_tree_heads (
    size bigint NOT NULL,
    key bytea NOT NULL,
    log text NOT NULL,
    root bytea NOT NULL,
    at text NOT NULL,
    signature bytea NOT NULL,
    PRIMARY KEY (size, key)
);
"""
_LOCK: Final = "SELECT size, peaks FROM recado_tree FOR UPDATE"
_LOOK: Final = "SELECT size, peaks FROM recado_tree"
_NEXT: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE notification_id > %s ORDER BY notification_id LIMIT %s
"""
_TILE: Final = "SELECT leaves FROM recado_tree_tiles WHERE number = %s"
_ROOTS: Final = (
    "SELECT root FROM recado_tree_tiles WHERE number < %s"
    " AND octet_length(leaves) = %s ORDER BY number"
)
_KEEP_TILE: Final = """
INSERT INTO recado_tree_tiles (number, leaves, root) VALUES (%s, %s, %s)
ON CONFLICT (number) DO UPDATE SET leaves = excluded.leaves, root = excluded.root
"""
_KEEP: Final = "UPDATE recado_tree SET size = %s, peaks = %s"


class LogIsBroken(RecadoError):
    """Events are missing from the log, or from the tree over it."""


def migrate(url: str) -> None:
    """Make the tree's tables where they are missing."""
    with psycopg.connect(url) as connection:
        connection.execute(TABLES)


def frontier(connection: Connection[TupleRow], *, locked: bool = False) -> Frontier:
    """Return the tree as far as it goes; locked, nobody else extends it in this transaction."""
    row = connection.execute(_LOCK if locked else _LOOK).fetchone()
    return Frontier() if row is None else Frontier(row[0], split(bytes(row[1])))


def extend(connection: Connection[TupleRow], most: int = BATCH) -> int:
    """
    Add the log's next events, at most so many; return how many those were.

    Any number of processes may: each transaction goes on where the last one ended. Raises
    `LogIsBroken` where a position is missing.
    """
    with connection.transaction():
        tree = frontier(connection, locked=True)
        rows = connection.cursor(binary=True).execute(_NEXT, (tree.size, most)).fetchall()
        if not rows:
            return 0
        first = tree.size // TILE
        leaves = bytearray(_tile(connection, first) if tree.size % TILE else b"")
        for position, stream, version, topic, state in rows:
            if position != tree.size + 1:
                raise LogIsBroken(f"the log goes from position {tree.size} to {position}")
            leaf = leaf_hash(position, stream, version, topic, state)
            leaves += leaf
            tree.add(leaf)
        _keep(connection, tree, first, bytes(leaves))
        return len(rows)


def _keep(connection: Connection[TupleRow], tree: Frontier, first: int, leaves: bytes) -> None:
    step = TILE * HASH
    tiles = [leaves[at : at + step] for at in range(0, len(leaves), step)]
    rows = [(first + n, tile, _root(tile)) for n, tile in enumerate(tiles)]
    connection.cursor().executemany(_KEEP_TILE, rows)
    connection.execute(_KEEP, (tree.size, b"".join(tree.peaks)))


def _root(tile: bytes) -> bytes:
    """Return a full tile's root; nothing is above one that is not full yet."""
    return levels_above(split(tile))[-1][0] if len(tile) == TILE * HASH else b""


def _tile(connection: Connection[TupleRow], number: int) -> bytes:
    row = connection.execute(_TILE, (number,)).fetchone()
    if row is None:
        raise LogIsBroken(f"the tree over the log has lost its tile {number}")
    return bytes(row[0])


def nodes(connection: Connection[TupleRow], size: int) -> Nodes:
    """Return the nodes of the tree's first `size` leaves, read from tables as they are needed."""
    full = size // TILE
    roots = connection.execute(_ROOTS, (full, TILE * HASH)).fetchall()
    if len(roots) != full:
        raise LogIsBroken(f"the tree over the log has {len(roots)} of {full} full tiles")
    return Nodes([bytes(row[0]) for row in roots], lambda number: _tile(connection, number))
