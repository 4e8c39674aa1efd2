"""
All cases through a desk in memory, as a bad day would deliver them: many times, in any
order, after a day of silence. What is recorded is what one clean delivery records.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from adapters.channels.base import InboundEvent
from adapters.channels.conformance.cases import NOW
from adapters.channels.conformance.hearing import heard_by
from adapters.channels.conformance.subject import Subject
from adapters.storage.mapper import EventMapper
from adapters.storage.memory import MemoryDesk
from domain.acts import Ask
from domain.channel import ConnectChannel
from domain.chat.events import MessageReceived
from domain.errors import IdentityReused
from domain.inbound import MessageArrived
from domain.intake import take_in
from domain.values import ChannelAccountId, Meta, stream_of

_ACCOUNT = ChannelAccountId("account-of-the-kit")
Said = list[tuple[str, str]]


def end_to_end(subject: Subject) -> Iterator[str]:
    """Yield what a storm of deliveries loses, or records twice."""
    clean = _events(subject)
    arrived = {e.provider_id for e in clean if isinstance(e, MessageArrived)}
    if not arrived:
        yield "no case gives a message"
        return
    random = Random(5)  # noqa: S311  (the same in every run)
    storm = [*clean, *_events(subject, timedelta(hours=24)), *clean]
    random.shuffle(storm)
    for name, events in (("one delivery", clean), ("a storm of deliveries", storm)):
        try:
            recorded = _recorded(subject, events)
        except Exception as error:
            yield f"{name} cannot be taken in: {type(error).__name__}: {error}"
            continue
        if len(recorded) != len(set(recorded)):
            yield f"{name} records a message twice"
        if lost := arrived - set(recorded):
            yield f"{name} loses {sorted(lost)[:3]}"


def _events(subject: Subject, later: timedelta = timedelta(0)) -> list[InboundEvent]:
    adapter = subject.make()
    requests = [subject.request(case) for case in subject.cases.inbound]
    late = [replace(request, received_at=request.received_at + later) for request in requests]
    return [event for request in late for event in heard_by(adapter, request)]


def _recorded(subject: Subject, events: list[InboundEvent]) -> list[str]:
    """Return the provider's id of every message that a desk records of them."""
    desk = MemoryDesk(EventMapper(), _clock, b"salt of the kit")
    connect = ConnectChannel(
        name="kit", channel=subject.meta.kind, group_id=None, fingerprint="kit"
    )
    stream = stream_of("channel", _ACCOUNT)
    desk.submit_now(Ask(stream=stream, command=connect, meta=Meta("cli", "apply")))
    for event in events:
        try:
            desk.submit_now(take_in(desk.naming, _ACCOUNT, event))
        except IdentityReused:
            continue  # the same name with other words: kept by the host, and no second message
    log = [recorded.event for recorded in desk.recorded()]
    return [event.provider_id for event in log if isinstance(event, MessageReceived)]


def _clock() -> datetime:
    return NOW + timedelta(days=2)
