"""CPF and CNPJ out of answers for those without the right to see them (C2)."""

from typing import Any

from domain.access import Scope
from domain.client.documents import hidden
from domain.client.facts import DOCUMENTS
from projections.items import Item, without_documents

Json = dict[str, Any]


def client_for(scope: Scope, item: Item) -> Item:
    """Return a client's record as somebody may see it."""
    return item if scope.may("documents") else without_documents(item)


def event_for(scope: Scope, event: Json) -> Json:
    """Return an event of a client's history as somebody may see it."""
    data: Json = event["data"]
    is_document = data.get("detail") in DOCUMENTS or data.get("kind") in DOCUMENTS
    if scope.may("documents") or not is_document or not data.get("value"):
        return event
    return event | {"data": data | {"value": hidden(data["value"])}}
