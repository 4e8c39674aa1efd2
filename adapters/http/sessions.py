"""
Proofs of who is asking: sessions of browsers, tokens of programs.

Only a digest of each is stored: they hold 256 random bits, so that a slow hash would add
nothing, and a copy of the table lets nobody in. A session ends after half an hour without
use and after twelve hours in any case; a token is good until it is withdrawn.
"""

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from time import monotonic
from typing import Final, Literal

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]
Kind = Literal["session", "token"]

BELIEVED_FOR: Final = 1.0
"""Seconds between looks at the table: for so long a withdrawn proof may still be taken."""
_MOST_BELIEVED: Final = 20_000

_OPEN: Final = """
INSERT INTO recado_sessions (digest, operator_id, kind, expires_at)
VALUES (%s, %s, 'session', clock_timestamp() + interval '30 minutes')
"""
_ISSUE: Final = "INSERT INTO recado_sessions (digest, operator_id, kind) VALUES (%s, %s, 'token')"
_WHO: Final = """
SELECT operator_id, kind FROM recado_sessions
WHERE digest = %s AND (expires_at IS NULL OR expires_at > clock_timestamp())
"""
_USED: Final = """
UPDATE recado_sessions
SET expires_at = least(created_at + interval '12 hours', clock_timestamp() + interval '30 minutes')
WHERE digest = %s AND kind = 'session'
    AND expires_at BETWEEN clock_timestamp() AND clock_timestamp() + interval '29 minutes'
"""
_CLOSE: Final = "DELETE FROM recado_sessions WHERE digest = %s AND kind = 'session'"
_SWEEP: Final = "DELETE FROM recado_sessions WHERE expires_at <= clock_timestamp()"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whose a session or token is."""

    operator_id: str
    kind: Kind


def new_token() -> str:
    """Return a token for a program; its prefix makes a leaked one easy to find."""
    return f"rcd_{token_hex(4)}_{token_urlsafe(32)}"


def digest_of(secret: str) -> bytes:
    """Return what is stored of a session or token."""
    return sha256(secret.encode()).digest()


class Sessions:
    """The sessions and tokens of this installation."""

    def __init__(self, pool: Pool) -> None:
        self._pool: Final = pool
        self._believed: Final[dict[bytes, tuple[float, Proof]]] = {}

    async def open(self, operator_id: str) -> str:
        """Return the secret of a new session; expired ones are swept out on the way."""
        secret = token_urlsafe(32)
        async with self._pool.connection() as connection:
            await connection.execute(_SWEEP)
            await connection.execute(_OPEN, (digest_of(secret), operator_id))
        return secret

    async def issue(self, operator_id: str) -> str:
        """Return a new token for programs, which is not stored and cannot be shown again."""
        token = new_token()
        async with self._pool.connection() as connection:
            await connection.execute(_ISSUE, (digest_of(token), operator_id))
        return token

    async def who(self, secret: str) -> Proof | None:
        """Return whose secret it is; None when it is nobody's, or has expired."""
        digest = digest_of(secret)
        believed = self._believed.get(digest)
        if believed is not None and monotonic() - believed[0] < BELIEVED_FOR:
            return believed[1]
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_WHO, (digest,))).fetchone()
            if row is not None and row[1] == "session":
                await connection.execute(_USED, (digest,))
        self._believed.pop(digest, None)
        if row is None:
            return None
        proof = Proof(row[0], row[1])
        if len(self._believed) >= _MOST_BELIEVED:
            self._believed.clear()
        self._believed[digest] = (monotonic(), proof)
        return proof

    async def close(self, secret: str) -> None:
        """Withdraw a session; a token is left as it is."""
        async with self._pool.connection() as connection:
            await connection.execute(_CLOSE, (digest_of(secret),))
        self._believed.clear()
