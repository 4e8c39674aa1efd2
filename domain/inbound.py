"""
What channels say, in the same words for every channel.

An adapter reads a provider's body into these values; `domain.intake` decides what
becomes of them. They are not stored: what is recorded are a chat's events.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from domain.chat.events import MessageState
from domain.content import Parts
from domain.values import Identity, Timestamp


@dataclass(frozen=True, slots=True)
class AccountRef:
    """Which connected account a body speaks of: (`whatsapp.phone_number_id`, `1065…`)."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end. Where there is no thread, the first identity is answered to."""

    identities: tuple[Identity, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """Something that a provider told us, once or many times."""

    account: AccountRef | None
    """None where the body does not name it: the account of the webhook's path is meant."""
    dedup_key: str
    """
    The same in every delivery, re-batching and order; unique within the account. `m:` and
    the provider's id for a message, so that the echo of what we sent is known again.
    """
    occurred_at: Timestamp
    """By the provider's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FromPeer(Inbound):
    peer: Peer
    thread: str | None = None
    """Where the talk goes on and answers are sent, if not simply with the peer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageArrived(FromPeer):
    provider_id: str
    parts: Parts
    reply_to: str | None = None
    forwarded: bool = False
    referral: str | None = None
    subject: str | None = None
    """Of an e-mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageWasEdited(FromPeer):
    provider_id: str
    parts: Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageWasDeleted(FromPeer):
    provider_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionArrived(FromPeer):
    provider_id: str
    """Of the message reacted to."""
    emoji: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoArrived(FromPeer):
    """A message that somebody sent to the peer from the provider's own app."""

    provider_id: str
    parts: Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReported(Inbound):
    """
    One message of ours came so far; or, with a `watermark`, all that we had sent to `peer`
    until then did.
    """

    state: MessageState
    provider_id: str | None = None
    correlation: str | None = None
    """Our own message id, where the provider gives it back."""
    error: str | None = None
    """`<error kind>: <what the provider said>` where the state is failed."""
    watermark: Timestamp | None = None
    """Given together with `peer`, and without `provider_id`."""
    peer: Peer | None = None
    thread: str | None = None


class Consent(StrEnum):
    OPTED_IN = "opted-in"
    OPTED_OUT = "opted-out"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChanged(FromPeer):
    consent: Consent
    scope: str = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Inbound):
    """Something about the account or a thing that Recado has no use for yet: kept, shown."""

    code: str
    raw: str
    why: Literal["notice", "unknown", "unreadable", "mismatch"] = "notice"


InboundEvent = (
    MessageArrived
    | MessageWasEdited
    | MessageWasDeleted
    | ReactionArrived
    | EchoArrived
    | DeliveryReported
    | ConsentChanged
    | Notice
)
