"""Reading of form fields that nobody vouches for."""

from typing import Final
from urllib.parse import parse_qsl

from adapters.channels.reading import Object, Unreadable

MOST_FIELDS: Final = 1_000
_REPLACEMENT: Final = "\ufffd"


def fields_of(body: bytes) -> Object:
    """Return the fields of a form, the first of each name. Raises `Unreadable`."""
    fields: Object = {}
    for name, value in pairs_in(body, "replace"):
        fields.setdefault(_storable(name), _storable(value))
    if not fields:
        raise Unreadable("not-a-form")
    return fields


def pairs_in(body: bytes, errors: str) -> list[tuple[str, str]]:
    """
    Return the names and values of a form, in their order. Raises `Unreadable`.

    `errors` is what becomes of bytes that are no UTF-8, as for `bytes.decode`.
    """
    try:
        return parse_qsl(
            body.decode(errors=errors),
            keep_blank_values=True,
            errors=errors,
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise Unreadable("too-many-fields") from None


def _storable(text: str) -> str:
    return text.replace("\x00", _REPLACEMENT)
