"""The files of a mail that was handed in by HTTP, and lies in no mailbox."""

from collections.abc import Iterator

from adapters.channels.base import RawRequest
from adapters.channels.email.config import EmailConfig
from adapters.channels.email.content import WHOLE_MAIL
from adapters.channels.email.mime import TooTangled, read_mail
from adapters.channels.email.parse import parse
from adapters.channels.email.references import PULLED, Reference
from adapters.channels.files import CarriedFile
from domain.content import Media
from domain.inbound import MessageArrived


def files_in(request: RawRequest, config: EmailConfig) -> Iterator[CarriedFile]:
    """Yield each file that the message in a mail refers to; none of what lies in a mailbox."""
    wanted = set() if request.method == PULLED else _wanted(request, config)
    if "0" in wanted:
        yield CarriedFile(request.body, WHOLE_MAIL)
    if wanted <= {"0"}:
        return
    try:
        leaves = [*read_mail(request.body).leaves()]
    except (TooTangled, RecursionError):
        return
    for number, part in leaves:
        if number in wanted:
            yield CarriedFile(part.content(), part.mime)


def _wanted(request: RawRequest, config: EmailConfig) -> set[str]:
    """Return the numbers of the parts that are files of the message."""
    parts = [
        part
        for event in parse(request, config)
        if isinstance(event, MessageArrived)
        for part in event.parts
    ]
    names = [part.reference for part in parts if isinstance(part, Media)]
    places = [Reference.read(name) for name in names if name is not None]
    return {place.part for place in places if place is not None}
