"""
What the simulation is worth: each planted defect is found, and after how many worlds.

The ordinary run starts at a seed that is known to find it; with `RECADO_SIMULATE` every
defect is looked for from the first one on, and the median is told.
"""

import os
from statistics import median
from typing import Final

import pytest

from tests.simulation.campaign import outcome
from tests.simulation.defects import DEFECTS

SECONDS: Final = 240.0
MOST_SEEDS: Final = 200
THOROUGHLY: Final = bool(os.environ.get("RECADO_SIMULATE"))
KNOWN: Final = {
    "deliveries not remembered": 0,
    "deliveries soon forgotten": 0,
    "no expected version": 6,
    "capacity not looked at": 4,
    "capacity off by one": 4,
    "waiting before its time": 5,
    "waiting twice": 0,
    "woken before its time": 9,
    "overflow before its time": 5,
    "unread before its time": 16,
    "sent back though he is there": 25,
    "left with who is gone": 0,
    "who is free wakes nobody": 8,
    "refused for ever": 10,
    "done when the log is busy": 22,
    "holes in the stream": 1,
    "back to the sender": 2,
    "row keeps its owner": 0,
    "rows not fetched": 0,
    "sleepers still count": 0,
}
"""A seed that finds it."""


def found_by(name: str, first: int) -> tuple[int, str]:
    """Return the seed that finds a defect, and by what; fail after 200."""
    for seed in range(first, first + MOST_SEEDS):
        with DEFECTS[name]():
            faults = outcome(seed, SECONDS).faults
        if faults:
            return seed, faults[0]
    pytest.fail(f"not found by {MOST_SEEDS} worlds: {name}")


def test_every_planted_defect_has_a_seed() -> None:
    assert set(KNOWN) == set(DEFECTS)


@pytest.mark.skipif(THOROUGHLY, reason="looked for from the first seed on instead")
@pytest.mark.parametrize("name", KNOWN)
def test_a_planted_defect_is_found(name: str) -> None:
    found_by(name, KNOWN[name])


@pytest.mark.slow
@pytest.mark.skipif(not THOROUGHLY, reason="RECADO_SIMULATE has them looked for from seed 0 on")
def test_each_planted_defect_is_found_within_two_hundred_worlds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    needed = dict[str, int]()
    for name in DEFECTS:
        seed, by = found_by(name, 0)
        needed[name] = seed + 1
        with capsys.disabled():
            print(f"{name}: {seed + 1}, by {by[:80]}", flush=True)  # noqa: T201  (it lasts)
    with capsys.disabled():
        print(f"median {median(needed.values())} of {len(needed)}: {needed}")  # noqa: T201
