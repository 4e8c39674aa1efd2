"""What a WhatsApp message is made of, as canonical parts."""

from collections.abc import Callable
from typing import Final

from adapters.channels.guessing import kept, medium_of
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
    Offer,
    Option,
    Order,
    Part,
    Parts,
    TemplateCall,
    Text,
)


def kind_of_message(message: Object) -> str:
    """Return its `type`; where that is absent, new or not there, the known kind that it holds."""
    kind = text_of(message, "type")
    if kind in message and (kind in _READERS or kind in OTHER_KINDS):
        return kind
    held = next((known for known in (*_READERS, *OTHER_KINDS) if known in message), None)
    return held or kind or "unknown"


def parts_of(message: Object) -> Parts:
    """Return a message's parts; what is not understood is kept as it came (M4)."""
    kind = kind_of_message(message)
    reader = _READERS.get(kind)
    parts = reader(message) if reader else ()
    return parts or _unknown(kind, message)


def _unknown(kind: str, message: Object) -> Parts:
    thing = object_of(message, kind)
    mime = text_of(thing, "mime_type")
    file = _file(thing, medium_of(mime)) if mime and text_of(thing, "id") else None
    return kept(text_of(thing, "type") or kind, message, thing, file)


def _text(message: Object) -> Parts:
    body = string_of(object_of(message, "text"), "body")
    return () if body is None else (Text(text=body),)


def _media_reader(kind: MediaKind) -> Callable[[Object], Parts]:
    def read(message: Object) -> Parts:
        file = object_of(message, kind.value)
        is_voice = kind is MediaKind.AUDIO and flag_of(file, "voice")
        return (_file(file, MediaKind.VOICE if is_voice else kind),) if file else ()

    return read


def _file(file: Object, kind: MediaKind) -> Media:
    # Its `url` lives five minutes and is not kept: the id gives a new one.
    return Media(
        media=kind,
        reference=text_of(file, "id"),
        mime=text_of(file, "mime_type"),
        name=text_of(file, "filename"),
        size=int_of(file, "file_size"),
        sha256=text_of(file, "sha256"),
        caption=text_of(file, "caption"),
    )


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
    given = [text_of(p, "phone") or text_of(p, "wa_id") for p in objects_of(card, "phones")]
    phones = tuple(phone for phone in given if phone)
    emails = [text_of(e, "email") for e in objects_of(card, "emails")]
    first_and_last = [text_of(name, "first_name"), text_of(name, "last_name")]
    called = text_of(name, "formatted_name") or " ".join(w for w in first_and_last if w)
    company = text_of(object_of(card, "org"), "company")
    return ContactCard(
        name=called or company or next(iter(phones), ""),
        phones=phones,
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
    return _question(answer)


def _question(asked: Object) -> Parts:
    """Return what somebody of ours asked with buttons or a list: it comes back as an echo."""
    words = text_of(object_of(asked, "body"), "text") or text_of(object_of(asked, "header"), "text")
    action = object_of(asked, "action")
    rows = [object_of(button, "reply") for button in objects_of(action, "buttons")]
    for section in objects_of(action, "sections"):
        rows += objects_of(section, "rows")
    options = tuple(
        Option(id=text_of(row, "id") or title, title=title)
        for row in rows
        if (title := text_of(row, "title")) is not None
    )
    if options:
        return (Offer(text=words or "", options=options),)
    return () if words is None else (Text(text=words),)


def _template(message: Object) -> Parts:
    """Return an approved message; its words are known as far as they fill in blanks."""
    template = object_of(message, "template")
    name = text_of(template, "name")
    if name is None:
        return ()
    blanks = (b for c in objects_of(template, "components") for b in objects_of(c, "parameters"))
    values = tuple(words for blank in blanks if (words := text_of(blank, "text")) is not None)
    language = text_of(object_of(template, "language"), "code") or ""
    return (TemplateCall(name=name, language=language, values=values, text=name),)


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
    "template": _template,
}

OTHER_KINDS: Final = ("reaction", "edit", "revoke", "system", "request_welcome", "unsupported")
"""Kinds in a list of messages that have no parts of their own."""
