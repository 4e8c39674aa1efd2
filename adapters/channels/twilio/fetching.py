"""A file that a client sent: Twilio keeps it, asks for a password, and leads elsewhere."""

from typing import Final
from urllib.parse import urlsplit

from adapters.channels.base import Answers, Download, HttpCall, Unavailable
from adapters.channels.redirects import follow
from adapters.channels.twilio.config import TwilioConfig
from adapters.channels.twilio.sending import authorization

_OURS: Final = ".twilio.com"
_TIMEOUT: Final = 60.0


def fetch(
    config: TwilioConfig, reference: str, answers: Answers
) -> HttpCall | Download | Unavailable:
    """Return the next step towards a file; the password is told to Twilio alone."""
    if not _is_twilios(config, reference):
        return Unavailable("it does not lie with Twilio", for_good=True)
    call = HttpCall(
        method="GET",
        url=reference,
        headers=(("authorization", authorization(config)),),
        content=b"",
        label="twilio media",
        timeout=_TIMEOUT,
    )
    return follow(call, answers)


def _is_twilios(config: TwilioConfig, address: str) -> bool:
    try:
        file, api = urlsplit(address), urlsplit(config.api_base)
        host, at_api = file.hostname or "", (file.scheme, file.netloc) == (api.scheme, api.netloc)
    except ValueError:
        return False
    plain = "@" not in file.netloc and address.isascii() and address.isprintable()
    return plain and (at_api or (file.scheme == "https" and host.endswith(_OURS)))
