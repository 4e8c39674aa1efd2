"""The installations that scenarios share, each of which leaves it as it found it."""

from collections.abc import Iterator

import pytest

from tests.scenarios.installation import Installation, Team


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


@pytest.fixture
def team(house: Installation) -> Iterator[Team]:
    """Two operators with a group and channels of their own; they go home after the test."""
    team = house.team()
    yield team
    for person in team.people:
        person.presence("offline")
