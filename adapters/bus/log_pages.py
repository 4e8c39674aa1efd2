"""The log, read in pages by position."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Final, Self, cast

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow

from adapters.bus.subjects import LogRow

PAGE: Final = 1000
ANSWER_WITHIN: Final = 15.0

_HEAD: Final = "SELECT position FROM recado_head"
_PAGE: Final = """
SELECT originator_id, originator_version, topic, state, notification_id
FROM (
    SELECT *, sum(octet_length(state)) OVER (ORDER BY notification_id)
        - octet_length(state) AS bytes_before
    FROM (
        SELECT * FROM recado_events WHERE notification_id > %s
        ORDER BY notification_id LIMIT %s
    ) AS page
) AS counted
WHERE bytes_before < 7000000
ORDER BY notification_id
"""
"""At least one row and then no more than about seven megabytes, however large events are."""


class LogPages:
    """A connection of its own to the log; use as a context manager."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __aenter__(self) -> Self:
        self._connection = await AsyncConnection.connect(
            self._url,
            autocommit=True,
            application_name="recado-relay",
            connect_timeout=5,
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=10_000,
        )
        self._cursor: AsyncCursor[TupleRow] = self._connection.cursor(binary=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._connection.close()

    async def head(self) -> int:
        """Return the log's last position, 0 when it is empty."""
        rows = await self._rows(_HEAD, ())
        return int(rows[0][0]) if rows else 0

    async def after(self, position: int, most: int = PAGE) -> list[LogRow]:
        """Return the next rows, at most so many."""
        return cast("list[LogRow]", await self._rows(_PAGE, (position, most)))

    async def to_the_end(self, position: int = 0) -> AsyncIterator[LogRow]:
        """Yield the rows after a position, until there are no more."""
        while rows := await self.after(position):
            for row in rows:
                yield row
            position = rows[-1][-1]

    async def _rows(self, query: str, parameters: tuple[Any, ...]) -> list[TupleRow]:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await self._cursor.execute(query.encode(), parameters, prepare=True)
                return await self._cursor.fetchall()
        except TimeoutError:
            raise psycopg.OperationalError("PostgreSQL does not answer") from None
