"""How fast the play goes: shared by all who play, and changed while they do."""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Final

LOOK: Final = 0.25
"""Seconds between two looks at whether the play goes on."""


@dataclass(slots=True)
class Pace:
    """The play's speed, and whether it rests."""

    speed: float
    is_paused: bool = False

    async def rest(self, random: Random, least: float, most: float) -> None:
        """Return after so many seconds of the play, and not while it is paused."""
        await asyncio.sleep(random.uniform(least, most) / self.speed)
        while self.is_paused:  # noqa: ASYNC110  (nobody waits for it to the millisecond)
            await asyncio.sleep(LOOK)
