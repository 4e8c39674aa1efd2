"""
The frame around everything that this provider says.

One body holds several entries, of several accounts. What is in an entry differs: changes
for WhatsApp, messaging for Messenger and Instagram.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from adapters.channels.base import RawRequest, unreadable
from adapters.channels.meta.notes import note_junk
from adapters.channels.reading import Object, Unreadable, list_of, load_object, moment_of
from domain.inbound import AccountRef, InboundEvent

Read = Callable[[Object, datetime], Iterator[InboundEvent]]
"""Reads an object; the time stands in for one that is not given."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """The scope of what does not say whom it concerns."""

    now: datetime
    account: AccountRef | None = None


def parse(request: RawRequest, read_entry: Read, read_bare: Read) -> list[InboundEvent]:
    """
    Return everything that a body says: at least one value for each thing in it.

    `read_bare` reads a body without entries, as the provider's console shows and sends it.
    """
    try:
        body = load_object(request.body)
    except Unreadable as error:
        return [unreadable(request, error.code)]
    return list(_read(body, request.received_at, read_entry, read_bare))


def _read(body: Object, now: datetime, entry_reader: Read, bare: Read) -> Iterator[InboundEvent]:
    entries = list_of(body, "entry")
    if not entries:
        yield from bare(body, now)
        return
    yield from note_junk(entries, Nobody(now))
    for entry in entries:
        if isinstance(entry, dict):
            yield from entry_reader(entry, moment_of(entry, "time", now))
