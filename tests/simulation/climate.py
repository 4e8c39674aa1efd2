"""What goes wrong in a world, how often, and how fast everything is: drawn for each seed."""

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Final

Sometimes = Counter[str]
"""What happened, and how often: a run asserts that everything interesting did."""

CALM: Final = 0.0


@dataclass(slots=True, kw_only=True)
class Climate:
    """Probabilities, one each time that it could happen, and seconds."""

    pace: float
    """How many times slower than a busy office everything is that people do."""
    latency: float
    """Seconds that an act of the router is on its way to the desk, at most."""
    crash_before: float
    """A process dies, or its connection does, before it committed."""
    lost_answer: float
    """It is committed, and who asked does not learn it."""
    duplicate: float
    late: float
    """A delivery comes minutes or hours after the message was written."""
    repeated_words: float
    """Another message under an id that was used."""
    poison: float
    outage: float
    """The store is down, for each look at the weather."""
    router_dies: float
    router_freezes: float
    clock_jumps: float
    stream_lost: float
    heard_again: float
    heard_with_gap: float
    unreadable_once: float
    old_snapshot: float
    projector_dies: float
    view_lag: float
    """Seconds that the views are behind, at most."""
    network_lost: float
    """An operator's program is not heard of for a while."""
    relay_lag: float
    clocks_jump: bool
    """Whether any clock ever did."""
    one_router: bool
    """Whether one router hears everything once, and every answer of the desk."""


_WORST: Final = {
    "crash_before": 0.1,
    "lost_answer": 0.15,
    "duplicate": 0.6,
    "late": 0.2,
    "repeated_words": 0.03,
    "poison": 0.05,
    "outage": 0.2,
    "router_dies": 0.2,
    "router_freezes": 0.3,
    "clock_jumps": 0.9,
    "stream_lost": 0.2,
    "heard_again": 0.1,
    "heard_with_gap": 0.06,
    "unreadable_once": 0.002,
    "old_snapshot": 0.5,
    "projector_dies": 0.2,
    "network_lost": 0.1,
}


_DISTURBING: Final = (
    *("crash_before", "lost_answer", "outage", "router_dies", "router_freezes", "clock_jumps"),
    *("stream_lost", "heard_again", "heard_with_gap", "unreadable_once"),
)


def drawn(rng: Random) -> Climate:
    """Return a climate: some are calm, some have one thing wrong, and some are vicious."""
    temper = rng.choice((0.0, 0.3, 0.6, 1.0))
    rates = {
        name: worst * rng.random() if rng.random() < temper else CALM
        for name, worst in _WORST.items()
    }
    return Climate(
        **rates,
        pace=rng.choice((1.0, 1.0, 1.0, 10.0, 100.0)),
        latency=rng.choice((0.01, 0.1, 0.5, 2.0)),
        view_lag=rng.choice((0.1, 1.0, 10.0)),
        relay_lag=rng.choice((0.01, 0.1, 1.0)),
        clocks_jump=rates["clock_jumps"] > CALM,
        one_router=not any(rates[name] for name in _DISTURBING),
    )


def heal(climate: Climate) -> None:
    """Have nothing go wrong any more."""
    for name in _WORST:
        setattr(climate, name, CALM)
