"""
Where the wrapped keys are stored: a schema of its own, `recado_vault`, beside the log.

It is in the log's database, so that a key is stored with the first thing sealed by it, and
destroyed with the certificate that says so, in one transaction. It is a schema of its own,
so that the log can be copied without it.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, Final, cast

from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow

from adapters.storage.sealing.ring import KeyRing, WrappedKey

NAMING: Final = "naming"
"""Whose key is a part of the salt that ids are derived with."""
TABLES: Final = """
CREATE SCHEMA IF NOT EXISTS recado_vault;
CREATE TABLE IF NOT EXISTS recado_vault.masters (
    name text PRIMARY KEY,
    proof bytea NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS recado_vault.keys (
    owner text PRIMARY KEY,
    wrapped bytea,
    master text NOT NULL REFERENCES recado_vault.masters (name),
    position bigint NOT NULL,
    destroyed_at timestamptz
);
CREATE INDEX IF NOT EXISTS keys_position ON recado_vault.keys (position);
CREATE INDEX IF NOT EXISTS keys_destroyed ON recado_vault.keys (destroyed_at)
    WHERE destroyed_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS keys_master ON recado_vault.keys (master);
"""

BY_OWNER: Final = "SELECT owner, wrapped, master FROM recado_vault.keys WHERE owner = ANY(%s)"
ALL: Final = "SELECT owner, wrapped, master FROM recado_vault.keys"

# Under the log's write lock: the keys of those asked for, those of chats' clients, whose ids
# stand in clear in the chats' first events, and those that others made or destroyed meanwhile.
WANTED: Final = """
SELECT owner, wrapped, master FROM recado_vault.keys WHERE owner = ANY(%s::text[] || ARRAY(
    SELECT substring(encode(state, 'escape') FROM '"client_id":"([^"]+)"') FROM recado_events
    WHERE originator_id = ANY(%s) AND originator_version = 1
))
UNION ALL
SELECT owner, wrapped, master FROM recado_vault.keys WHERE position > %s
"""
ADD: Final = """
INSERT INTO recado_vault.keys (owner, wrapped, master, position)
SELECT owner, wrapped, master, (SELECT position FROM recado_head)
FROM unnest(%b::text[], %b::bytea[], %b::text[]) AS t(owner, wrapped, master)
"""
DESTROY: Final = """
INSERT INTO recado_vault.keys (owner, wrapped, master, position, destroyed_at)
SELECT owner, NULL, %b, (SELECT position FROM recado_head), clock_timestamp()
FROM unnest(%b::text[]) AS t(owner)
ON CONFLICT (owner) DO UPDATE SET
    wrapped = NULL, position = excluded.position, destroyed_at = excluded.destroyed_at
"""

_SUBJECT: Final = b'"subject":"'
_SEALED: Final = b'"sealed":"'


def owner_of(stream: str, subject: str | None) -> str | None:
    """Return whose key seals what an event of a stream holds; None for what is not sealed."""
    kind = stream.partition("-")[0]
    if kind in {"chat", "client"}:
        return subject
    return stream if kind == "payload" else None


def owners_in(rows: Iterable[Sequence[Any]]) -> list[str]:
    """Return whose keys open the sealed ones of stored events: (position, stream, …, state)."""
    owners = []
    for row in rows:
        state: bytes = row[4]
        if _SEALED not in state:
            continue
        # The event's own subject is the last one: what a client wrote has its quotes escaped.
        begins = state.rfind(_SUBJECT)
        end = state.find(b'"', begins + len(_SUBJECT))
        subject = state[begins + len(_SUBJECT) : end].decode() if begins > 0 else None
        if (owner := owner_of(row[1], subject)) is not None:
            owners.append(owner)
    return owners


def learn(connection: Connection[Any], ring: KeyRing | None, rows: Iterable[Sequence[Any]]) -> None:
    """Look up the keys that open stored events and are not at hand, all at once."""
    if ring is not None and (owners := ring.unknown(owners_in(rows))):
        found = connection.cursor(binary=True).execute(BY_OWNER, (owners,))
        ring.take(cast("list[WrappedKey]", found.fetchall()), owners)


async def learn_soon(
    connection: AsyncConnection[TupleRow], ring: KeyRing | None, rows: Iterable[Sequence[Any]]
) -> None:
    """Do as `learn`, where others are waited for at the same time."""
    if ring is not None and (owners := ring.unknown(owners_in(rows))):
        found = await connection.cursor(binary=True).execute(BY_OWNER, (owners,))
        ring.take(cast("list[WrappedKey]", await found.fetchall()), owners)


def learn_all(connection: Connection[Any], ring: KeyRing) -> None:
    """Have all keys at hand, for those who read the whole log."""
    with connection.cursor(binary=True) as cursor:
        ring.take_all(cast("list[WrappedKey]", cursor.execute(ALL).fetchall()))


def peppered(connection: Connection[Any], ring: KeyRing | None, salt: bytes) -> bytes:
    """
    Return the installation's salt as ids are derived with it.

    A part of it is a key like all others, so that a copy of the log without the keys does
    not let anybody try out telephone numbers. A log that began without keys has no such part.
    """
    if ring is None:
        return salt
    row = connection.execute(
        "SELECT wrapped, master FROM recado_vault.keys WHERE owner = %s", (NAMING,)
    ).fetchone()
    if row is None:
        return salt
    stored, master = row.values() if isinstance(row, dict) else row
    pepper = ring.masters.unwrap(NAMING, master, bytes(stored))
    return blake2b(salt, key=pepper, digest_size=len(salt)).digest()
