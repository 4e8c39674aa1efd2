"""
One client: a set of identities on channels, and two names kept apart (C1).

The first half is a storage format: see `domain.chat.events` for its rules.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.errors import NotFound
from domain.event import Event
from domain.inbound import Consent
from domain.values import ChannelAccountId, ClientId, Identity, PersonalText, Timestamp


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


ClientEvent = ClientCreated | IdentityAdded | ClientNamedByChannel | ClientNamed | ConsentGiven


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


ClientCommand = MeetClient | NameClient | NoteConsent


@dataclass(frozen=True, slots=True)
class Client:
    id: ClientId
    version: int = 0
    identities: frozenset[Identity] = frozenset()
    channel_name: str | None = None
    given_name: str | None = None
    consents: frozenset[tuple[str, Consent, str]] = frozenset()

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
            return replace(client, given_name=name)
        case ConsentGiven(account_id=account_id, consent=consent, scope=scope):
            others = {c for c in client.consents if (c[0], c[2]) != (account_id, scope)}
            return replace(client, consents=frozenset(others | {(account_id, consent, scope)}))
        case _:
            assert_never(event)


def decide(client: Client, command: ClientCommand, now: Timestamp) -> list[ClientEvent]:
    """Return what happens when `command` is asked of `client` at `now`."""
    if isinstance(command, MeetClient):
        return _meet(client, command, now)
    if not client.exists:
        raise NotFound("client", client.id)
    match command:
        case NameClient(name=name):
            return [] if client.given_name == name else [ClientNamed(at=now, name=name)]
        case NoteConsent(account_id=account_id, consent=consent, scope=scope):
            if (account_id, consent, scope) in client.consents:
                return []
            return [ConsentGiven(at=now, account_id=account_id, consent=consent, scope=scope)]
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
