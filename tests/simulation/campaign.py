"""Many worlds, one after another or on several cores, and what became of them."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from typing import Final

from tests.simulation.climate import Sometimes
from tests.simulation.replay import decided_otherwise
from tests.simulation.verdict import verdict
from tests.simulation.world import LIVES_FOR, live

SHORT: Final = 200.0
"""Seconds of a world in the ordinary run."""
AT_ONCE: Final = 8

ALWAYS: Final = (
    "answer_lost",
    "asked_twice_recorded_once",
    "assigning_refused_ChatMovedOn",
    "burst",
    "crashed_before_commit",
    "clock_jumped",
    "delivered_late",
    "heard_again",
    "id_used_again",
    "network_lost",
    "poison_kept",
    "projector_died_in_a_batch",
    "router_assigned",
    "router_became_waiting",
    "router_died",
    "router_froze",
    "router_released",
    "router_started_again",
    "router_woken",
    "stale_router_refused",
    "store_down",
    "stream_cut_short",
)
"""What happens in any few worlds."""
OVER_A_CAMPAIGN: Final = (
    *ALWAYS,
    "assigning_refused_OperatorIsFull",
    "assigning_refused_OperatorIsNotAvailable",
    "began_with_an_old_snapshot",
    "capacity_below_the_load",
    "forgotten_chat_recalled",
    "gap_in_the_stream",
    "passed_to_a_group_that_was_emptied",
    "router_counted_offline",
    "router_died_before_it_appended",
    "router_not_read",
    "router_overflowed",
    "stream_rebuilt",
    "unreadable_on_the_stream",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    seed: int
    events: int
    digest: str
    faults: list[str]
    sometimes: Sometimes


def outcome(seed: int, seconds: float = LIVES_FOR) -> Outcome:
    """Return what became of the world of a seed; a world that raises has that for a fault."""
    try:
        world = live(seed, seconds)
    except Exception as error:  # whatever it is, it is a finding, and has a seed
        return Outcome(seed, 0, "", [f"raised {type(error).__name__}: {error}"], Sometimes())
    faults = verdict(world)
    log = world.office.store.recorded
    if world.climate.one_router:
        faults += decided_otherwise(log)
    return Outcome(seed, len(log), world.office.store.digest(), faults, world.sometimes)


def campaign(events: int, told: Callable[[Outcome], None], processes: int = 2) -> Iterable[Outcome]:
    """Yield outcomes of the worlds of 0, 1, 2, … until they had so many events."""
    done = 0
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_be_nice) as pool:
        for first in count(0, AT_ONCE):
            for each in pool.map(outcome, range(first, first + AT_ONCE)):
                done += each.events
                told(each)
                yield each
            if done >= events:
                return


def _be_nice() -> None:
    os.nice(10)


def missing(sometimes: Sometimes, wanted: Iterable[str]) -> Iterator[str]:
    """Yield what never happened, of what should have."""
    return (name for name in wanted if not sometimes[name])
