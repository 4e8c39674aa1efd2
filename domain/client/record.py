"""
Acts on clients' records: edits that are checked against the fields there are, and merges.

They are decided under the log's write lock, where neither a field's definition nor what
somebody else entered meanwhile can be stale (C6).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.acts import PlainAct
from domain.client.commands import (
    ClientCommand,
    EditClient,
    Entry,
    LetGoOfClient,
    MergeInto,
    PartFrom,
    TakeInClient,
)
from domain.client.decide import decide as decide_client
from domain.client.facts import Detail, Unfit, detail, of_kind
from domain.client.state import Client
from domain.errors import CannotMerge, InvalidRecord, NotFound
from domain.event import NewEvent
from domain.ports import Found, House
from domain.values import (
    ACCOUNT_STREAM,
    ClientId,
    FieldId,
    Naming,
    StreamId,
    stream_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRecord(PlainAct):
    """
    What was entered into a client's record: only what is given changes.

    Raises `InvalidRecord` with every field that is wrong, `ClientMovedOn` where somebody
    changed one of them since `seen_version`.
    """

    client_id: ClientId
    details: Mapping[Detail, Any]
    """As entered, a phone in the form of E.164; None takes it away."""
    fields: Mapping[FieldId, Any]
    name: str | None = None
    tags: frozenset[str] | None = None
    seen_version: int | None = None

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        yield stream_of("client", self.client_id)
        yield ACCOUNT_STREAM
        yield from (stream_of("field", id_) for id_ in self.fields)

    def decide(self, house: House) -> list[NewEvent]:
        command = EditClient(
            entries=self._entries(house),
            name=self.name,
            tags=self.tags,
            seen_version=self.seen_version,
        )
        return _told(house, self.client_id, command)

    def _entries(self, house: House) -> dict[str, Entry]:
        keep = house.account().settings.save_unverified
        entries: dict[str, Entry] = {}
        faults: list[tuple[str, str]] = []
        for which, entered in self.details.items():
            try:
                entries[which] = Entry(fact=detail(which, entered, keep_unverified=keep))
            except Unfit as unfit:
                faults.append((which.value, unfit.code))
        for id_, entered in self.fields.items():
            try:
                entries[id_] = _own(house, id_, entered, keep=keep)
            except Unfit as unfit:
                faults.append((f"fields/{id_}", unfit.code))
        if faults:
            raise InvalidRecord(tuple(faults))
        return entries


def _own(house: House, id_: FieldId, entered: Any, *, keep: bool) -> Entry:
    """Return what a field of the company's own is to hold; raise `Unfit`."""
    field = house.field(id_)
    if not field.active:
        raise Unfit("no_such_field")
    fact = of_kind(field.kind, entered, field.options, keep_unverified=keep)
    return Entry(fact=fact, kind=field.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeClients(PlainAct):
    """
    Two records are of one person: `other` goes on as `client_id` (C4).

    Nothing is copied: chats and identities stay where they are, and are shown under the
    record that stays. That is why undoing it leaves everything as it was.
    """

    client_id: ClientId
    other: ClientId

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return stream_of("client", self.client_id), stream_of("client", self.other)

    def decide(self, house: House) -> list[NewEvent]:
        stays, goes = house.client(self.client_id), house.client(self.other)
        _check_exist(stays, goes)
        if stays.id == goes.id:
            raise CannotMerge(goes.id, "it is the same record")
        if goes.merged_into == stays.id:
            return []
        return [
            *_told(house, stays.id, TakeInClient(client_id=goes.id)),
            *_told(house, goes.id, MergeInto(into=stays.id)),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartClients(PlainAct):
    """A merge is undone: each record has its own chats and identities again (C4)."""

    client_id: ClientId
    other: ClientId

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return stream_of("client", self.client_id), stream_of("client", self.other)

    def decide(self, house: House) -> list[NewEvent]:
        _check_exist(house.client(self.client_id), house.client(self.other))
        return [
            *_told(house, self.client_id, LetGoOfClient(client_id=self.other)),
            *_told(house, self.other, PartFrom(from_client=self.client_id)),
        ]


def _check_exist(*needed: Client) -> None:
    for client in needed:
        if not client.exists:
            raise NotFound("client", client.id)


def _told(house: House, id_: ClientId, command: ClientCommand) -> list[NewEvent]:
    stream = stream_of("client", id_)
    events = decide_client(house.client(id_), command, house.now)
    return [NewEvent(stream, event) for event in events]
