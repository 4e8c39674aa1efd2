"""What became of a call, and what the host does about it: the same for every channel."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from domain.inbound import Consent
from domain.values import Identity


class Reaction(StrEnum):
    """What the host does about an error, the same for every channel."""

    RETRY = "retry"
    """The same call again, later; the messages behind it in the chat wait."""
    ASK = "ask"
    """Shown as `unknown`; only a person sends it again."""
    PAUSE_ACCOUNT = "pause-account"
    """Nothing more leaves by this account until an administrator has mended it."""
    GIVE_UP = "give-up"
    """The message has failed; the operator sees why and may change it or try again."""


class ErrorKind(StrEnum):
    """Why something was not sent. The kind fixes what happens next."""

    RATE_LIMITED = "rate-limited"
    """Retried after `retry_after`, or after the host's own growing delay where it is None."""
    TRANSIENT = "transient"
    """The provider has not acted on it: retried with backoff and jitter."""
    UNKNOWN_OUTCOME = "unknown-outcome"
    """It left and the answer was lost or makes no sense: never retried by itself (M6)."""
    AUTH = "auth"
    """Token revoked or too weak: the account is paused and an administrator told."""
    WINDOW_CLOSED = "window-closed"
    """Only a template may be sent now (M10)."""
    RECIPIENT = "recipient"
    """Blocked, opted out, unknown, gone: stop writing to this client."""
    CONTENT = "content"
    """Too long, bad media, bad template: the operator must change it."""
    POLICY = "policy"
    """The provider restricts the account: paused, an administrator told."""
    CONFIG = "config"
    """A wrong setting: paused, an administrator told."""
    PERMANENT = "permanent"
    """Anything else that trying again does not mend."""

    @property
    def reaction(self) -> Reaction:
        return _REACTIONS.get(self, Reaction.GIVE_UP)


_REACTIONS: Final = {
    ErrorKind.RATE_LIMITED: Reaction.RETRY,
    ErrorKind.TRANSIENT: Reaction.RETRY,
    ErrorKind.UNKNOWN_OUTCOME: Reaction.ASK,
    ErrorKind.AUTH: Reaction.PAUSE_ACCOUNT,
    ErrorKind.POLICY: Reaction.PAUSE_ACCOUNT,
    ErrorKind.CONFIG: Reaction.PAUSE_ACCOUNT,
}


@dataclass(frozen=True, slots=True)
class SendOk:
    """The provider took it."""

    provider_id: str
    accepted_as: Literal["queued", "sent"] = "sent"
    """`queued`: it may still be held back; a delivery report says what became of it."""
    learned: Identity | None = None
    """Another identity of the same client that the answer gave away."""


@dataclass(frozen=True, slots=True)
class SendErr:
    """The provider, or the way to it, said no."""

    kind: ErrorKind
    code: str
    """The provider's own code, or the transport failure."""
    message: str
    retry_after: float | None = None
    """Seconds to wait, as the provider asked."""
    moved_to: str | None = None
    """The address is now this one: `build` again with it and send once more."""
    scope: Literal["account", "peer"] = "account"
    """Who is to wait where the rate is limited: everything, or what goes to this address."""
    consent: Consent | None = None
    """What it says about the client's will: he blocked us, or opted out."""
