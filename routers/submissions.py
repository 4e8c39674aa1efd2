"""Acts on their way to the desk: many at once, in order, tried again while they are wanted."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from domain.errors import LeaseLost, LogIsBusy, Refused
from domain.ports import Act, Desk, Receipt

log = structlog.get_logger()

MOST_AT_ONCE: Final = 500
"""Acts at the desk at one time: one commit's worth, so that others' need not queue behind."""
FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 2.0
"""Seconds before an act is tried again that could not be committed."""


class Submissions:
    def __init__(self, desk: Desk, on_lease_lost: Callable[[], None]) -> None:
        self._desk: Final = desk
        self._on_lease_lost: Final = on_lease_lost
        self._room: Final = asyncio.Semaphore(MOST_AT_ONCE)
        self._tasks: Final = set[asyncio.Task[None]]()

    def start(
        self,
        act: Act,
        answered: Callable[[Receipt | Refused], None],
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """
        Hand in an act, and tell `answered` what became of it.

        It is given up, and nothing told, when it is no longer `wanted` or the lease is lost.
        """
        task = asyncio.create_task(self._carry(act, answered, wanted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(
        self, act: Act, answered: Callable[[Receipt | Refused], None], wanted: Callable[[], bool]
    ) -> None:
        pause = FIRST_PAUSE
        while True:
            async with self._room:
                if not wanted():
                    return
                outcome = await self._try(act)
            if isinstance(outcome, LeaseLost):
                self._on_lease_lost()
                return
            if outcome is not None:
                answered(outcome)
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _try(self, act: Act) -> Receipt | Refused | LeaseLost | None:
        try:
            return await self._desk.submit(act)
        except (Refused, LeaseLost) as error:
            return error
        except LogIsBusy as error:
            log.debug("router.log_is_busy", why=error.why)
        except Exception as error:
            log.warning("router.desk_failed", error=type(error).__name__)
        return None
