"""
The list of who was erased: kept apart from the log, so that a backup brings nobody back (A4).

Each line says that one client of one log was erased, by the signature of the audit key:
whoever can only write to the list cannot have anybody erased. An id gives nobody away.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.audit.heads import Signer
from domain.values import ClientId, split_stream

_CERTIFICATES: Final = """
SELECT notification_id, originator_id, state FROM recado_events
WHERE topic = 'client-erased.v1' AND notification_id > %s ORDER BY notification_id
"""
_KEYS: Final = "SELECT DISTINCT key FROM recado_tree_heads"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the log says of an erasure."""

    position: int
    client: ClientId
    at: str
    """As the event has it, in UTC."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One line of the list."""

    log: str
    """Which installation's log it is about."""
    client: ClientId
    at: str
    """When he was erased. Who came under the same id later is somebody else."""
    key: bytes
    """The public key."""
    signature: bytes

    @classmethod
    def signed(cls, signer: Signer, log: str, certificate: Certificate) -> Self:
        """Return what the list is to hold of a certificate."""
        client, at = certificate.client, certificate.at
        return cls(log, client, at, signer.public, signer.sign(_message(log, client, at)))

    @classmethod
    def read(cls, line: bytes) -> Self | None:
        """Return what a line holds; None where it is none of this list's."""
        try:
            told: dict[str, Any] = orjson.loads(line)
            if told["recado"] != "erasure":
                return None
            keys = bytes.fromhex(told["key"]), bytes.fromhex(told["signature"])
            return cls(f"{told['log']}", ClientId(f"{told['client']}"), f"{told['at']}", *keys)
        except (ValueError, KeyError, TypeError):
            return None

    def line(self) -> bytes:
        """Return it as it is published: one line of JSON."""
        return orjson.dumps(self.as_json()) + b"\n"

    def as_json(self) -> dict[str, Any]:
        return {
            "recado": "erasure",
            "log": self.log,
            "client": self.client,
            "at": self.at,
            "key": self.key.hex(),
            "signature": self.signature.hex(),
        }

    def is_signed_by(self, keys: Collection[bytes]) -> bool:
        """Return whether one of the keys vouches for it."""
        if self.key not in keys:
            return False
        try:
            public = Ed25519PublicKey.from_public_bytes(self.key)
            public.verify(self.signature, _message(self.log, self.client, self.at))
        except (InvalidSignature, ValueError):
            return False
        return True


def lines_in(content: Iterable[bytes]) -> Iterator[Erasure]:
    """Yield what the lines hold; a torn or foreign one is left out."""
    for line in content:
        if (erasure := Erasure.read(line)) is not None:
            yield erasure


def certificates(connection: Connection[TupleRow], after: int) -> list[Certificate]:
    """Return the erasures that the log knows, after a position."""
    rows = connection.execute(_CERTIFICATES, (after,)).fetchall()
    return [
        Certificate(position, ClientId(split_stream(stream)[1]), orjson.loads(state)["data"]["at"])
        for position, stream, state in rows
    ]


def known_keys(connection: Connection[TupleRow]) -> set[bytes]:
    """Return the public keys that heads of this log were signed with."""
    return {bytes(row[0]) for row in connection.execute(_KEYS).fetchall()}


def _message(log: str, client: str, at: str) -> bytes:
    return f"recado.erasure.v1\x1f{log}\x1f{client}\x1f{at}".encode()
