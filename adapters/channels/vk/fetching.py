"""A file that a client sent: its address is in the message, and may lead elsewhere."""

from typing import Final
from urllib.parse import urlsplit

from adapters.channels.base import Answers, Download, HttpCall, Unavailable
from adapters.channels.redirects import follow

_TIMEOUT: Final = 60.0


def fetch(reference: str, answers: Answers) -> HttpCall | Download | Unavailable:
    """Return the next step towards a file; what has a name alone is shown to no community."""
    if not _is_web_address(reference):
        return Unavailable("VK does not give this file to communities", for_good=True)
    return follow(HttpCall("GET", reference, (), b"", "vk media", _TIMEOUT), answers)


def _is_web_address(reference: str) -> bool:
    try:
        parts = urlsplit(reference)
    except ValueError:
        return False
    plain = "@" not in parts.netloc and reference.isascii() and reference.isprintable()
    return plain and parts.scheme == "https" and bool(parts.hostname)
