"""
Files on their way: how a channel's files are fetched, and how ours are handed to it.

Each is a pure step machine. The host makes the call that it names and asks again with all
the answers so far, until it says what came of it. So an adapter that needs three calls for
a file is as free of I/O as one that needs one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from adapters.channels.results import SendErr
from adapters.channels.wire import HttpCall, HttpResponse, RawRequest, TransportFailure

Answers = Sequence[HttpResponse | TransportFailure]


@dataclass(frozen=True, slots=True)
class Download:
    """The call whose answer is the file itself; the host streams it into the store."""

    call: HttpCall
    sha256: str | None = None
    """What the provider says its content hashes to, in hex."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The file cannot be had."""

    why: str
    for_good: bool
    """False: it may be asked for again later."""


@dataclass(frozen=True, slots=True)
class OutFile:
    """A file of the attachment store that is to be sent."""

    sha256: str
    mime: str
    name: str
    content: bytes
    public_url: str | None = None
    """Where the provider may fetch it for a short time; None: this installation is not public."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The provider has the file, and calls it so."""

    handle: str


@runtime_checkable
class FetchesMedia(Protocol):
    def fetch(self, reference: str, answers: Answers) -> HttpCall | Download | Unavailable:
        """Return the next step towards a file that a message referred to."""
        ...


@runtime_checkable
class UploadsMedia(Protocol):
    """A channel to which files are handed over before the message that holds them."""

    def upload(self, file: OutFile, answers: Answers) -> HttpCall | Uploaded | SendErr:
        """Return the next step of handing over a file; `build` then finds its handle."""
        ...


@runtime_checkable
class HoldsFiles(Protocol):
    """A channel whose files no HTTP call gives out (IMAP): it fetches them itself."""

    async def file(self, reference: str) -> bytes | Unavailable:
        """Return a file that a message referred to; never an exception."""
        ...


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """A file that came within a request."""

    content: bytes
    mime: str | None
    """As the request says."""


@runtime_checkable
class CarriesFiles(Protocol):
    """
    A channel whose requests hold whole files that lie nowhere else (a mail handed in).

    The host keeps them before it says that it has the request; a message that refers to
    one tells its SHA-256, by which it is found.
    """

    def files(self, request: RawRequest) -> Iterable[CarriedFile]:
        """Return the files within a verified request."""
        ...


class Files(Protocol):
    """Where the files of messages lie, as the dispatcher needs it."""

    async def read(self, sha256: str) -> OutFile | None:
        """Return a file; None where there is none, or no more."""
        ...
