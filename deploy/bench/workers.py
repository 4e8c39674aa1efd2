"""Processes of ours beside the one that is measured, kept on a core of their own."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from deploy.bench import processes


@contextmanager
def beside(core: int | None, workers: int = 1) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool whose processes keep to a core; None lets them go where the system likes."""
    kept: tuple[int, ...] = () if core is None else (core,)
    # Forked from a process that has imported everything once, and has no threads.
    pool = ProcessPoolExecutor(workers, get_context("forkserver"), _keep_to, (kept,))
    try:
        # Started before anything is measured.
        list(pool.map(_keep_to, [kept] * workers))
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _keep_to(core: tuple[int, ...]) -> None:
    for one in core:
        processes.pin(0, one)
