"""How a loop knows that it is to end."""

import asyncio


def asked_to_stop() -> bool:
    """
    Return whether the current task was cancelled, even if it was not told.

    Python 3.11's `asyncio.wait_for` swallows a cancellation that comes at the moment when
    what it waits for is done, and nats-py and psycopg use it.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
