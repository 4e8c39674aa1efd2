"""What goes over a provider's wire: what it asked of us, and what we ask of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import urlsplit


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
    """The address that the provider called, with the query exactly as it came: some sign it."""

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
