"""What a WhatsApp message is made of, as canonical parts."""

from collections.abc import Callable
from typing import Final

from adapters.channels.reading import (
    Object,
    flag_of,
    float_of,
    int_of,
    object_of,
    objects_of,
    raw_text,
    string_of,
    text_of,
)
from domain.content import (
    Choice,
    ContactCard,
    Location,
    Media,
    MediaKind,
    Order,
    Part,
    Parts,
    Text,
    Unsupported,
)


def kind_of_message(message: Object) -> str:
    """Return its `type`; where that is absent or new, the known kind that it holds."""
    kind = text_of(message, "type")
    if kind in _READERS or kind in OTHER_KINDS:
        return kind
    held = next((known for known in (*_READERS, *OTHER_KINDS) if known in message), None)
    return held or kind or "unknown"


def parts_of(message: Object) -> Parts:
    """Return a message's parts; what is not understood is kept as it came (M4)."""
    kind = kind_of_message(message)
    reader = _READERS.get(kind)
    parts = reader(message) if reader else ()
    return parts or (Unsupported(what=_name_of_unknown(kind, message), raw=raw_text(message)),)


def _name_of_unknown(kind: str, message: Object) -> str:
    return text_of(object_of(message, kind), "type") or kind


def _text(message: Object) -> Parts:
    body = string_of(object_of(message, "text"), "body")
    return () if body is None else (Text(text=body),)


def _media_reader(kind: MediaKind) -> Callable[[Object], Parts]:
    def read(message: Object) -> Parts:
        file = object_of(message, kind.value)
        is_voice = kind is MediaKind.AUDIO and flag_of(file, "voice")
        if not file:
            return ()
        # Its `url` lives five minutes and is not kept: the id gives a new one.
        return (
            Media(
                media=MediaKind.VOICE if is_voice else kind,
                reference=text_of(file, "id"),
                mime=text_of(file, "mime_type"),
                name=text_of(file, "filename"),
                size=int_of(file, "file_size"),
                sha256=text_of(file, "sha256"),
                caption=text_of(file, "caption"),
            ),
        )

    return read


def _location(message: Object) -> Parts:
    place = object_of(message, "location")
    latitude, longitude = float_of(place, "latitude"), float_of(place, "longitude")
    if latitude is None or longitude is None:
        return ()
    name, address = text_of(place, "name"), text_of(place, "address")
    return (Location(latitude=latitude, longitude=longitude, name=name, address=address),)


def _contacts(message: Object) -> Parts:
    return tuple(_card(card) for card in objects_of(message, "contacts"))


def _card(card: Object) -> Part:
    name = object_of(card, "name")
    phones = [text_of(p, "phone") or text_of(p, "wa_id") for p in objects_of(card, "phones")]
    emails = [text_of(e, "email") for e in objects_of(card, "emails")]
    given = [text_of(name, "first_name"), text_of(name, "last_name")]
    company = text_of(object_of(card, "org"), "company")
    return ContactCard(
        name=text_of(name, "formatted_name") or " ".join(w for w in given if w) or company or "",
        phones=tuple(phone for phone in phones if phone),
        emails=tuple(email for email in emails if email),
    )


def _interactive(message: Object) -> Parts:
    answer = object_of(message, "interactive")
    if form := object_of(answer, "nfm_reply"):
        return (_form(form),)
    if permission := object_of(answer, "call_permission_reply"):
        response = text_of(permission, "response") or "answered"
        return (Choice(id="call_permission_reply", title=response),)
    for value in answer.values():
        if isinstance(value, dict) and (title := text_of(value, "title") or text_of(value, "id")):
            id_, description = text_of(value, "id") or title, text_of(value, "description")
            return (Choice(id=id_, title=title, description=description),)
    return ()


def _form(form: Object) -> Part:
    """Return a filled-in form; its answers are the description, as the JSON that came."""
    name = text_of(form, "name") or "form"
    answers = text_of(form, "response_json")
    if answers is None and (given := object_of(form, "response_json")):
        answers = raw_text(given)
    return Choice(id=name, title=text_of(form, "body") or name, description=answers)


def _button(message: Object) -> Parts:
    button = object_of(message, "button")
    title = text_of(button, "text") or text_of(button, "payload")
    if title is None:
        return ()
    return (Choice(id=text_of(button, "payload") or title, title=title),)


def _order(message: Object) -> Parts:
    order = object_of(message, "order")
    items = tuple(_order_line(item) for item in objects_of(order, "product_items"))
    summary = text_of(order, "text") or ", ".join(items)
    return (Order(summary=summary, items=items),) if order else ()


def _order_line(item: Object) -> str:
    price, currency = float_of(item, "item_price"), text_of(item, "currency")
    line = f"{int_of(item, 'quantity') or 1} x {text_of(item, 'product_retailer_id') or '?'}"
    return line if price is None else f"{line} ({price:g} {currency or ''})".replace(" )", ")")


_READERS: Final[dict[str, Callable[[Object], Parts]]] = {
    "text": _text,
    **{kind.value: _media_reader(kind) for kind in MediaKind},
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _button,
    "order": _order,
}

OTHER_KINDS: Final = ("reaction", "edit", "revoke", "system", "request_welcome", "unsupported")
"""Kinds in a list of messages that have no parts of their own."""
