"""Given, when, then: how a decider's rules are told in tests."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from typing import Final, Generic, TypeVar

from domain.errors import Refused
from domain.values import Timestamp

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
R = TypeVar("R", bound=Refused)

NOW: Final[Timestamp] = datetime(2030, 1, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Spec(Generic[S, C, E]):
    """A decider and the state that it stands at."""

    state: S
    decide: Callable[[S, C, Timestamp], list[E]]
    evolve: Callable[[S, E], S]

    def given(self, *events: E) -> "Spec[S, C, E]":
        """Return the decider after what happened before."""
        return replace(self, state=reduce(self.evolve, events, self.state))

    def when(self, command: C, at: Timestamp = NOW) -> "Asked[E]":
        """Return what becomes of a command."""
        try:
            return Asked(self.decide(self.state, command, at))
        except Refused as error:
            return Asked([], error)

    def when_twice(self, command: C, at: Timestamp = NOW) -> "Asked[E]":
        """Return what becomes of a command that has just been done."""
        return self.given(*self.decide(self.state, command, at)).when(command, at)


@dataclass(frozen=True)
class Asked(Generic[E]):
    events: list[E]
    error: Refused | None = None

    def then(self, *events: E) -> None:
        assert self.error is None
        assert self.events == [*events]

    def then_nothing(self) -> None:
        self.then()

    def then_refused(self, fact: type[R]) -> R:
        """Return the refusal, to look closer at what it says."""
        assert isinstance(self.error, fact)
        return self.error
