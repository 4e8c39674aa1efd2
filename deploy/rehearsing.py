"""A rehearsal over an installation's log, read in order and in constant memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

import psycopg

from adapters.storage.postgres.windows import last_before
from deploy.installation import Installation
from deploy.periods import Period
from domain.errors import RecadoError
from domain.event import Recorded
from domain.values import ChatId, stream_of
from routers.fold import ChatIsForgotten, fold, recall
from routers.policies.base import Policy
from routers.rehearsal.plan import Plan
from routers.rehearsal.rehearsal import LEAD_IN, Rehearsal
from routers.state import Routing

_TOLD_EVERY: Final = 1_000


class NothingHappened(RecadoError):
    def __init__(self, period: Period) -> None:
        super().__init__(f"nothing happened from {period.since} to {period.until}")
        self.period = period


@dataclass(frozen=True, slots=True)
class Span:
    """Positions: events after `first` up to `last` happened in the period."""

    first: int
    last: int


def span_of(url: str, period: Period) -> Span:
    """Return where in the log a period is; raise `NothingHappened` where nothing is."""
    with psycopg.connect(url, autocommit=True) as connection:
        span = Span(last_before(connection, period.since), last_before(connection, period.until))
    if span.first >= span.last:
        raise NothingHappened(period)
    return span


def rehearse(
    installation: Installation,
    plan: Plan,
    period: Period,
    policies: Mapping[str, Policy],
    progress: Callable[[int, int], object] = lambda _done, _of: None,
) -> Rehearsal:
    """
    Return a period rehearsed; `progress` is told how many events of how many are read.

    Raises `NothingHappened`. Everything before the period is read, too: the chats that were
    open and the operators who were there as it began are known from it.
    """
    span = span_of(installation.urls.postgres, period)
    reader, decode = installation.reader, installation.mapper.decode

    def history(chat_id: ChatId) -> Iterable[Recorded]:
        return reader.history(stream_of("chat", chat_id))

    def told(events: Iterable[Recorded]) -> Iterator[Recorded]:
        for recorded in events:
            if recorded.position % _TOLD_EVERY == 0:
                progress(recorded.position, span.last)
            yield recorded

    events = told(decode(*raw) for raw in reader.raw())
    state, lead_in = Routing(), min(span.first, LEAD_IN)
    for recorded in islice(events, span.first - lead_in):
        _fold(state, recorded, history)
    rehearsal = Rehearsal(state.snapshot(), plan, history, policies)
    for recorded in islice(events, lead_in):
        rehearsal.lead_in(recorded)
    rehearsal.begin(period.since)
    for recorded in islice(events, span.last - span.first):
        rehearsal.take(recorded)
    rehearsal.end(period.until)
    return rehearsal


def _fold(
    state: Routing, recorded: Recorded, history: Callable[[ChatId], Iterable[Recorded]]
) -> None:
    try:
        fold(state, recorded)
    except ChatIsForgotten as forgotten:
        recall(state, history(forgotten.chat_id))
        fold(state, recorded)
