"""
What people enter into a client's record, as it is stored: one text for each fact (C1, C2).

Equal facts give equal texts, however they were entered, so that they can be compared,
searched and folded without knowing what they are.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from domain.client.documents import bare, is_cnpj, is_cpf
from domain.field import FieldKind

LONGEST: Final = 2_000
LONGEST_NOTES: Final = 20_000
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_LONGEST_EMAIL: Final = 254
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST_DOCUMENT: Final = 30
_MOST_DIGITS: Final = 15
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Detail(StrEnum):
    """The facts that every client's record has, besides name and tags."""

    EMAIL = "email"
    PHONE = "phone"
    CPF = "cpf"
    CNPJ = "cnpj"
    NOTES = "notes"


DOCUMENTS: Final = frozenset({Detail.CPF.value, Detail.CNPJ.value, FieldKind.DOCUMENT.value})
"""Kinds of facts that are masked for those without the right to see them (C2)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as it is stored; None for none."""

    value: str | None
    unverified: bool = False
    """It failed its check, and was kept all the same."""


class Unfit(ValueError):
    """What was entered is no such fact; `code` says why, for programs."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def detail(which: Detail, entered: Any, *, keep_unverified: bool = False) -> Fact:
    """
    Return what was entered for one of the facts that every record has; raise `Unfit`.

    >>> detail(Detail.CNPJ, "12.abc.345/01de-35")
    Fact(value='12ABC34501DE35', unverified=False)
    """
    text = _text(entered, LONGEST_NOTES if which is Detail.NOTES else LONGEST)
    if text is None:
        return Fact(None)
    match which:
        case Detail.EMAIL:
            return _email(text)
        case Detail.PHONE:
            return _checked(text, _PHONE.fullmatch(text) is not None, "invalid_phone", keep=False)
        case Detail.CPF:
            number = bare(text)
            return _checked(number, is_cpf(number), "invalid_cpf", keep=keep_unverified)
        case Detail.CNPJ:
            number = bare(text)
            return _checked(number, is_cnpj(number), "invalid_cnpj", keep=keep_unverified)
        case Detail.NOTES:
            return Fact(text)


def of_kind(
    kind: FieldKind, entered: Any, options: tuple[str, ...] = (), *, keep_unverified: bool = False
) -> Fact:
    """Return what was entered into a field of the company's own; raise `Unfit`."""
    if entered is None or entered == "":
        return Fact(None)
    if kind is FieldKind.DOCUMENT:
        number = bare(_text(entered, LONGEST) or "")
        is_right = is_cpf(number) or is_cnpj(number)
        return _checked(number, is_right, "invalid_cpf_cnpj", keep=keep_unverified)
    if kind is FieldKind.LIST:
        if entered not in options:
            raise Unfit("not_an_option")
        return Fact(entered)
    return Fact(_READ[kind](entered))


def plain(kind: FieldKind, value: str) -> Any:
    """
    Return a stored fact as a plain value for JSON.

    >>> plain(FieldKind.NUMBER, "12.5"), plain(FieldKind.BOOLEAN, "true")
    (12.5, True)
    """
    match kind:
        case FieldKind.NUMBER:
            return float(value) if "." in value else int(value)
        case FieldKind.BOOLEAN:
            return value == "true"
        case _:
            return value


def _text(entered: Any, longest: int) -> str | None:
    if entered is None:
        return None
    if not isinstance(entered, str):
        raise Unfit("not_a_text")
    text = entered.replace("\x00", "\ufffd").strip()
    if len(text) > longest:
        raise Unfit("too_long")
    return text or None


def _checked(text: str, is_right: bool, code: str, *, keep: bool) -> Fact:
    if is_right:
        return Fact(text)
    if not keep or not text or len(text) > _LONGEST_DOCUMENT:
        raise Unfit(code)
    return Fact(text, unverified=True)


def _email(text: str) -> Fact:
    if len(text) > _LONGEST_EMAIL or _EMAIL.fullmatch(text) is None:
        raise Unfit("invalid_email")
    name, _, domain = text.rpartition("@")
    return Fact(f"{name}@{domain.lower()}")


def _number(entered: Any) -> str:
    if isinstance(entered, bool) or not isinstance(entered, int | float | str):
        raise Unfit("invalid_number")
    try:
        number = Decimal(str(entered).strip()[:LONGEST])
    except InvalidOperation:
        raise Unfit("invalid_number") from None
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise Unfit("invalid_number")
    number = number.normalize()
    if len(number.as_tuple().digits) > _MOST_DIGITS:
        raise Unfit("invalid_number")
    return format(number + 0, "f")


def _date(entered: Any) -> str:
    try:
        return date.fromisoformat(entered).isoformat()
    except (TypeError, ValueError):
        raise Unfit("invalid_date") from None


def _boolean(entered: Any) -> str:
    if not isinstance(entered, bool):
        raise Unfit("invalid_boolean")
    return "true" if entered else "false"


def _link(entered: Any) -> str:
    text = _text(entered, LONGEST) or ""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        raise Unfit("invalid_link") from None
    # Anything else than the web could be a script that runs when somebody clicks.
    if parts.scheme not in {"http", "https"} or not host or _CONTROL.search(text) or " " in text:
        raise Unfit("invalid_link")
    return text


def _free(entered: Any) -> str | None:
    return _text(entered, LONGEST)


_READ: Final[dict[FieldKind, Callable[[Any], str | None]]] = {
    FieldKind.TEXT: _free,
    FieldKind.NUMBER: _number,
    FieldKind.DATE: _date,
    FieldKind.BOOLEAN: _boolean,
    FieldKind.LINK: _link,
}
