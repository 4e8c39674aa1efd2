"""What a channel can do, for the composer, the dispatcher and the page about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from domain.chat.events import MessageState
from domain.content import MediaKind

TextUnit = Literal["chars", "utf16", "bytes"]


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` calls in each `per`; `burst` more may be borrowed ahead."""

    count: int
    per: timedelta
    burst: int = 0


@dataclass(frozen=True, slots=True)
class MediaRule:
    """What a channel takes of one kind of file."""

    mimes: frozenset[str]
    """Types in lower case; `image/*` stands for all of a family, `*/*` for all."""
    max_bytes: int
    max_caption: int = 0
    """In units of `Capabilities.text_unit`; 0: the words beside it go as a message of their own."""


@dataclass(frozen=True, slots=True)
class ButtonRule:
    most: int
    max_title: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one connected account can do; whatever it cannot is refused before it is recorded."""

    max_text: int
    text_unit: TextUnit
    reply_window: timedelta | None
    """How long after the client's last message free text may be sent; None: always."""
    receipts: frozenset[MessageState]
    idempotent_send: bool
    """Whether a call may safely be made twice."""
    ordered_send: bool
    """Whether two accepted messages arrive in the order they were accepted."""
    rate_per_account: Rate
    rate_per_peer: Rate
    rate_per_group: Rate | None = None
    """In a chat of many, where it is another one."""
    retry_horizon: timedelta
    """How long the provider delivers a webhook again that was not answered."""
    media: Mapping[MediaKind, MediaRule] = field(default_factory=dict)
    """What may be sent; a kind that is not there cannot be."""
    buttons: ButtonRule | None = None
    """None: they are written out as lines of text."""
    templates: bool = False
    """Whether the provider has approved templates, which also leave outside the window."""
    reply_quote: bool = False
    """Whether an answer can quote the message that it answers."""
