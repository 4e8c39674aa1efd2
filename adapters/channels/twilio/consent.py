"""What a client's STOP and START mean: Twilio acts on them, too."""

from typing import Final

from adapters.channels.reading import Object, text_of
from domain.inbound import Consent

_EVERYWHERE: Final = {
    "STOP": Consent.OPTED_OUT,
    "UNSUBSCRIBE": Consent.OPTED_OUT,
    "START": Consent.OPTED_IN,
    "UNSTOP": Consent.OPTED_IN,
}
_CHATS: Final = ("whatsapp:", "messenger:")
_BY_SMS: Final = {
    **_EVERYWHERE,
    **dict.fromkeys(("STOPALL", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), Consent.OPTED_OUT),
    "YES": Consent.OPTED_IN,
}
"""Where a carrier listens, these words alone are commands; in a chat they are just words."""


def consent_of(form: Object) -> Consent | None:
    """Return what the client wants; None where he says nothing about it."""
    told = (text_of(form, "OptOutType") or "").upper()
    if told in _EVERYWHERE:
        return _EVERYWHERE[told]
    in_a_chat = (text_of(form, "From") or "").startswith(_CHATS)
    words = _EVERYWHERE if in_a_chat else _BY_SMS
    return words.get((text_of(form, "Body") or "").strip().upper())
