"""How much of what others recorded is understood, and what is not."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from adapters.channels.conformance.cases import raw_request
from adapters.channels.conformance.hearing import heard_by
from adapters.channels.conformance.subject import Subject
from domain.content import Unsupported
from domain.inbound import InboundEvent, Notice

_WITHHELD: Final = ("unsupported", "ephemeral", '"errors"')
"""In what a provider says in place of a message that it does not hand on."""


@dataclass(frozen=True, slots=True)
class Understanding:
    bodies: int
    things: int
    """Messages, reports and notices that are in them."""
    missed: Mapping[str, int]
    """Things that should have been understood and were not: how many of each kind."""
    withheld: int
    """Messages of which the provider tells that there was one, and not what was in it."""

    @property
    def rate(self) -> float:
        """Return the share of things that were missed, from 0 to 1."""
        return sum(self.missed.values()) / self.things if self.things else 0.0


def understanding(subject: Subject) -> Understanding:
    """Return what an adapter makes of the recorded bodies of its cases."""
    adapter = subject.make()
    empty = raw_request(subject.cases.account, {"body": {}})
    heard = [heard_by(adapter, replace(empty, body=body)) for body in subject.cases.recordings]
    missed = Counter("nothing-read" for events in heard if not events)
    withheld = 0
    for event in (event for events in heard for event in events):
        for what, raw in _not_understood(event):
            if any(word in raw for word in _WITHHELD):
                withheld += 1
            else:
                missed[what] += 1
    things = sum(max(1, len(events)) for events in heard)
    return Understanding(len(heard), things, dict(missed), withheld)


def _not_understood(event: InboundEvent) -> Iterator[tuple[str, str]]:
    """Yield the name and the content of what an event only keeps: at most one."""
    if isinstance(event, Notice):
        if event.why != "notice":
            yield event.code, ""
        return
    for part in getattr(event, "parts", ()):
        if isinstance(part, Unsupported):
            yield part.what, part.raw
            return
