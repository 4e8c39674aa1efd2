"""A client: identities on channels, two names kept apart, and what is known of him (C1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from domain.client.events import (
    ClientCreated,
    ClientDetailChanged,
    ClientErased,
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
from domain.client.facts import Fact
from domain.inbound import Consent
from domain.values import ClientId, Identity

NAME: Final = "name"
TAGS: Final = "tags"


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
