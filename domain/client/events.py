"""The facts of a client: a storage format, see `domain.chat.events` for its rules."""

from dataclasses import dataclass

from domain.client.facts import Detail
from domain.event import Event
from domain.field import FieldKind
from domain.inbound import Consent
from domain.values import ChannelAccountId, ClientId, FieldId, Identity, PersonalText


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
