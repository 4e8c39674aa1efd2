"""What happens when something is asked of a client; pure."""

from typing import Final, assert_never

from domain.client.commands import (
    ClientCommand,
    EditClient,
    EndHold,
    Entry,
    HoldClient,
    LetGoOfClient,
    MeetClient,
    MergeInto,
    NameClient,
    NoteConsent,
    PartFrom,
    TakeInClient,
)
from domain.client.events import (
    ClientCreated,
    ClientDetailChanged,
    ClientEvent,
    ClientFieldChanged,
    ClientHeld,
    ClientHoldEnded,
    ClientLetGo,
    ClientMerged,
    ClientNamed,
    ClientNamedByChannel,
    ClientParted,
    ClientTagged,
    ClientTookIn,
    ConsentGiven,
    IdentityAdded,
)
from domain.client.facts import Detail, Fact
from domain.client.state import NAME, TAGS, Client
from domain.errors import CannotMerge, ClientIsErased, ClientIsMerged, ClientMovedOn, NotFound
from domain.values import FieldId, Timestamp

_NOTHING: Final = Fact(None)


def decide(client: Client, command: ClientCommand, now: Timestamp) -> list[ClientEvent]:
    """Return what happens when `command` is asked of `client` at `now`."""
    if isinstance(command, MeetClient):
        return _meet(client, command, now)
    if not client.exists:
        raise NotFound("client", client.id)
    if client.erased:
        raise ClientIsErased(client.id)
    match command:
        case NameClient(name=name):
            return _named(client, name, now)
        case NoteConsent(account_id=account_id, consent=consent, scope=scope):
            if (account_id, consent, scope) in client.consents:
                return []
            return [ConsentGiven(at=now, account_id=account_id, consent=consent, scope=scope)]
        case EditClient():
            return _edit(client, command, now)
        case HoldClient(reason=reason):
            return [] if client.held == reason else [ClientHeld(at=now, reason=reason)]
        case EndHold():
            return [] if client.held is None else [ClientHoldEnded(at=now)]
        case MergeInto(into=into):
            _check_is_alone(client)
            return [ClientMerged(at=now, into=into)]
        case PartFrom(from_client=other):
            is_in = client.merged_into == other
            return [ClientParted(at=now, from_client=other)] if is_in else []
        case TakeInClient(client_id=other):
            if client.merged_into is not None:
                raise ClientIsMerged(client.id, client.merged_into)
            return [ClientTookIn(at=now, client_id=other)]
        case LetGoOfClient(client_id=other):
            return [ClientLetGo(at=now, client_id=other)] if other in client.took_in else []
        case _:
            assert_never(command)


def _meet(client: Client, command: MeetClient, now: Timestamp) -> list[ClientEvent]:
    if not client.exists:
        return [ClientCreated(at=now, identities=command.identities, name=command.name)]
    events: list[ClientEvent] = [
        IdentityAdded(at=now, identity=identity)
        for identity in command.identities
        if identity not in client.identities
    ]
    if command.name and command.name != client.channel_name:
        events.append(ClientNamedByChannel(at=now, name=command.name))
    return events


def _named(client: Client, name: str | None, now: Timestamp) -> list[ClientEvent]:
    is_new = name is not None and name != client.given_name
    return [ClientNamed(at=now, name=name)] if name is not None and is_new else []


def _edit(client: Client, command: EditClient, now: Timestamp) -> list[ClientEvent]:
    if client.merged_into is not None:
        raise ClientIsMerged(client.id, client.merged_into)
    events = _named(client, command.name, now)
    touched = [NAME] if events else []
    for key, entry in command.entries.items():
        if client.facts.get(key, _NOTHING) != entry.fact:
            events.append(_changed(key, entry, now))
            touched.append(key)
    if command.tags is not None and command.tags != client.tags:
        added, removed = command.tags - client.tags, client.tags - command.tags
        tagged = ClientTagged(at=now, added=tuple(sorted(added)), removed=tuple(sorted(removed)))
        events.append(tagged)
        touched.append(TAGS)
    seen = command.seen_version
    if seen is not None:
        missed = tuple(key for key in touched if client.changed.get(key, 0) > seen)
        if missed:
            raise ClientMovedOn(client.id, seen, client.version, missed)
    return events


def _changed(key: str, entry: Entry, now: Timestamp) -> ClientEvent:
    value, unverified = entry.fact.value, entry.fact.unverified
    if entry.kind is None:
        return ClientDetailChanged(at=now, detail=Detail(key), value=value, unverified=unverified)
    return ClientFieldChanged(
        at=now, field_id=FieldId(key), kind=entry.kind, value=value, unverified=unverified
    )


def _check_is_alone(client: Client) -> None:
    """Raise where a record cannot go on in another: a merge goes one step deep (C4)."""
    if client.merged_into is not None:
        raise ClientIsMerged(client.id, client.merged_into)
    if client.took_in:
        raise CannotMerge(client.id, "others are merged into it")
