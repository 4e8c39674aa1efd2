"""Files that a provider keeps elsewhere than where it says: the host follows no redirect."""

from dataclasses import replace
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin, urlsplit

from adapters.channels.files import Answers, Download, Unavailable
from adapters.channels.outcomes import kind_by_status
from adapters.channels.results import Reaction
from adapters.channels.wire import HttpCall, HttpResponse, TransportFailure

_MOST: Final = 4
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FIRST_BYTE: Final = ("range", "bytes=0-0")


def follow(call: HttpCall, answers: Answers) -> HttpCall | Download | Unavailable:
    """
    Return the next step towards a file, asking where it lies for its first byte alone.

    What the first call carries (a password, say) is not told to where it leads.
    """
    for answer in answers[:_MOST]:
        if isinstance(answer, TransportFailure):
            return Unavailable(f"the provider could not be reached: {answer}", for_good=False)
        if answer.status not in _REDIRECTS:
            return _judged(call, answer)
        leads_to = _leads_to(call.url, answer)
        if leads_to is None:
            return Unavailable("it leads nowhere", for_good=True)
        call = replace(call, url=leads_to, headers=())
    if len(answers) >= _MOST:
        return Unavailable("it leads from one address to the next", for_good=True)
    return replace(call, headers=(*call.headers, _FIRST_BYTE))


def _judged(call: HttpCall, answer: HttpResponse) -> Download | Unavailable:
    # A file without a first byte has none to give, and is a file all the same.
    if answer.is_success or answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return Download(call)
    return Unavailable(f"the provider answered {answer.status}", _is_for_good(answer.status))


def _is_for_good(status: int) -> bool:
    """Return whether asking again is no use; a wrong password may be mended."""
    lost = status == HTTPStatus.NOT_FOUND
    return lost or kind_by_status(status).reaction is Reaction.GIVE_UP


def _leads_to(url: str, answer: HttpResponse) -> str | None:
    """Return the secure address that an answer names; None where there is none."""
    location = next((value for name, value in answer.headers if name == "location"), None)
    if location is None:
        return None
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
    except ValueError:
        return None
    downgraded = parts.scheme != "https" and parts.scheme != urlsplit(url).scheme
    unusable = parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc
    return None if downgraded or unusable else target
