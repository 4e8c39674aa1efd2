"""
What happened to the ways in which an operator proves who he is; the proofs are kept elsewhere.

The first half is a storage format: see `domain.chat.events` for its rules.
"""

from dataclasses import dataclass

from domain.access import Action
from domain.event import Event
from domain.values import TokenId


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Event):
    TOPIC = "password-changed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorAdded(Event):
    TOPIC = "second-factor-added.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorRemoved(Event):
    TOPIC = "second-factor-removed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutEverywhere(Event):
    TOPIC = "signed-out-everywhere.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued(Event):
    TOPIC = "token-issued.v1"
    token: TokenId
    scopes: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked(Event):
    TOPIC = "token-revoked.v1"
    token: TokenId


SigningInEvent = (
    PasswordChanged
    | SecondFactorAdded
    | SecondFactorRemoved
    | SignedOutEverywhere
    | TokenIssued
    | TokenRevoked
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePassword:
    """Another password is in force: sessions that were opened with the old one end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSecondFactor:
    """There is a second factor from now on, or none any more."""

    is_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutEverywhere:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueToken:
    token: TokenId
    scopes: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeToken:
    token: TokenId


SigningInCommand = NotePassword | NoteSecondFactor | SignOutEverywhere | IssueToken | RevokeToken
