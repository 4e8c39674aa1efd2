"""Memory that a process has no use for any more."""

import asyncio
import ctypes
import sys
from typing import Final

EVERY: Final = 30.0
"""Seconds."""


async def give_back_for_ever() -> None:
    """
    Hand memory that was freed back to the system, now and then, until cancelled.

    What reading a large state took stays with the process otherwise: the C library keeps
    what lies between blocks that are in use. Elsewhere than on glibc there is nothing to do.
    """
    trim = _trim()
    while trim is not None:
        await asyncio.sleep(EVERY)
        await asyncio.to_thread(trim, 0)


def _trim() -> "ctypes._FuncPointer | None":
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
