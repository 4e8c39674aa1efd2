"""The installations that scenarios share, each of which leaves it as it found it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.scenarios.installation import Installation, Team
from tests.scenarios.people import Person
from tests.scenarios.waiting import until


@pytest.fixture(scope="session")
def house() -> Iterator[Installation]:
    """A running installation; each test asks it for a team of its own."""
    with Installation() as installation:
        yield installation


@pytest.fixture(scope="session")
def second(house: Installation) -> Iterator[str]:
    """The address of a second `serve` on the same log."""
    with house.another("serve") as address:
        yield address


@dataclass(frozen=True, slots=True)
class Newcomer:
    """The only operator of a company, who has just come online to eight chats that wait."""

    house: Installation
    person: Person
    chats: tuple[str, ...]
    """What their clients wrote, the oldest first."""


@pytest.fixture(scope="session")
def newcomer() -> Iterator[Newcomer]:
    """The first minute of an operator, which passes while other tests run."""
    with Installation() as house:
        house.settings(warmup=3)
        team = house.team(operators=1, capacity=5)
        (ana,) = team.people
        words = tuple(f"hi {client}" for client in range(1, 9))
        for client, text in enumerate(words):
            house.post(team.telegram.text(client + 1, text, 1))
        until(lambda: len(ana.chats("new")) == len(words))
        assert ana.mine() == []
        ana.presence("online")
        yield Newcomer(house, ana, words)


@pytest.fixture
def team(house: Installation) -> Iterator[Team]:
    """Two operators with a group and channels of their own; they go home after the test."""
    team = house.team()
    yield team
    for person in team.people:
        person.presence("offline")
