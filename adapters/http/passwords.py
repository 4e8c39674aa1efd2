"""Passwords: how they are kept, checked at the same cost for everybody, and guessed slowly."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from time import monotonic
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

SHORTEST: Final = 8
"""Characters of a password, at least."""
WINDOW: Final = 15 * 60.0
"""Seconds over which attempts are counted."""
PER_PLACE_AND_ACCOUNT: Final = 10
PER_ACCOUNT: Final = 50
"""From everywhere: high enough that one place cannot lock somebody out."""
PER_PLACE: Final = 100
KEEP: Final = """
INSERT INTO recado_credentials (operator_id, password_hash) VALUES (%s, %s)
ON CONFLICT (operator_id) DO UPDATE SET password_hash = excluded.password_hash
"""
_AT_ONCE: Final = 2
"""Hashes under way at a time: each takes 64 MiB and a core or more."""
_MOST_COUNTED: Final = 50_000

_HASHER: Final = PasswordHasher()


@cache
def _nobodys() -> str:
    """Return a hash that nobody's password has, so that unknown names cost the same time."""
    return _HASHER.hash("nobody's password")


def hash_password(password: str) -> str:
    """Return what is stored of a password (argon2id)."""
    return _HASHER.hash(password)


class Passwords:
    """Checks passwords off the event loop, a few at a time."""

    def __init__(self, pool: Pool) -> None:
        self._pool: Final = pool
        self._turns: Final = asyncio.Semaphore(_AT_ONCE)

    async def check(self, operator_id: str | None, password: str) -> bool:
        """Return whether it is the operator's password; as slow for who does not exist."""
        stored = None
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT password_hash FROM recado_credentials WHERE operator_id = %s",
                (operator_id or "",),
            )
            if (row := await rows.fetchone()) is not None:
                stored = str(row[0])
        async with self._turns:
            is_right = await asyncio.to_thread(fits, stored or _nobodys(), password)
        return is_right and stored is not None

    async def set(self, operator_id: str, password: str) -> None:
        """Let a password be the operator's from now on."""
        async with self._turns:
            stored = await asyncio.to_thread(hash_password, password)
        async with self._pool.connection() as connection:
            await connection.execute(KEEP, (operator_id, stored))


def fits(stored: str, password: str) -> bool:
    """Return whether a password is the one that was stored."""
    with suppress(Argon2Error, InvalidHashError):
        return _HASHER.verify(stored, password)
    return False


class Attempts:
    """Counts attempts to sign in, by account and by place, in this process."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock: Final = clock
        self._seen: Final[dict[str, deque[float]]] = {}

    def wait(self, account: str, place: str) -> int:
        """Count one more; return for how many seconds it must be refused, 0 if it may go on."""
        now = self._clock()
        if len(self._seen) > _MOST_COUNTED:
            self._forget_the_old(now)
        counted = [(self._recent(key, now), most) for key, most in _keys(account, place)]
        for times, most in counted:
            if len(times) >= most:
                return int(times[0] + WINDOW - now) + 1
        for times, _ in counted:
            times.append(now)
        return 0

    def forgive(self, account: str, place: str) -> None:
        """Forget the attempts of who has signed in."""
        for key, _ in _keys(account, place)[:1]:
            self._seen.pop(key, None)

    def _recent(self, key: str, now: float) -> deque[float]:
        times = self._seen.setdefault(key, deque())
        while times and times[0] <= now - WINDOW:
            times.popleft()
        return times

    def _forget_the_old(self, now: float) -> None:
        old = [k for k, times in self._seen.items() if not times or times[-1] <= now - WINDOW]
        for key in old:
            del self._seen[key]


def _keys(account: str, place: str) -> list[tuple[str, int]]:
    return [
        (f"both {place} {account}", PER_PLACE_AND_ACCOUNT),
        (f"account {account}", PER_ACCOUNT),
        (f"place {place}", PER_PLACE),
    ]
