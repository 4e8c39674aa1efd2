"""CPF and CNPJ out of answers for those without the right to see them (C2)."""

from typing import Any

from domain.access import Scope
from domain.documents import hidden
from domain.facts import DOCUMENTS
from projections.items import Item

Json = dict[str, Any]


def client_for(scope: Scope, item: Item) -> Item:
    """Return a client's record as somebody may see it."""
    if scope.may("documents") or not item["documents"]:
        return item
    masked = set(item["documents"])
    shown = {key: hidden(v) if key in masked and v else v for key, v in item.items()}
    fields = {key: hidden(v) if key in masked else v for key, v in item["fields"].items()}
    return shown | {"fields": fields}


def event_for(scope: Scope, event: Json) -> Json:
    """Return an event of a client's history as somebody may see it."""
    data: Json = event["data"]
    is_document = data.get("detail") in DOCUMENTS or data.get("kind") in DOCUMENTS
    if scope.may("documents") or not is_document or not data.get("value"):
        return event
    return event | {"data": data | {"value": hidden(data["value"])}}
