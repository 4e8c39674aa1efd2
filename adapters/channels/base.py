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

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from http import HTTPStatus
from typing import ClassVar, Final, Literal, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel

from adapters.channels.reading import raw_body
from domain.chat.events import MessageState
from domain.content import Parts
from domain.inbound import AccountRef, InboundEvent, Notice
from domain.values import Identity

CONTRACT: Final = 1
"""Version of this contract; an adapter made for another one is not loaded."""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """What arrived, exactly. The names of headers are in lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    """Pairs and not a mapping: a header that was sent twice is a reason to refuse."""
    body: bytes
    received_at: datetime
    public_url: str
    """The address that the provider called, as it knows it; some providers sign it."""

    def headers_named(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key == name]

    def query_named(self, name: str) -> list[str]:
        """Return every value of a query parameter."""
        return [value for key, value in self.query if key == name]


@dataclass(frozen=True, slots=True)
class Ack:
    """What to answer at once."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


class Verdict(StrEnum):
    """Whether a request comes from the provider; anything but OK is answered 401 or 403 (M3)."""

    OK = "ok"
    BAD_SIGNATURE = "bad-signature"
    MISSING_SIGNATURE = "missing-signature"
    STALE = "stale"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """Something to be sent. `message_id` is ours; a provider that takes one gives it back."""

    message_id: str
    address: str
    parts: Parts
    reply_to_provider_id: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class HttpCall:
    """
    A request that the host is asked to make, without following redirects.

    Its address and headers may hold a token: only `label` and the host's name are for logs.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    content: bytes
    label: str
    """What it does, e.g. `telegram sendMessage`."""
    timeout: float = 15.0

    def __repr__(self) -> str:
        host = urlsplit(self.url).hostname
        return f"HttpCall({self.method} {host}, {self.label}, {len(self.content)} bytes)"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back. The names of headers are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def is_success(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class TransportFailure(StrEnum):
    """Why there is no response."""

    REFUSED = "refused"
    DNS = "dns"
    TLS = "tls"
    TIMEOUT_BEFORE_BODY = "timeout-before-body"
    """No connection, or the body had not wholly left: the provider cannot have acted on it."""
    TIMEOUT_AFTER_BODY = "timeout-after-body"
    LOST_AFTER_BODY = "lost-after-body"
    """The connection broke after the body had left."""


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


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` calls in each `per`; `burst` more may be borrowed ahead."""

    count: int
    per: timedelta
    burst: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel can do, for the composer and the dispatcher."""

    max_text: int
    text_unit: Literal["chars", "utf16"]
    reply_window: timedelta | None
    """How long after the client's last message free text may be sent; None: always."""
    receipts: frozenset[MessageState]
    idempotent_send: bool
    """Whether a call may safely be made twice."""
    ordered_send: bool
    """Whether two accepted messages arrive in the order they were accepted."""
    rate_per_account: Rate
    rate_per_peer: Rate
    retry_horizon: timedelta
    """How long the provider delivers a webhook again that was not answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterMeta:
    """What an adapter is, known without making one."""

    kind: str
    title: str
    contract: int
    provider_version: str
    config: type[BaseModel]
    docs: str


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
