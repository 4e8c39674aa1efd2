"""
The contract between the host and a channel.

An adapter is pure: its methods are functions of their arguments and of its configuration,
with no I/O, no clock and no store. The host serves HTTP, stores, retries, limits rates and
sends; so what a channel means can be tested, and replayed, without a network.

Where an answer goes (`address`) is the event's `thread` where it has one, and the value of
the peer's first identity where it has none. `build` takes that same text back.

* ChannelError
  + UnknownChannelKind    no adapter that could be loaded is called this
  + ConfigRefused         an adapter was given settings that it cannot work with
  + CannotBeSent          this channel cannot carry this message
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import ClassVar, Final, Literal, Protocol, runtime_checkable

from pydantic import BaseModel

from adapters.channels.capabilities import (
    ButtonRule,
    Capabilities,
    MediaRule,
    Rate,
    TextUnit,
)
from adapters.channels.files import (
    Answers,
    CarriedFile,
    CarriesFiles,
    Download,
    FetchesMedia,
    OutFile,
    Unavailable,
    Uploaded,
    UploadsMedia,
)
from adapters.channels.reading import raw_body
from adapters.channels.results import ErrorKind, Reaction, SendErr, SendOk
from adapters.channels.wire import (
    Ack,
    HttpCall,
    HttpResponse,
    RawRequest,
    TransportFailure,
    Verdict,
)
from domain.content import Parts
from domain.inbound import AccountRef, InboundEvent, Notice

__all__ = [
    "CONTRACT",
    "MOST_BYTES",
    "AccountRef",
    "Ack",
    "Acknowledges",
    "AdapterMeta",
    "Answers",
    "ButtonRule",
    "CannotBeSent",
    "Capabilities",
    "CarriedFile",
    "CarriesFiles",
    "ChannelAdapter",
    "ChannelError",
    "ConfigRefused",
    "Download",
    "ErrorKind",
    "ErrorRow",
    "FetchesMedia",
    "HasGroups",
    "HttpCall",
    "HttpResponse",
    "InboundEvent",
    "MediaRule",
    "OutFile",
    "OutboundMessage",
    "Pulled",
    "Pulls",
    "Rate",
    "RawRequest",
    "Reaction",
    "SendErr",
    "SendOk",
    "Sends",
    "TextUnit",
    "TransportFailure",
    "Unavailable",
    "UnknownChannelKind",
    "Uploaded",
    "UploadsMedia",
    "Verdict",
    "offers",
    "read_inbound",
    "unreadable",
]

MOST_BYTES: Final = 3 * 1024 * 1024
"""Of a webhook's body, where the channel says nothing else: what Meta's may have."""
CONTRACT: Final = 1
"""Version of this contract; an adapter made for another one is not loaded."""


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """Something to be sent. `message_id` is ours; a provider that takes one gives it back."""

    message_id: str
    address: str
    parts: Parts
    reply_to_provider_id: str | None = None
    files: Mapping[str, OutFile] = field(default_factory=dict)
    """The files of its media parts, by SHA-256."""
    handles: Mapping[str, str] = field(default_factory=dict)
    """What the provider calls those that were handed over (`UploadsMedia`), by SHA-256."""
    subject: str | None = None
    """Of the talk, where its messages have one (e-mail)."""
    last_received_id: str | None = None
    """The provider's id of the client's last message, which an e-mail answers."""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One of a provider's errors, for `classify` and for the page about the channel."""

    code: str
    kind: ErrorKind
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterMeta:
    """What an adapter is, known without making one."""

    kind: str
    title: str
    contract: int
    provider_version: str
    config: type[BaseModel]
    docs: str
    body: Literal["json", "form", "any"] = "json"
    """What its webhooks carry; anything else is refused before it is read."""
    most_bytes: int = MOST_BYTES
    """Of a webhook's body; a larger one is refused before it is read."""
    hosts: frozenset[str] = frozenset()
    """Names of the hosts that it calls where its configuration names no other."""
    errors: tuple[ErrorRow, ...] = ()
    """The provider's codes that `classify` knows."""
    setup: tuple[str, ...] = ()
    """What an administrator does to connect an account, step by step."""


