"""
Where another program hears of what happens here: an address, and which events it is told.

The first part is a storage format: see `domain.chat.events` for its rules. What it is signed
with is kept beside the log, never in it.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.errors import AlreadyExists, NotFound
from domain.event import Event
from domain.values import Timestamp, WebhookId

EVERYTHING = "*"
"""Instead of kinds: all that there are, those of later versions, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAdded(Event):
    TOPIC = "webhook-added.v1"
    url: str
    kinds: tuple[str, ...]
    """Topics without their version: `message-received`, …"""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChanged(Event):
    TOPIC = "webhook-changed.v1"
    url: str
    kinds: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecretReplaced(Event):
    """What follows is signed with both for a day, so that the other side can change over."""

    TOPIC = "webhook-secret-replaced.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDisabled(Event):
    """Nothing is sent until somebody enables it; what happens meanwhile waits."""

    TOPIC = "webhook-disabled.v1"
    reason: str
    """`by_hand`, `failing` after 75 hours, `gone` where the address said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEnabled(Event):
    TOPIC = "webhook-enabled.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReplayed(Event):
    """All after a position of the log is sent once more."""

    TOPIC = "webhook-replayed.v1"
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRemoved(Event):
    TOPIC = "webhook-removed.v1"


WebhookEvent = (
    WebhookAdded
    | WebhookChanged
    | WebhookSecretReplaced
    | WebhookDisabled
    | WebhookEnabled
    | WebhookReplayed
    | WebhookRemoved
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWebhook:
    url: str
    kinds: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWebhook:
    """None leaves it as it is."""

    url: str | None = None
    kinds: tuple[str, ...] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceWebhookSecret:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableWebhook:
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableWebhook:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWebhook:
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveWebhook:
    pass


WebhookCommand = (
    AddWebhook
    | ChangeWebhook
    | ReplaceWebhookSecret
    | DisableWebhook
    | EnableWebhook
    | ReplayWebhook
    | RemoveWebhook
)


@dataclass(frozen=True, slots=True)
class Webhook:
    id: WebhookId
    version: int = 0
    url: str = ""
    kinds: tuple[str, ...] = ()
    name: str = ""
    disabled: str | None = None
    """Why nothing is sent; None while it is."""
    exists: bool = False

    def wants(self, topic: str) -> bool:
        """
        Return whether it is told of events with a topic.

        >>> Webhook(WebhookId("w"), kinds=("chat-closed",)).wants("chat-closed.v1")
        True
        """
        return EVERYTHING in self.kinds or kind_of(topic) in self.kinds


def kind_of(topic: str) -> str:
    """
    Return a topic without its version.

    >>> kind_of("message-received.v1")
    'message-received'
    """
    return topic.rpartition(".")[0]


def evolve(webhook: Webhook, event: WebhookEvent) -> Webhook:
    """Return the webhook after one more event."""
    webhook = replace(webhook, version=webhook.version + 1)
    match event:
        case WebhookAdded(url=url, kinds=kinds, name=name):
            return replace(webhook, url=url, kinds=kinds, name=name, exists=True)
        case WebhookChanged(url=url, kinds=kinds, name=name):
            return replace(webhook, url=url, kinds=kinds, name=name)
        case WebhookDisabled(reason=reason):
            return replace(webhook, disabled=reason)
        case WebhookEnabled():
            return replace(webhook, disabled=None)
        case WebhookSecretReplaced() | WebhookReplayed():
            return webhook
        case WebhookRemoved():
            return replace(webhook, exists=False)
        case _:
            assert_never(event)


def decide(webhook: Webhook, command: WebhookCommand, now: Timestamp) -> list[WebhookEvent]:
    """Return what happens when `command` is asked of `webhook` at `now`."""
    if isinstance(command, AddWebhook):
        if webhook.version:
            raise AlreadyExists("webhook", command.url)
        return [WebhookAdded(at=now, url=command.url, kinds=command.kinds, name=command.name)]
    if not webhook.exists:
        raise NotFound("webhook", webhook.id)
    match command:
        case ChangeWebhook():
            return _change(webhook, command, now)
        case ReplaceWebhookSecret():
            return [WebhookSecretReplaced(at=now)]
        case DisableWebhook(reason=reason):
            return [] if webhook.disabled else [WebhookDisabled(at=now, reason=reason)]
        case EnableWebhook():
            return [WebhookEnabled(at=now)] if webhook.disabled else []
        case ReplayWebhook(after=after):
            return [WebhookReplayed(at=now, after=after)]
        case RemoveWebhook():
            return [WebhookRemoved(at=now)]
        case _:
            assert_never(command)


def _change(webhook: Webhook, command: ChangeWebhook, now: Timestamp) -> list[WebhookEvent]:
    wanted = replace(
        webhook,
        url=webhook.url if command.url is None else command.url,
        kinds=webhook.kinds if command.kinds is None else command.kinds,
        name=webhook.name if command.name is None else command.name,
    )
    if wanted == webhook:
        return []
    return [WebhookChanged(at=now, url=wanted.url, kinds=wanted.kinds, name=wanted.name)]
