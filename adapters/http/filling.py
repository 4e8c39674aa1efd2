"""What the variables of reply templates stand for in one chat, for who answers it (T3)."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from adapters.http.auth import Viewer
from adapters.http.masking import client_for
from adapters.http.parts import AppParts
from domain.client.facts import Detail
from domain.errors import NotFound
from domain.field import FieldKind
from domain.values import ChatId
from domain.variables import Filled, filled, first_name, greeting, protocol
from projections.items import Item
from projections.text import folded

Values = dict[str, str | None]

_YES: Final = {"pt-BR": ("sim", "não"), "en": ("yes", "no"), "es": ("sí", "no")}


async def fill(parts: AppParts, viewer: Viewer, chat_id: ChatId, text: str) -> Filled:
    """Return a text with its variables replaced; raise `NotFound` for a chat he cannot see."""
    return filled(text, await values_in(parts, viewer, chat_id))


async def values_in(parts: AppParts, viewer: Viewer, chat_id: ChatId) -> Values:
    """Return the value of every variable in a chat; raise `NotFound` where he cannot see it."""
    queries = parts.queries
    await queries.settle(chat_id)
    chat = await queries.chat(viewer.scope, chat_id)
    if chat is None:
        raise NotFound("chat", chat_id)
    settings = await queries.settings()
    language, operator = settings["language"], viewer.operator
    group = chat["group"]
    opened = datetime.fromisoformat(chat["opened_at"])
    values: Values = {
        "greeting": greeting(datetime.now(UTC), settings["time_zone"], language),
        "protocol": protocol(chat_id, opened),
        "operator.name": operator.name,
        "operator.first_name": first_name(operator.name),
        "operator.email": operator.email,
        "group.name": None if group is None else group["name"],
    }
    client = await queries.client(chat["client"]["id"])
    if client is not None:
        fields = (await queries.fields()).items
        values |= _of_client(client_for(viewer.scope, client), fields, language)
    return values


def _of_client(client: Item, fields: Iterable[Item], language: str) -> Values:
    """Return what is known of a client; a field is named by its id or by its name."""
    values: Values = {f"client.{one.value}": client[one.value] for one in Detail}
    values["client.name"] = client["name"]
    values["client.first_name"] = first_name(client["name"])
    for field in fields:
        value = client["fields"].get(field["id"])
        said = None if value is None else spoken(FieldKind(field["kind"]), value, language)
        values[f"client.{field['id']}"] = said
        values.setdefault(f"client.{slug(field['name'])}", said)
    return values


def slug(name: str) -> str:
    """
    Return a field's name as it is written in a variable.

    >>> slug("Nº do Cartão")
    'n_do_cartao'
    """
    return re.sub(r"[^a-z0-9]+", "_", folded(name).replace("º", "")).strip("_")


def spoken(kind: FieldKind, value: Any, language: str) -> str:
    """
    Return a field's value as it is written in a language.

    >>> spoken(FieldKind.DATE, "2030-01-31", "es"), spoken(FieldKind.NUMBER, 12.5, "pt-BR")
    ('31/01/2030', '12,5')
    """
    match kind:
        case FieldKind.BOOLEAN:
            yes, no = _YES.get(language, _YES["pt-BR"])
            return yes if value else no
        case FieldKind.DATE if language != "en":
            return "/".join(reversed(str(value).split("-")))
        case FieldKind.NUMBER if language != "en":
            return str(value).replace(".", ",")
        case _:
            return str(value)
