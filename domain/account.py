"""
The company itself: the settings that an administrator gives.

The first half is a storage format: see `domain.chat.events` for its rules.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

from domain.event import Event
from domain.values import Timestamp

LONGEST_CHANNEL: Final = 200
MOST_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long a channel's clients are kept after something happened in their chats last."""

    channel: str
    """A channel account's name, a kind of channel, or `*` for all that nothing is said of."""
    days: int


def checked_retention(rule: Retention) -> Retention:
    """Return a rule that somebody gives; raise `ValueError` for one that makes no sense."""
    if not 1 <= len(rule.channel) <= LONGEST_CHANNEL or not 1 <= rule.days <= MOST_DAYS:
        raise ValueError(f"it names a channel, or *, and 1 to {MOST_DAYS} days")
    return rule


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    name: str = "Recado"
    language: str = "pt-BR"
    time_zone: str = "America/Sao_Paulo"
    patience: timedelta = timedelta(minutes=10)
    """How long a client may go unanswered before the chat is shown as waiting (V3)."""
    auto_assign: bool = True
    policy: str = "least_busy"
    sticky: timedelta | None = None
    """For how long a client goes back to his last operator where he is eligible (R4)."""
    presence_grace: timedelta = timedelta(seconds=90)
    warmup: int = 3
    reopen_within: timedelta = timedelta(hours=2)
    answer_within: timedelta | None = None
    save_unverified: Annotated[bool, Field(exclude_if=lambda may: not may)] = False
    """Whether a CPF or CNPJ that fails its check can be saved, marked as unverified (C2)."""
    require_second_factor: Annotated[bool, Field(exclude_if=lambda must: not must)] = False
    """Whether who signs in with a password can do nothing before he has a second factor."""
    header_fields: Annotated[tuple[str, ...], Field(exclude_if=lambda names: not names)] = ()
    """What of a client's record is shown in the chat's header: details and ids of fields (C5)."""
    retention: Annotated[tuple[Retention, ...], Field(exclude_if=lambda kept: not kept)] = ()
    """When clients are erased by themselves; never where nothing is said (A4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfigured(Event):
    TOPIC = "account-configured.v1"
    settings: AccountSettings


AccountEvent = AccountConfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureAccount:
    settings: AccountSettings


@dataclass(frozen=True, slots=True)
class Account:
    version: int = 0
    settings: AccountSettings = field(default_factory=AccountSettings)


def evolve(account: Account, event: AccountEvent) -> Account:
    """Return the account after one more event."""
    return replace(account, version=account.version + 1, settings=event.settings)


def decide(account: Account, command: ConfigureAccount, now: Timestamp) -> list[AccountEvent]:
    """Return what happens when `command` is asked of the account at `now`."""
    if command.settings == account.settings and account.version:
        return []
    return [AccountConfigured(at=now, settings=command.settings)]
