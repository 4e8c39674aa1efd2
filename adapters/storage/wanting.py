"""What a batch of acts needs to look at, as far as the acts can tell."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

from adapters.storage.batch import Wanted
from adapters.storage.kept import Memory
from domain.ports import Act, Found
from domain.values import Naming, OperatorId, StreamId

T = TypeVar("T")


def wanted_by(acts: Sequence[Act], memory: Memory, naming: Naming) -> Wanted:
    """Return what the acts need that is not remembered."""
    streams = streams_needed(acts, memory.found.get, naming)
    return Wanted(
        keys=[key for key in keys_needed(acts, naming) if key not in memory.found],
        streams=[stream for stream in streams if stream not in memory.states],
        seats=list(seats_needed(acts)),
    )


def keys_needed(acts: Sequence[Act], naming: Naming) -> set[str]:
    identities = {act.identity for act in acts if act.identity is not None}
    return identities.union(*_told(acts, lambda act: act.keys(naming)))


def streams_needed(
    acts: Sequence[Act], find: Callable[[str], Found | None], naming: Naming
) -> set[StreamId]:
    return set[StreamId]().union(*_told(acts, lambda act: act.streams(find, naming)))


def seats_needed(acts: Sequence[Act]) -> set[OperatorId]:
    return set[OperatorId]().union(*_told(acts, lambda act: act.seats()))


def _told(acts: Iterable[Act], ask: Callable[[Act], Iterable[T]]) -> Iterator[list[T]]:
    """Yield what each act says it needs; one that fails here is told when it is decided."""
    for act in acts:
        with suppress(Exception):
            yield list(ask(act))
