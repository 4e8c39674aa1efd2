"""People who look at the panel: each asks, reads the answer, and asks again after a while."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from random import Random

from deploy.bench.callers import Address
from deploy.bench.failed import BenchFailed

Question = Callable[[Random], str]
"""Returns a path to ask for, drawn by lot."""

PAUSE = 0.25
"""Seconds between an answer and the next question of the same person."""


def ask_all(
    address: Address, tokens: Sequence[str], question: Question, *, users: int, each: int
) -> list[float]:
    """
    Let so many people ask at the same time; return the seconds that each answer took.

    Raises `BenchFailed` for an answer that is none.
    """

    def ask(user: int) -> list[float]:
        lot, took = Random(user), list[float]()  # noqa: S311 - questions, no secrets
        connection = HTTPConnection(*address, timeout=60)
        headers = {"Authorization": f"Bearer {tokens[user % len(tokens)]}"}
        time.sleep(lot.uniform(0, PAUSE))
        for number in range(each + 1):
            path = question(lot)
            began = time.monotonic()
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
                raise BenchFailed(f"{path} was answered with {answer.status}")
            # The first opens the connection, and is not counted.
            took += [time.monotonic() - began] if number else []
            time.sleep(PAUSE)
        connection.close()
        return took

    with ThreadPoolExecutor(users) as people:
        return [one for took in people.map(ask, range(users)) for one in took]
