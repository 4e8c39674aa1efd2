"""The router, as it decides, over an installation's log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from domain.errors import Refused
from routers.rounds import decide_along
from routers.state import Routing
from tests.adapters.http.conftest import Installation

_SINCE: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE notification_id > %s ORDER BY notification_id
"""
_PAUSE: Final = 0.1


@asynccontextmanager
async def routed(installation: Installation) -> AsyncIterator[None]:
    """Give chats to whom the policy says while the block lasts."""
    routing = asyncio.create_task(_route(installation))
    try:
        yield
    finally:
        routing.cancel()
        with suppress(asyncio.CancelledError):
            await routing


async def _route(installation: Installation) -> None:
    state = Routing()
    while True:
        async with installation.pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_SINCE, (state.position,))
            rows = await cursor.fetchall()
        for row in rows:
            for act in decide_along(state, installation.mapper.decode(*row)).acts:
                # One that was decided on an older version of the chat is discarded (R8).
                with suppress(Refused):
                    await installation.desk.submit(act)
        await asyncio.sleep(_PAUSE)
