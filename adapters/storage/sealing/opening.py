"""Which master key a database is sealed with: told once, and checked at every start."""

import os
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import Connection

from adapters.storage.sealing import vault
from adapters.storage.sealing.envelope import KEY, NotOpened
from adapters.storage.sealing.masters import FILE, Masters, UnknownMaster, made
from adapters.storage.sealing.ring import KeyRing

UNSEALED: Final = "none"
"""Instead of a key: what is personal is stored as it is."""
_PROOF: Final = b"recado"


def masters_of(url: str, source: str | None, *, begin: bool = True) -> Masters | None:
    """
    Return the keys that a database is sealed with; None where nothing of it is sealed.

    A database that knows none yet is sealed from now on if it may `begin`, and a key is made
    where `source` is a file that is not there. Raises `NoMasterKey`; `UnknownMaster` for another.
    """
    wanted = None if source == UNSEALED else source
    with psycopg.connect(url) as connection:
        known = _known(connection)
        if not known:
            return None if wanted is None or not begin else _begin(connection, wanted)
    name, proof = next(iter(known.items()))
    if wanted is None:
        raise UnknownMaster(name)
    masters = Masters.read(wanted)
    name, proof = next(((n, p) for n, p in known.items() if n in masters.ciphers), (name, proof))
    try:
        if masters.unwrap(name, name, proof) != _PROOF:
            raise UnknownMaster(name)
    except NotOpened:
        raise UnknownMaster(name) from None
    return masters


def register(connection: Connection[Any], masters: Masters) -> None:
    """Let keys be wrapped by the key in use."""
    name, proof = masters.wrap(masters.current, _PROOF)
    connection.execute(
        "INSERT INTO recado_vault.masters (name, proof) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (name, proof),
    )


def ring_of(masters: Masters | None) -> KeyRing | None:
    """Return a ring for one reader or writer; None where nothing is sealed."""
    return None if masters is None else KeyRing(masters)


def _known(connection: Connection[Any]) -> dict[str, bytes]:
    found = connection.execute("SELECT to_regclass('recado_vault.masters')").fetchone()
    if found is None or found[0] is None:
        return {}
    rows = connection.execute("SELECT name, proof FROM recado_vault.masters ORDER BY made_at DESC")
    return {name: bytes(proof) for name, proof in rows}


def _begin(connection: Connection[Any], source: str) -> Masters:
    connection.execute("LOCK TABLE recado_vault.masters IN EXCLUSIVE MODE")
    if source.startswith(FILE) and not _known(connection):
        made(Path(source.removeprefix(FILE)))
    masters = Masters.read(source)
    known = _known(connection)
    if known and not known.keys() & masters.ciphers.keys():
        raise UnknownMaster(next(iter(known)))
    register(connection, masters)
    head = connection.execute("SELECT position FROM recado_head").fetchone()
    if head is not None and head[0] == 0:
        # Ids of a log that holds something already are derived without it.
        name, wrapped = masters.wrap(vault.NAMING, os.urandom(KEY))
        connection.execute(
            "INSERT INTO recado_vault.keys (owner, wrapped, master, position)"
            " VALUES (%s, %s, %s, 0) ON CONFLICT DO NOTHING",
            (vault.NAMING, wrapped, name),
        )
    return masters
