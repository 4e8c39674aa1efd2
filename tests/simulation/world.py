"""One company, for a while: everything that happens in it follows from a seed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from logging import CRITICAL
from random import Random
from typing import Final
from unittest.mock import patch

import structlog

import routers.assignment
import routers.process
from domain.values import Presence
from tests.simulation.administration import Administration
from tests.simulation.climate import Climate, Sometimes, drawn, heal
from tests.simulation.loop import VirtualLoop
from tests.simulation.nodes import Node, Office
from tests.simulation.people import BEATS_EVERY, People, Person
from tests.simulation.stream import Hearing
from tests.simulation.traffic import Traffic

LIVES_FOR: Final = 900.0
"""Seconds of a busy office, and as much more as it is slower."""
HEALED_FOR: Final = 0.1


@dataclass(slots=True)
class World:
    """A world after its end."""

    seed: int
    climate: Climate
    office: Office
    traffic: Traffic
    administration: Administration
    people: People
    sometimes: Sometimes = field(default_factory=Sometimes)


@contextmanager
def _simulated(loop: VirtualLoop) -> Iterator[None]:
    """Have the routers hear the simulated stream, and know no other time than the loop's."""
    configured = structlog.get_config()
    structlog.configure(
        processors=[], wrapper_class=structlog.make_filtering_bound_logger(CRITICAL)
    )
    try:
        with (
            patch.object(routers.process, "Hearing", Hearing),
            patch.object(routers.assignment, "monotonic", loop.time),
        ):
            yield
    finally:
        structlog.configure(**configured)


def live(seed: int, seconds: float = LIVES_FOR) -> World:
    """Return the world of a seed after it was healed and came to rest."""
    loop = VirtualLoop()
    try:
        with _simulated(loop):
            return _Life(seed, loop, seconds).lead()
    finally:
        loop.close()


class _Life:
    def __init__(self, seed: int, loop: VirtualLoop, seconds: float) -> None:
        self._rng = rng = Random(seed)
        self._loop = loop
        self._seconds = seconds
        climate = drawn(rng)
        sometimes = Sometimes()
        self._office = office = Office(loop, rng, climate, sometimes)
        traffic = Traffic(office, clients=rng.choice((8, 30, 100)))
        administration = Administration(office, rng.randint(2, 7), rng.randint(1, 4))
        people = People(office, traffic, administration.operators, administration.groups)
        self._world = World(seed, climate, office, traffic, administration, people, sometimes)
        self._nodes = list[Node]()
        self._is_over = False
        self._often = rng.choice((0.5, 1.0, 2.0))

    def lead(self) -> World:
        climate = self._world.climate
        total = self._seconds * climate.pace
        self._world.administration.found()
        self._nodes = [Node(self._office, f"router{n}.0") for n in range(2)]
        self._set_going()
        self._loop.run_for(total * (1 - HEALED_FOR))
        self._heal()
        self._loop.run_for(total * HEALED_FOR + 120.0 + 30.0 * climate.pace)
        self._end()
        self._world.office.projector.finish()
        return self._world

    def _set_going(self) -> None:
        often, world = self._often, self._world
        self._repeat(0.6 * often, self._world.traffic.write)
        self._repeat(120.0, lambda: world.traffic.burst(self._rng.choice((20, 60))))
        self._repeat(15.0, world.administration.change)
        self._repeat(20.0, self._weather)
        for person in world.people.people:
            self._employ(person, often)

    def _employ(self, person: Person, often: float) -> None:
        people = self._world.people
        person.wants = self._rng.choice((Presence.ONLINE, Presence.ONLINE, Presence.OFFLINE))
        self._loop.every(
            lambda: BEATS_EVERY * self._world.climate.pace, lambda: people.beat(person)
        )
        self._loop.call_later(self._rng.random() * 5, people.beat, person)
        self._repeat(2.0 * often, lambda: people.work(person))
        self._repeat(90.0, lambda: people.change_mind(person))

    def _repeat(self, mean: float, do: object) -> None:
        """Have something done now and then, as often as the pace says, until it is healed."""
        assert callable(do)
        pace, rng = self._world.climate.pace, self._rng

        def once() -> bool:
            if not self._is_over:
                do()
            return not self._is_over

        self._loop.every(lambda: rng.expovariate(1 / (mean * pace)), once)

    def _weather(self) -> None:
        """Have something go wrong that lasts."""
        rng, climate, office = self._rng, self._world.climate, self._office
        if rng.random() < climate.outage:
            self._world.sometimes["store_down"] += 1
            office.store.is_down = True
            seconds = rng.choice((1.0, 10.0, 60.0)) * climate.pace
            self._loop.call_later(seconds, self._bring_back)
        if rng.random() < climate.stream_lost:
            office.stream.lose(rng.choice((1, 10, office.stream.last + 1)))
        if rng.random() < climate.network_lost * 3:
            self._world.people.lose_network(rng.choice(self._world.people.people))
        for place, node in enumerate(self._nodes):
            self._trouble(place, node)

    def _bring_back(self) -> None:
        self._office.store.is_down = False

    def _trouble(self, place: int, node: Node) -> None:
        rng, climate = self._rng, self._world.climate
        if rng.random() < climate.router_dies and node.alive:
            node.die()
            self._world.sometimes["router_died"] += 1
            self._loop.call_later(rng.random() * 10 * climate.pace, self._start, place)
        if rng.random() < climate.router_freezes:
            self._world.sometimes["router_froze"] += 1
            node.freeze(rng.choice((1.0, 5.0, 20.0)) * climate.pace)
        if rng.random() < climate.clock_jumps:
            self._world.sometimes["clock_jumped"] += 1
            node.jump(timedelta(hours=rng.choice((-1, 1, 1))), stops=rng.random() < 0.3)

    def _start(self, place: int) -> None:
        if not self._nodes[place].alive:
            self._note_tally(self._nodes[place])
            name = f"router{place}.{self._loop.time()}"
            self._nodes[place] = Node(self._office, name)

    def _heal(self) -> None:
        self._is_over = True
        heal(self._world.climate)
        self._bring_back()
        for place, node in enumerate(self._nodes):
            node.jump(timedelta(0), stops=False)
            node.freeze(0.0)
            self._start(place)
        self._office.stream.resume()
        for person in self._world.people.people:
            person.unheard_until = 0.0
        self._world.administration.restore()

    def _end(self) -> None:
        for node in self._nodes:
            node.die()
            self._note_tally(node)
        self._loop.run_for(1.0)

    def _note_tally(self, node: Node) -> None:
        tally, sometimes = node.router.tally, self._world.sometimes
        for name in tally.__slots__:
            sometimes[f"router_{name}"] += getattr(tally, name)
