"""Who is at either end, as Twilio writes it: `+5511…`, `whatsapp:+5511…`, `whatsapp:BR.1…`."""

import re
from typing import Final

from adapters.channels.reading import Object, text_of
from domain.inbound import AccountRef, Peer
from domain.values import Identity

WHATSAPP: Final = "whatsapp:"
ACCOUNT_SCHEME: Final = "twilio.sender"

_DIGITS: Final = re.compile(r"[0-9]{5,20}")
_CHANNEL: Final = re.compile(r"(?P<channel>[a-z]{2,20}):(?P<id>.+)", re.DOTALL)


def address_of(form: Object, key: str) -> str | None:
    """
    Return an address; None where there is none.

    A plus that was encoded twice, or not at all, is put right: numbers are compared.
    """
    given = (text_of(form, key) or "").replace("%2B", "+").replace("%2b", "+")
    channel, colon, number = given.rpartition(":")
    number = number.strip()
    was_a_space = given != given.strip() or number != given.rpartition(":")[2]
    if was_a_space and _DIGITS.fullmatch(number):
        number = f"+{number}"
    return f"{channel.strip()}{colon}{number}" or None


def account_of(address: str | None) -> AccountRef | None:
    return AccountRef(ACCOUNT_SCHEME, address) if address else None


def thread_of(address: str) -> str | None:
    """Return where an answer goes; None: to the number itself, by SMS."""
    return address if _CHANNEL.fullmatch(address) else None


def peer_of(form: Object, key: str = "From") -> Peer | None:
    """Return who is at the other end, by every name that is given; None where there is none."""
    address = address_of(form, key)
    if address is None:
        return None
    given = [identity_of(address)]
    for also in ("ExternalUserId", "WaId"):
        value = address_of(form, also)
        if value is not None and address.startswith(WHATSAPP):
            given.append(identity_of(f"{WHATSAPP}{value.removeprefix(WHATSAPP)}"))
    identities = tuple(dict.fromkeys(given))
    return Peer(identities, text_of(form, "ProfileName") or text_of(form, "Username"))


def identity_of(address: str) -> Identity:
    """
    Return the identity that an address stands for.

    WhatsApp's own are named as WhatsApp names them, so that a client is the same one on a
    number that is connected without Twilio.
    """
    match = _CHANNEL.fullmatch(address)
    if match is None:
        return Identity("sms.phone", address)
    if match["channel"] != "whatsapp":
        return Identity(f"twilio.{match['channel']}", match["id"])
    digits = match["id"].removeprefix("+")
    scheme = "whatsapp.phone" if _DIGITS.fullmatch(digits) else "whatsapp.user_id"
    return Identity(scheme, digits)
