"""
Proofs of who is asking: sessions of browsers, tokens of programs.

Only a digest of each is stored: they hold 256 random bits, so that a slow hash would add
nothing, and a copy of the table lets nobody in. A session ends after half an hour without
use and after twelve hours in any case; a token is good until it is withdrawn, or to its date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from time import monotonic
from typing import Any, Final, Literal

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from domain.operator import Operator

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]
Kind = Literal["session", "token"]

BELIEVED_FOR: Final = 1.0
"""Seconds between looks at the table: for so long a withdrawn proof may still be taken."""
_MOST_BELIEVED: Final = 20_000
_LONGEST_AGENT: Final = 200

_OPEN: Final = """
INSERT INTO recado_sessions (digest, operator_id, kind, id, epoch, via, place, agent, expires_at)
VALUES (%s, %s, 'session', %s, %s, %s, %s, %s, clock_timestamp() + interval '30 minutes')
"""
ISSUE: Final = """
INSERT INTO recado_sessions (digest, operator_id, kind, id, epoch, name, scopes, expires_at)
VALUES (%s, %s, 'token', %s, %s, %s, %s, %s)
"""
_WHO: Final = """
SELECT operator_id, kind, coalesce(id, ''), epoch, coalesce(via, 'password'), scopes
FROM recado_sessions
WHERE digest = %s AND (expires_at IS NULL OR expires_at > clock_timestamp())
"""
_USED: Final = """
UPDATE recado_sessions SET last_used_at = clock_timestamp(), expires_at = CASE kind
    WHEN 'session'
    THEN least(created_at + interval '12 hours', clock_timestamp() + interval '30 minutes')
    ELSE expires_at END
WHERE digest = %s AND (expires_at IS NULL OR expires_at > clock_timestamp())
    AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute'
        OR (kind = 'session' AND expires_at < clock_timestamp() + interval '29 minutes'))
"""
_CLOSE: Final = "DELETE FROM recado_sessions WHERE digest = %s AND kind = 'session'"
_SWEEP: Final = "DELETE FROM recado_sessions WHERE expires_at <= clock_timestamp()"
_LISTED: Final = """
SELECT id, operator_id, kind, name, scopes, epoch, place, agent, created_at, last_used_at,
    expires_at
FROM recado_sessions
WHERE kind = %(kind)s AND id IS NOT NULL
    AND (%(operator)s::text IS NULL OR operator_id = %(operator)s)
    AND (expires_at IS NULL OR expires_at > clock_timestamp())
ORDER BY created_at DESC, id LIMIT 1000
"""
REVOKE: Final = """
DELETE FROM recado_sessions WHERE kind = %(kind)s AND id = %(id)s
    AND (%(operator)s::text IS NULL OR operator_id = %(operator)s)
RETURNING operator_id, digest
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """Whose a session or token is, and what it was given for."""

    id: str
    operator_id: str
    kind: Kind
    epoch: int
    """Version of the operator as of which it was given."""
    via: str = "password"
    """How he proved who he is: by password, or `oidc`, where the provider asks for all factors."""
    scopes: tuple[str, ...] | None = None
    """None for all that the operator may do."""

    def holds(self, operator: Operator) -> bool:
        """Return whether nothing happened to the operator since that ended it."""
        is_session = self.kind == "session"
        return self.epoch >= (operator.signed_out_at if is_session else operator.left_at)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token; `secret` is not stored and cannot be shown again."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A session or token as its owner looks at it."""

    id: str
    operator_id: str
    kind: Kind
    name: str | None
    scopes: Sequence[str] | None
    epoch: int
    place: str | None
    agent: str | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


def new_token() -> str:
    """Return a token for a program; its prefix makes a leaked one easy to find."""
    return f"rcd_{token_hex(4)}_{token_urlsafe(32)}"


def new_id() -> str:
    return token_hex(8)


def digest_of(secret: str) -> bytes:
    """Return what is stored of a session or token."""
    return sha256(secret.encode()).digest()


class Sessions:
    """The sessions and tokens of this installation."""

    def __init__(self, pool: Pool) -> None:
        self._pool: Final = pool
        self._believed: Final[dict[bytes, tuple[float, Proof]]] = {}

    async def open(
        self,
        operator_id: str,
        epoch: int = 0,
        *,
        via: str = "password",
        place: str = "",
        agent: str = "",
    ) -> str:
        """
        Return the secret of a new session as of a version of the operator.

        Expired ones are swept out on the way.
        """
        secret = token_urlsafe(32)
        values = (digest_of(secret), operator_id, new_id(), epoch, via, place)
        async with self._pool.connection() as connection:
            await connection.execute(_SWEEP)
            await connection.execute(_OPEN, (*values, agent[:_LONGEST_AGENT]))
        return secret

    async def issue(
        self,
        operator_id: str,
        epoch: int = 0,
        *,
        id_: str | None = None,
        name: str | None = None,
        scopes: Sequence[str] | None = None,
        expires_at: datetime | None = None,
    ) -> Issued:
        """Return a new token for programs."""
        issued = Issued(id_ or new_id(), new_token())
        kept = None if scopes is None else list(scopes)
        values = (digest_of(issued.secret), operator_id, issued.id, epoch, name, kept, expires_at)
        async with self._pool.connection() as connection:
            await connection.execute(ISSUE, values)
        return issued

    async def who(self, secret: str) -> Proof | None:
        """Return whose secret it is; None when it is nobody's, or has expired."""
        digest = digest_of(secret)
        believed = self._believed.get(digest)
        if believed is not None and monotonic() - believed[0] < BELIEVED_FOR:
            return believed[1]
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_WHO, (digest,))).fetchone()
            if row is not None:
                await connection.execute(_USED, (digest,))
        self._believed.pop(digest, None)
        if row is None:
            return None
        proof = _proof(row)
        if len(self._believed) >= _MOST_BELIEVED:
            self._believed.clear()
        self._believed[digest] = (monotonic(), proof)
        return proof

    async def close(self, secret: str) -> None:
        """Withdraw a session; a token is left as it is."""
        async with self._pool.connection() as connection:
            await connection.execute(_CLOSE, (digest_of(secret),))
        self._believed.pop(digest_of(secret), None)

    async def listed(self, kind: Kind, operator_id: str | None) -> list[Kept]:
        """Return the sessions or tokens that are still good, of one operator or of all."""
        values = {"kind": kind, "operator": operator_id}
        async with self._pool.connection() as connection:
            rows = await connection.execute(_LISTED, values)
            return [Kept(*row) async for row in rows]

    async def revoke(
        self, kind: Kind, id_: str, operator_id: str | None
    ) -> tuple[str, bytes] | None:
        """
        Withdraw one by its id, of this operator or of anybody.

        Return whose it was and its digest; None where there was none.
        """
        values = {"kind": kind, "id": id_, "operator": operator_id}
        async with self._pool.connection() as connection:
            row = await (await connection.execute(REVOKE, values)).fetchone()
        if row is None:
            return None
        self._believed.pop(bytes(row[1]), None)
        return str(row[0]), bytes(row[1])


def _proof(row: Sequence[Any]) -> Proof:
    operator_id, kind, id_, epoch, via, scopes = row
    return Proof(id_, operator_id, kind, epoch, via, None if scopes is None else tuple(scopes))
