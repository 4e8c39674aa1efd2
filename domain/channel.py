"""
One account on a channel (a WhatsApp number, a Telegram bot), and what came in on it
that became no message.

The first half is a storage format: see `domain.chat.events` for its rules. Secrets of an
account are kept beside the log, never in it; the log holds a fingerprint of them.
"""

from dataclasses import dataclass, replace
from typing import Final, assert_never

from domain.errors import NotFound
from domain.event import Event
from domain.values import ChannelAccountId, GroupId, PersonalText, Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAdded(Event):
    TOPIC = "channel-added.v1"
    name: str
    """The `{account}` of the webhook's path."""
    channel: str
    """The kind: `whatsapp`, `telegram`, …"""
    group_id: GroupId | None = None
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfigured(Event):
    TOPIC = "channel-configured.v1"
    group_id: GroupId | None = None
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPaused(Event):
    """Nothing is sent until somebody mends it: token refused, account restricted."""

    TOPIC = "channel-paused.v1"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelResumed(Event):
    TOPIC = "channel-resumed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadKept(Event):
    """Something well signed that became no message, kept as it came (M4). Its own stream."""

    TOPIC = "payload-kept.v1"
    account_id: ChannelAccountId
    code: str
    why: str
    """`notice`, `unknown`, `unreadable`, `unmatched`, `mismatch`."""
    raw: PersonalText


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadReplayed(Event):
    TOPIC = "payload-replayed.v1"
    became: int
    """How many things the mended adapter read in it."""


DISCONNECTED: Final = "disconnected"
"""Why an account is paused whose configuration was taken away; connecting it resumes it."""

BY_HAND: Final = "by_hand"
"""Why an account is paused that somebody paused."""

ChannelEvent = ChannelAdded | ChannelConfigured | ChannelPaused | ChannelResumed
PayloadEvent = PayloadKept | PayloadReplayed


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectChannel:
    """The account is to be so from now on, whether it was there or not."""

    name: str
    channel: str
    group_id: GroupId | None
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseChannel:
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeChannel:
    pass


ChannelCommand = ConnectChannel | PauseChannel | ResumeChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPayload:
    account_id: ChannelAccountId
    code: str
    why: str
    raw: str


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    id: ChannelAccountId
    version: int = 0
    name: str = ""
    channel: str = ""
    group_id: GroupId | None = None
    fingerprint: str = ""
    paused: str | None = None

    @property
    def exists(self) -> bool:
        return self.version > 0


@dataclass(frozen=True, slots=True)
class Payload:
    id: str
    version: int = 0


def evolve(account: ChannelAccount, event: ChannelEvent) -> ChannelAccount:
    """Return the channel account after one more event."""
    account = replace(account, version=account.version + 1)
    match event:
        case ChannelAdded(name=name, channel=channel, group_id=group_id, fingerprint=fingerprint):
            return replace(
                account, name=name, channel=channel, group_id=group_id, fingerprint=fingerprint
            )
        case ChannelConfigured(group_id=group_id, fingerprint=fingerprint):
            return replace(account, group_id=group_id, fingerprint=fingerprint)
        case ChannelPaused(reason=reason):
            return replace(account, paused=reason)
        case ChannelResumed():
            return replace(account, paused=None)
        case _:
            assert_never(event)


def decide(account: ChannelAccount, command: ChannelCommand, now: Timestamp) -> list[ChannelEvent]:
    """Return what happens when `command` is asked of the channel account at `now`."""
    if isinstance(command, ConnectChannel):
        return _connect(account, command, now)
    if not account.exists:
        raise NotFound("channel", account.id)
    match command:
        case PauseChannel(reason=reason):
            # Paused by what went wrong, it may still be disconnected by somebody.
            is_news = account.paused is None or DISCONNECTED == reason != account.paused
            return [ChannelPaused(at=now, reason=reason)] if is_news else []
        case ResumeChannel():
            return [] if account.paused is None else [ChannelResumed(at=now)]
        case _:
            assert_never(command)


def _connect(
    account: ChannelAccount, command: ConnectChannel, now: Timestamp
) -> list[ChannelEvent]:
    if not account.exists:
        return [
            ChannelAdded(
                at=now,
                name=command.name,
                channel=command.channel,
                group_id=command.group_id,
                fingerprint=command.fingerprint,
            )
        ]
    is_same = (account.group_id, account.fingerprint) == (command.group_id, command.fingerprint)
    if is_same and account.paused != DISCONNECTED:
        return []
    if is_same:
        return [ChannelResumed(at=now)]
    configured = ChannelConfigured(
        at=now, group_id=command.group_id, fingerprint=command.fingerprint
    )
    return [configured, *([] if account.paused is None else [ChannelResumed(at=now)])]


def evolve_payload(payload: Payload, _: PayloadEvent) -> Payload:
    """Return the payload after one more event."""
    return replace(payload, version=payload.version + 1)


def decide_payload(payload: Payload, command: KeepPayload, now: Timestamp) -> list[PayloadEvent]:
    """Return the payload kept, unless it was kept before."""
    if payload.version:
        return []
    return [
        PayloadKept(
            at=now,
            account_id=command.account_id,
            code=command.code,
            why=command.why,
            raw=command.raw,
        )
    ]
