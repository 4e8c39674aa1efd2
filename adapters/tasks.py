"""Ending tasks for sure."""

import asyncio
from collections.abc import Iterable
from typing import Any


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks, and return when they have ended."""
    left = set(tasks)
    while left:
        # Again and again: Python 3.11's `wait_for`, which waits for the database, forgets
        # to pass a cancellation on that comes together with the answer.
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=0.2)
