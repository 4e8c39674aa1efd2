"""
Second factors: a code by time (TOTP, RFC 6238) from a telephone, or one of ten kept on paper.

Every code is good once: of a code by time its step is remembered, one from paper is struck off.
"""

from dataclasses import dataclass
from hmac import compare_digest
from secrets import token_hex
from time import time
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool
from pyotp import random_base32
from pyotp.totp import TOTP

from adapters.http.sealed import Sealer

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

STEP: Final = 30
"""Seconds for which a code is shown; the one before and the one after it are taken, too."""
RECOVERY_CODES: Final = 10
_PURPOSE: Final = "second-factor"

_BEGIN: Final = """
INSERT INTO recado_second_factors AS f (operator_id, secret) VALUES (%s, %s)
ON CONFLICT (operator_id) DO UPDATE
SET secret = excluded.secret, confirmed = false, last_step = 0, recovery = '{}'
"""
_SEALED: Final = """
SELECT secret, last_step FROM recado_second_factors WHERE operator_id = %s AND confirmed = %s
"""
_TAKE_STEP: Final = """
UPDATE recado_second_factors SET last_step = %s WHERE operator_id = %s AND last_step < %s
"""
_CONFIRM: Final = """
UPDATE recado_second_factors SET confirmed = true, recovery = %s WHERE operator_id = %s
"""
_STRIKE_OFF: Final = """
UPDATE recado_second_factors SET recovery = array_remove(recovery, %(code)s)
WHERE operator_id = %(operator)s AND confirmed AND %(code)s = ANY(recovery)
"""
_REMOVE: Final = "DELETE FROM recado_second_factors WHERE operator_id = %s"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a telephone is told once; `uri` is the same as a picture's content (otpauth)."""

    secret: str
    uri: str


class SecondFactors:
    """The table of second factors, whose secrets are sealed."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool: Final = pool
        self._sealer: Final = sealer

    async def begin(self, operator_id: str, account: str, company: str) -> Enrolment:
        """Return a new secret; it counts for nothing before it is confirmed."""
        secret = random_base32()
        sealed = self._sealer.seal(secret, f"{_PURPOSE}:{operator_id}")
        async with self._pool.connection() as connection:
            await connection.execute(_BEGIN, (operator_id, sealed))
        uri = TOTP(secret).provisioning_uri(name=account, issuer_name=company)
        return Enrolment(secret, uri)

    async def confirm(self, operator_id: str, code: str) -> list[str] | None:
        """Return the codes for paper where the code is right; None where it is not."""
        if not await self._take_step(operator_id, code, confirmed=False):
            return None
        codes = [f"{token_hex(3)}-{token_hex(3)}" for _ in range(RECOVERY_CODES)]
        digests = [self._sealer.digest(one) for one in codes]
        async with self._pool.connection() as connection:
            await connection.execute(_CONFIRM, (digests, operator_id))
        return codes

    async def check(self, operator_id: str, code: str) -> bool:
        """Return whether a code is right, and use it up."""
        if await self._take_step(operator_id, code, confirmed=True):
            return True
        digest = self._sealer.digest(code.strip().lower())
        async with self._pool.connection() as connection:
            done = await connection.execute(_STRIKE_OFF, {"code": digest, "operator": operator_id})
        return done.rowcount == 1

    async def remove(self, operator_id: str) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(_REMOVE, (operator_id,))

    async def _take_step(self, operator_id: str, code: str, *, confirmed: bool) -> bool:
        async with self._pool.connection() as connection:
            rows = await connection.execute(_SEALED, (operator_id, confirmed))
            row = await rows.fetchone()
            if row is None:
                return False
            secret = self._sealer.unseal(bytes(row[0]), f"{_PURPOSE}:{operator_id}")
            step = _step_of(secret, code.strip(), after=row[1])
            if step is None:
                return False
            taken = await connection.execute(_TAKE_STEP, (step, operator_id, step))
        return taken.rowcount == 1


def _step_of(secret: str, code: str, *, after: int) -> int | None:
    """Return the step about now that a code is of; None where it is of none, or a used one."""
    totp, now = TOTP(secret, interval=STEP), int(time()) // STEP
    for step in (now - 1, now, now + 1):
        shown = totp.generate_otp(step)
        if step > after and compare_digest(shown.encode(), code.encode()):
            return step
    return None
