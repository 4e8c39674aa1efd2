"""A log in memory, its tree and its exports, as whoever holds the log and a key can make them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.audit.exporting import Proof, json_lines
from adapters.audit.heads import Head, Signer
from adapters.audit.merkle import TILE, Nodes, levels_above
from adapters.audit.verifier import Event, Frontier, Verification, leaf_hash

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)
LOG = "5e" * 16


def signer(number: int = 1) -> Signer:
    return Signer(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


def event(position: int, words: str = "Oi", chats: int = 3) -> Event:
    """Return one of the events of a few chats that take turns."""
    chat, version = (position - 1) % chats, (position - 1) // chats + 1
    state: dict[str, Any] = {"actor": "channel:loja", "via": "webhook"}
    state["data"] = {"at": "2030-01-02T12:00:00Z", "seq": version, "text": f"{words} {position}"}
    told = json.dumps(state, ensure_ascii=False, separators=(",", ":")).encode()
    return position, f"chat-{chat}", version, "message-received.v1", told


def log_of(size: int) -> list[Event]:
    return [event(position) for position in range(1, size + 1)]


def tree_of(events: Iterable[Event]) -> tuple[Frontier, Nodes]:
    leaves = [leaf_hash(*one) for one in events]
    tree = Frontier()
    for leaf in leaves:
        tree.add(leaf)
    tiles = [leaves[at : at + TILE] for at in range(0, len(leaves), TILE)]
    roots = [levels_above(tile)[-1][0] for tile in tiles if len(tile) == TILE]
    return tree, Nodes(roots, lambda number: b"".join(tiles[number]))


def head_of(events: list[Event], by: Signer, log: str = LOG) -> Head:
    tree, _ = tree_of(events)
    return by.head(log, tree.size, tree.root(), NOON)


def exported(
    events: list[Event],
    by: Signer,
    selection: dict[str, Any] | None = None,
    against: tuple[int, ...] = (),
) -> bytes:
    """Return the export of a log; of one chat or of a time, where the selection says so."""
    _, nodes = tree_of(events)
    chosen = selection or {}
    proof = Proof(head_of(events, by), nodes, by, chosen, against)
    chat = chosen.get("chat")
    told = [one for one in events if chat is None or one[1] == f"chat-{chat}"]
    return b"".join(json_lines(proof, told))


def check(export: bytes, key: bytes, *outside: Head) -> list[str]:
    """Return the faults that the offline verifier finds."""
    verification = Verification({key}, [head.as_json() for head in outside])
    verification.check(export.splitlines(keepends=True))
    return verification.faults
