"""Questions with answers to pick from: up to three are buttons, up to ten a list."""

from typing import Any, Final

from adapters.channels.base import ButtonRule
from adapters.channels.offers import fits
from domain.content import Offer

BUTTONS: Final = ButtonRule(most=10, max_title=24)

_AS_BUTTONS: Final = ButtonRule(most=3, max_title=20)
_LONGEST_TEXT: Final = 1024
"""Characters above buttons; a longer question goes ahead as a message of its own."""
_LONGEST_ID: Final = 200
_OPENS_LIST: Final = "\u2630"
"""What the list is opened with: a sign, since the client's language is not known here."""
_NO_WORDS: Final = "\u2193"
"""Above buttons there must be something."""


def interactive(offer: Offer) -> dict[str, Any] | None:
    """Return the question as the Cloud API takes it; None where it has to be written out."""
    ids = {option.id for option in offer.options}
    titles = {option.title for option in offer.options}
    if not fits(offer, BUTTONS) or len(ids) < len(offer.options) or len(titles) < len(ids):
        return None
    if not all(0 < len(id_) <= _LONGEST_ID for id_ in ids) or len(offer.text) > _LONGEST_TEXT:
        return None
    body = {"text": offer.text if offer.text.strip() else _NO_WORDS}
    rows = [{"id": option.id, "title": option.title} for option in offer.options]
    if fits(offer, _AS_BUTTONS):
        buttons = [{"type": "reply", "reply": row} for row in rows]
        return {"type": "button", "body": body, "action": {"buttons": buttons}}
    action = {"button": _OPENS_LIST, "sections": [{"rows": rows}]}
    return {"type": "list", "body": body, "action": action}
