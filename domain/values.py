"""Values that several entities share: ids, names of streams, marks of personal data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Final, NewType
from uuid import UUID

ChatId = NewType("ChatId", str)
ClientId = NewType("ClientId", str)
OperatorId = NewType("OperatorId", str)
GroupId = NewType("GroupId", str)
ChannelAccountId = NewType("ChannelAccountId", str)
FieldId = NewType("FieldId", str)
"""A field of the client's record that the company defined."""
TemplateId = NewType("TemplateId", str)
TagId = NewType("TagId", str)
WebhookId = NewType("WebhookId", str)
FilterId = NewType("FilterId", str)
"""A filter that is kept as a tab."""
TokenId = NewType("TokenId", str)
"""An operator's token for programs."""
StreamId = NewType("StreamId", str)
"""`<kind>-<id>`: one entity's events, e.g. `chat-0192…`."""

REMEMBERED: Final = 20_000
"""Derived names that a process keeps, so that a client's next message costs less."""

ACCOUNT_STREAM: Final = StreamId("account-main")
"""The company itself: one account has one log."""


@dataclass(frozen=True, slots=True)
class Personal:
    """Mark of a field that tells something about a person, so that it can be sealed (A4)."""


PersonalText = Annotated[str, Personal()]

ERASED: Final = "█████"
"""Stands where a personal text was that nobody can read any more."""


class Presence(StrEnum):
    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    AUDITOR = "auditor"


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """Return 0 for low to 3 for urgent, to be served in falling order (R5)."""
        return _RANKS[self]


_RANKS: Final = {p: n for n, p in enumerate(Priority)}


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """How a channel knows a client: a scheme (`whatsapp.phone`) and a value in it."""

    scheme: str
    value: PersonalText


@dataclass(frozen=True, slots=True)
class Meta:
    """Who asked for what became an event, and why (A1)."""

    actor: str
    """`operator:<id>`, `client:<id>`, `channel:<account id>`, `router`, `timer`, `cli`, …"""

    via: str = "system"
    """Where it came in: `http`, `webhook`, `cli`, `apply`, `router`, `dispatcher`, `timer`."""

    cause: str | None = None
    """The command's identity, or the position of the event that led to it."""


def stream_of(kind: str, id_: str) -> StreamId:
    """Return the name of one entity's stream."""
    return StreamId(f"{kind}-{id_}")


def split_stream(stream: str) -> tuple[str, str]:
    """Return kind and id of a stream's name."""
    kind, _, id_ = stream.partition("-")
    return kind, id_


@dataclass(frozen=True, slots=True)
class Naming:
    """
    Derives ids from what the outside calls a thing, the same in every process.

    Two processes that see a client's first message at the same instant thus name the
    same chat (S1). The installation's salt keeps an id from giving away, by trial,
    the telephone number that it was derived from.
    """

    salt: bytes

    def derive(self, *words: str) -> str:
        """Return a UUID (version 8: our own derivation) for the words, in this installation."""
        digest = blake2b(_joined(words), key=self.salt, digest_size=16).digest()
        number = int.from_bytes(digest, "big")
        number = number & ~(0xF << 76) | 0x8 << 76
        number = number & ~(0x3 << 62) | 0x2 << 62
        return str(UUID(int=number))

    def chat(self, account: str, thread: str, episode: int) -> ChatId:
        """Return the id of the nth chat with one client's thread on one channel account."""
        return ChatId(self.derive("chat", account, thread, str(episode)))

    @lru_cache(maxsize=REMEMBERED)  # noqa: B019  (an installation has one naming)
    def client(self, identity: Identity) -> ClientId:
        """Return the id of the client first seen under an identity."""
        return ClientId(self.derive("client", identity.scheme, identity.value))

    @lru_cache(maxsize=REMEMBERED)  # noqa: B019  (as above)
    def lasting_key(self, *words: str) -> str:
        """Return `key(*words)`, remembered: for words that come again with each message."""
        return self.key(*words)

    def key(self, *words: str) -> str:
        """Return an opaque lookup key: equal words, equal key; the words cannot be read from it."""
        return blake2b(_joined(words), key=self.salt, digest_size=18).hexdigest()


def _joined(words: tuple[str, ...]) -> bytes:
    """Return the words as one, such that no other words give the same."""
    joined = _BETWEEN.join(words)
    if joined.count(_BETWEEN) >= len(words) or _ESCAPE in joined:
        joined = _BETWEEN.join(
            word.replace(_ESCAPE, f"{_ESCAPE}0").replace(_BETWEEN, f"{_ESCAPE}1") for word in words
        )
    return joined.encode()


_BETWEEN: Final = "\x1f"
_ESCAPE: Final = "\x1e"


Timestamp = datetime
"""Always aware, always UTC."""