class ChannelAdapter(Protocol):
    """One connected account of a channel. It is made as `Adapter(config)`."""

    meta: ClassVar[AdapterMeta]

    def account_ref(self) -> AccountRef:
        """Return how bodies from the provider name this account."""
        ...

    def capabilities(self) -> Capabilities: ...

    def handshake(self, request: RawRequest) -> Ack | None:
        """Return the answer to a provider that checks the address; None: this is no handshake."""
        ...

    def verify(self, request: RawRequest) -> Verdict:
        """Return whether the provider sent it, by its raw bytes and in constant time."""
        ...

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        """Return everything that a verified body says; never empty, never an exception (M4)."""
        ...

    def ack(self, request: RawRequest) -> Ack:
        """Return what to answer once all of it is committed (M2)."""
        ...

    def build(self, message: OutboundMessage) -> list[HttpCall]:
        """Return the calls that send it, to be made in this order. Raises `CannotBeSent`."""
        ...

    def classify(self, call: HttpCall, result: HttpResponse | TransportFailure) -> SendOk | SendErr:
        """Return what a call's result means."""
        ...


@dataclass(frozen=True, slots=True)
class Pulled:
    """One thing that was fetched from a provider that does not call us."""

    cursor: str
    """Where to go on; kept once the thing is committed."""
    request: RawRequest


@runtime_checkable
class Pulls(Protocol):
    """A channel that is asked for what is new (IMAP): `verify` is not called, `parse` is."""

    def pull(self, cursor: str | None) -> AsyncIterator[Pulled]:
        """Go through what is new after `cursor`, oldest first, and end; the host comes again."""
        ...


@runtime_checkable
class Sends(Protocol):
    """A channel that no HTTP call reaches (SMTP): `build` and `classify` are not called."""

    async def send(self, message: OutboundMessage) -> SendOk | SendErr:
        """Send it, and return what became of it; never an exception."""
        ...


@runtime_checkable
class Acknowledges(Protocol):
    """A channel whose buttons, once pressed, show a wait until it is told that we saw it."""

    def acknowledge(self, event: InboundEvent) -> HttpCall | None:
        """Return the call that says so; None for everything that nobody waits at."""
        ...


@runtime_checkable
class HasGroups(Protocol):
    """A channel with chats of many, for which `Capabilities.rate_per_group` is meant."""

    def is_group(self, address: str) -> bool: ...


@cache
def offers(adapter: type, ability: type) -> bool:
    """
    Return whether adapters of a class can do something that not all of them can.

    Asked anew for each webhook, a protocol costs as much as reading the webhook.
    """
    return issubclass(adapter, ability)


def read_inbound(adapter: ChannelAdapter, request: RawRequest) -> list[InboundEvent]:
    """
    Return what a verified request says, whatever the adapter does.

    An adapter from elsewhere may fail or come back with nothing; a body must still not be
    lost, nor be delivered again and again for a week.
    """
    try:
        events = adapter.parse(request)
    except Exception:
        events = []
    return events or [unreadable(request, "adapter-failed")]


def unreadable(request: RawRequest, code: str) -> Notice:
    """Return the record of a body that was not understood, as it came (M4)."""
    return Notice(
        account=None,
        dedup_key=f"x:{blake2b(request.body, digest_size=16).hexdigest()}",
        occurred_at=request.received_at,
        code=code,
        raw=raw_body(request.body),
        why="unreadable",
    )


class ChannelError(Exception):
    """Base of everything that goes wrong between the host and an adapter."""


class UnknownChannelKind(ChannelError):
    def __init__(self, kind: str, known: list[str]) -> None:
        super().__init__(f"there is no channel kind {kind!r}; there are: {', '.join(known)}")
        self.kind = kind


class ConfigRefused(ChannelError):
    def __init__(self, kind: str, problems: list[str]) -> None:
        super().__init__(f"config of channel kind {kind!r}: {'; '.join(problems)}")
        self.kind = kind
        self.problems = problems


class CannotBeSent(ChannelError):
    def __init__(self, message_id: str, why: str) -> None:
        super().__init__(f"message {message_id} cannot be sent: {why}")
        self.message_id = message_id
        self.why = why
