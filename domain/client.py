"""
One client: a set of identities on channels, two names kept apart, and what is known of him (C1).

The first half is a storage format: see `domain.chat.events` for its rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from domain.errors import CannotMerge, ClientIsErased, ClientIsMerged, ClientMovedOn, NotFound
from domain.event import Event
from domain.facts import Detail, Fact
from domain.field import FieldKind
from domain.inbound import Consent
from domain.values import (
    ChannelAccountId,
    ClientId,
    FieldId,
    Identity,
    PersonalText,
    Timestamp,
)

NAME: Final = "name"
TAGS: Final = "tags"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCreated(Event):
    TOPIC = "client-created.v1"
    identities: tuple[Identity, ...]
    name: PersonalText | None = None
    """As the channel gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityAdded(Event):
    TOPIC = "identity-added.v1"
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientNamedByChannel(Event):
    TOPIC = "client-named-by-channel.v1"
    name: PersonalText


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientNamed(Event):
    """An operator gave the name; it is shown before the channel's."""

    TOPIC = "client-named.v1"
    name: PersonalText


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    """The client allowed or forbade messages on a channel account."""

    TOPIC = "consent-given.v1"
    account_id: ChannelAccountId
    consent: Consent
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDetailChanged(Event):
    TOPIC = "client-detail-changed.v1"
    detail: Detail
    value: PersonalText | None = None
    """None where it was taken away."""
    unverified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFieldChanged(Event):
    """What a field of the company's own holds, by the kind that the field had then."""

    TOPIC = "client-field-changed.v1"
    field_id: FieldId
    kind: FieldKind
    value: PersonalText | None = None
    unverified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTagged(Event):
    TOPIC = "client-tagged.v1"
    added: tuple[PersonalText, ...] = ()
    removed: tuple[PersonalText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHeld(Event):
    """Nothing of him may be erased, because of this (A4)."""

    TOPIC = "client-held.v1"
    reason: PersonalText


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHoldEnded(Event):
    TOPIC = "client-hold-ended.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientErased(Event):
    """The certificate: his key was destroyed with it, and nobody can read him any more (A4)."""

    TOPIC = "client-erased.v1"
    basis: str
    """Why: `request`, `retention`, or `restored` where a backup brought him back."""
    chats: int
    messages: int
    """Messages, comments and transfers of these chats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMerged(Event):
    """He is somebody known under another record, too, which is shown from now on (C4)."""

    TOPIC = "client-merged.v1"
    into: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientParted(Event):
    """The merge is undone: the record stands for itself again."""

    TOPIC = "client-parted.v1"
    from_client: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTookIn(Event):
    """The record of another client is part of this one."""

    TOPIC = "client-took-in.v1"
    client_id: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLetGo(Event):
    TOPIC = "client-let-go.v1"
    client_id: ClientId


ClientEvent = (
    ClientCreated
    | IdentityAdded
    | ClientNamedByChannel
    | ClientNamed
    | ConsentGiven
    | ClientDetailChanged
    | ClientFieldChanged
    | ClientTagged
    | ClientHeld
    | ClientHoldEnded
    | ClientErased
    | ClientMerged
    | ClientParted
    | ClientTookIn
    | ClientLetGo
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetClient:
    """A channel brought him: he is to exist, with these identities and this name."""

    identities: tuple[Identity, ...]
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameClient:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteConsent:
    account_id: ChannelAccountId
    consent: Consent
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one field of the record is to hold."""

    fact: Fact
    kind: FieldKind | None = None
    """Of a field of the company's own; None for a detail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditClient:
    """
    Fields are to hold this; those not named stay (C6).

    `seen_version` is what the editor looked at: a field that was changed since by somebody
    else is not changed again unseen. None where any version will do.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    """By detail, or by the id of a field."""
    name: str | None = None
    tags: frozenset[str] | None = None
    seen_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldClient:
    """Nothing of him may be erased, because of this."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndHold:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeInto:
    """The record is to go on in another one; see `domain.record.MergeClients`."""

    into: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFrom:
    """The merge is to be undone; see `domain.record.PartClients`."""

    from_client: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeInClient:
    client_id: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class LetGoOfClient:
    client_id: ClientId


ClientCommand = (
    MeetClient
    | NameClient
    | NoteConsent
    | EditClient
    | HoldClient
    | EndHold
    | MergeInto
    | PartFrom
    | TakeInClient
    | LetGoOfClient
)


@dataclass(frozen=True, slots=True)
class Client:
    id: ClientId
    version: int = 0
    identities: frozenset[Identity] = frozenset()
    channel_name: str | None = None
    given_name: str | None = None
    consents: frozenset[tuple[str, Consent, str]] = frozenset()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """By detail or id of a field; what was taken away is not there."""
    tags: frozenset[str] = frozenset()
    changed: Mapping[str, int] = field(default_factory=dict)
    """The version at which each field was changed last by somebody (C6)."""
    merged_into: ClientId | None = None
    took_in: frozenset[ClientId] = frozenset()
    held: str | None = None
    """Why nothing of him may be erased; None where it may (A4)."""
    erased: bool = False

    @property
    def exists(self) -> bool:
        return self.version > 0


def evolve(client: Client, event: ClientEvent) -> Client:
    """Return the client after one more event."""
    client = replace(client, version=client.version + 1)
    match event:
        case ClientCreated(identities=identities, name=name):
            return replace(client, identities=frozenset(identities), channel_name=name)
        case IdentityAdded(identity=identity):
            return replace(client, identities=client.identities | {identity})
        case ClientNamedByChannel(name=name):
            return replace(client, channel_name=name)
        case ClientNamed(name=name):
            return _touched(replace(client, given_name=name), NAME)
        case ClientDetailChanged(detail=key) | ClientFieldChanged(field_id=key):
            return _hold(client, key, Fact(event.value, event.unverified))
        case ClientTagged(added=added, removed=removed):
            return _touched(
                replace(client, tags=client.tags.difference(removed).union(added)), TAGS
            )
        case ClientHeld(reason=reason):
            return replace(client, held=reason)
        case ClientHoldEnded():
            return replace(client, held=None)
        case ClientErased():
            return Client(
                client.id,
                client.version,
                merged_into=client.merged_into,
                took_in=client.took_in,
                erased=True,
            )
        case ClientMerged(into=into):
            return replace(client, merged_into=into)
        case ClientParted():
            return replace(client, merged_into=None)
        case ClientTookIn(client_id=other):
            return replace(client, took_in=client.took_in | {other})
        case ClientLetGo(client_id=other):
            return replace(client, took_in=client.took_in - {other})
        case ConsentGiven(account_id=account_id, consent=consent, scope=scope):
            others = {c for c in client.consents if (c[0], c[2]) != (account_id, scope)}
            return replace(client, consents=frozenset(others | {(account_id, consent, scope)}))
        case _:
            assert_never(event)


def _touched(client: Client, key: str) -> Client:
    return replace(client, changed={**client.changed, key: client.version})


def _hold(client: Client, key: str, fact: Fact) -> Client:
    others = {name: held for name, held in client.facts.items() if name != key}
    facts = others if fact.value is None else {**others, key: fact}
    return _touched(replace(client, facts=facts), key)


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


_NOTHING: Final = Fact(None)
