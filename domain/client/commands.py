"""What can be asked of a client."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.client.facts import Fact
from domain.field import FieldKind
from domain.inbound import Consent
from domain.values import ChannelAccountId, ClientId, Identity


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
    """The record is to go on in another one; see `domain.client.record.MergeClients`."""

    into: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFrom:
    """The merge is to be undone; see `domain.client.record.PartClients`."""

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
