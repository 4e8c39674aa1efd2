"""Signed heads: how long the log is and what its root is, as the installation swears."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.audit.tree import frontier
from adapters.audit.verifier import end_message, head_message
from domain.errors import RecadoError

_SALT: Final = "SELECT salt FROM recado_head"
_OF_SIZE: Final = (
    "SELECT log, size, root, at, key, signature FROM recado_tree_heads WHERE size = %s AND key = %s"
)
_AFTER: Final = (
    "SELECT log, size, root, at, key, signature FROM recado_tree_heads"
    " WHERE size > %s ORDER BY size, at"
)
_NEWEST: Final = (
    "SELECT log, size, root, at, key, signature FROM recado_tree_heads"
    " ORDER BY size DESC, at DESC LIMIT %s"
)
_KEEP: Final = (
    "INSERT INTO recado_tree_heads (log, size, root, at, key, signature)"
    " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)


class NoAuditKey(RecadoError):
    """There is no usable key to sign with. The message says where it was looked for."""


@dataclass(frozen=True, slots=True)
class Head:
    """So many events had this root, by the signature of a key."""

    log: str
    """Which installation's log; not readable."""
    size: int
    root: bytes
    at: str
    key: bytes
    """The public key."""
    signature: bytes

    def as_json(self) -> dict[str, Any]:
        return {
            "recado": "head",
            "log": self.log,
            "size": self.size,
            "root": self.root.hex(),
            "at": self.at,
            "key": self.key.hex(),
            "signature": self.signature.hex(),
        }

    def line(self) -> bytes:
        """Return the head as it is published: one line of JSON."""
        return orjson.dumps(self.as_json()) + b"\n"


class Signer:
    """The installation's private key, Ed25519."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key: Final = key
        self.public: Final = key.public_key().public_bytes_raw()

    @classmethod
    def read(cls, pem: str) -> Self:
        """Return the signer with a key in PEM (PKCS #8); raise `NoAuditKey`."""
        try:
            key = load_pem_private_key(pem.encode(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise NoAuditKey("the audit key is no Ed25519 private key in PEM")
        return cls(key)

    def head(self, log: str, size: int, root: bytes, at: datetime) -> Head:
        told = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        signature = self._key.sign(head_message(log, size, root.hex(), told))
        return Head(log, size, root, told, self.public, signature)

    def end(self, head: Head, digest: str) -> bytes:
        """Return the signature of an export's bytes, known by their SHA-256."""
        return self.sign(end_message(head.log, head.size, head.root.hex(), digest))

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, which begins by saying what it is."""
        return self._key.sign(message)


def key_in(file: Path, *, make: bool) -> str:
    """
    Return the key that a file holds; where there is none, make one that its owner alone reads.

    Raises `NoAuditKey` when it cannot be read, or is not there and is not to be made.
    """
    try:
        if make and not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_new(file, _new_key())
        return file.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not text"
        raise NoAuditKey(
            f"the audit key {file}: {why}; `recado up` makes one in its data directory,"
            " RECADO_AUDIT_KEY_FILE names another"
        ) from None


def _new_key() -> bytes:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_new(file: Path, content: bytes) -> None:
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        out.write(content)
        os.fsync(out.fileno())
    try:
        # Of two processes that make one at once, the first is right for both.
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def log_name(connection: Connection[TupleRow]) -> str:
    """Return what tells this log from another one's; nothing can be learned from it."""
    row = connection.execute(_SALT).fetchone()
    return sha256(b"recado-log" + (bytes(row[0]) if row else b"")).hexdigest()[:32]


def sign(connection: Connection[TupleRow], signer: Signer) -> Head:
    """Return a kept head of the tree as it is now; the one there is, where nothing is new."""
    with connection.transaction():
        tree = frontier(connection, locked=True)
        row = connection.execute(_OF_SIZE, (tree.size, signer.public)).fetchone()
        if row is not None and bytes(row[2]) == tree.root():
            return _head(row)
        head = signer.head(log_name(connection), tree.size, tree.root(), datetime.now(UTC))
        values = (head.log, head.size, head.root, head.at, head.key, head.signature)
        connection.execute(_KEEP, values)
        return head


def heads_after(connection: Connection[TupleRow], size: int) -> list[Head]:
    """Return the heads of more than `size` events, the smallest first."""
    return [_head(row) for row in connection.execute(_AFTER, (size,)).fetchall()]


def newest_heads(connection: Connection[TupleRow], most: int) -> list[Head]:
    """Return the heads of most events, the largest first."""
    return [_head(row) for row in connection.execute(_NEWEST, (most,)).fetchall()]


def _head(row: TupleRow) -> Head:
    log, size, root, at, key, signature = row
    return Head(log, size, bytes(root), at, bytes(key), bytes(signature))
