"""Another master key: what is sealed stays as it is, and only its keys are wrapped anew."""

from pathlib import Path
from typing import Any, Final

from psycopg import Connection

from adapters.storage.sealing.masters import FILE, Masters, NoMasterKey, add_to, keep_only_first
from adapters.storage.sealing.opening import register

AT_ONCE: Final = 10_000
"""Keys that are wrapped anew in one transaction."""

_OLD: Final = """
SELECT owner, wrapped, master FROM recado_vault.keys
WHERE master != %s AND wrapped IS NOT NULL ORDER BY owner LIMIT %s FOR UPDATE
"""
_NEW: Final = """
UPDATE recado_vault.keys AS k SET wrapped = t.wrapped, master = %b
FROM unnest(%b::text[], %b::bytea[]) AS t(owner, wrapped) WHERE k.owner = t.owner
"""
_HOLDING_NOTHING: Final = """
UPDATE recado_vault.keys SET master = %s WHERE master != %s AND wrapped IS NULL
"""
_FORGET: Final = "DELETE FROM recado_vault.masters WHERE name != %s"


def rotate(connection: Connection[Any], source: str) -> int:
    """
    Put a new key before the others of a file, and wrap all keys by it; return how many.

    Those before stay in the file: a process that runs may still wrap by one of them. Raises
    `NoMasterKey` where the keys are in no file, and a new one is to be put first by hand.
    """
    add_to(_file(source))
    return rewrap(connection, Masters.read(source))


def drop_old(connection: Connection[Any], source: str) -> int:
    """
    Drop all master keys but the one in use, and return how many keys still had to be wrapped.

    To be done once every process has started anew since the rotation.
    """
    path, masters = _file(source), Masters.read(source)
    wrapped = rewrap(connection, masters)
    with connection.transaction():
        connection.execute(_HOLDING_NOTHING, (masters.current, masters.current))
        connection.execute(_FORGET, (masters.current,))
    keep_only_first(path)
    return wrapped


def rewrap(connection: Connection[Any], masters: Masters) -> int:
    """Wrap every key by the master key in use; return how many were not. It can be gone on with."""
    with connection.transaction():
        register(connection, masters)
    total = 0
    while True:
        with connection.transaction():
            rows = connection.execute(_OLD, (masters.current, AT_ONCE)).fetchall()
            if not rows:
                return total
            anew = {
                owner: masters.wrap(owner, masters.unwrap(owner, master, bytes(stored)))[1]
                for owner, stored, master in rows
            }
            connection.execute(_NEW, (masters.current, list(anew), list(anew.values())))
        total += len(rows)


def _file(source: str) -> Path:
    if not source.startswith(FILE):
        raise NoMasterKey("the sealing key is in no file: put a new one before it where it is kept")
    return Path(source.removeprefix(FILE))
