"""Search across chats and within one: folded, within one's visibility, never an error."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.http.conftest import Caller


async def searched(caller: Caller, who: str, q: str) -> Any:
    await caller.seen()
    got = await caller.get("/v1/search", who, params={"q": q})
    assert got.status_code == 200, got.text
    return got.json()


@pytest.mark.parametrize(
    "q",
    [
        "nota fiscal",
        "NOTAS FISCAIS",
        "instalacao",
        "instalações",
        "instal",
        "12345678909",
        "123.456.789-09",
        "12.abc.345/01de-35",
        "12ABC34501DE35",
        "nota 12345678909",
    ],
)
async def test_words_are_found_without_accents_case_masks_and_number(
    caller: Caller, q: str
) -> None:
    """C3, T2"""
    chat = await caller.new_chat(
        1, "As notas fiscais da instalação: CPF 123.456.789-09, CNPJ 12.ABC.345/01DE-35"
    )
    await caller.new_chat(2, "notícia de fiscalização")
    found = await searched(caller, "ana", q)

    assert [(m["chat_id"], m["client"]["name"]) for m in found["messages"]] == [(chat, "C1")]
    assert [c["id"] for c in found["chats"]] == [chat]
    listed = await caller.chats("ana", q=q)
    assert [c["id"] for c in listed] == [chat]


@pytest.mark.parametrize(
    "q", ["fabio", "FÁBIO K", "(11) 98765-4321", "11987654321", "8765-4321", "azul", "vip", "plan"]
)
async def test_everything_in_the_record_is_found(caller: Caller, q: str) -> None:
    """C3: custom fields included."""
    chat = await caller.new_chat()
    client = (await caller.get(f"/v1/chats/{chat}", "ana")).json()["client"]["id"]
    field = {"name": "Cor", "kind": "text"}
    id_ = (await caller.post("/v1/fields", "admin", field)).json()["id"]
    entered = {
        "name": "Fábio Kellows",
        "phone": "11 98765-4321",
        "tags": ["vip"],
        "notes": "do plano antigo",
        "fields": {id_: "Azul"},
    }
    changed = await caller.call("PATCH", f"/v1/clients/{client}", "ana", json=entered)
    assert changed.status_code == 200
    found = await searched(caller, "ana", q)
    listed = (await caller.get("/v1/clients", "admin", params={"q": q})).json()["items"]

    assert [one["id"] for one in found["clients"]] == [client] == [one["id"] for one in listed]
    assert [one["id"] for one in found["chats"]] == [chat]


async def test_the_very_words_come_before_other_forms_and_then_the_latest(caller: Caller) -> None:
    """T2"""
    for number, text in enumerate(("boleto um", "boletos dois", "boleto três"), 1):
        await caller.new_chat(number, text)
    found = await searched(caller, "ana", "boleto ")

    assert [m["text"] for m in found["messages"]] == ["boleto três", "boleto um", "boletos dois"]
    assert [m["hits"] for m in found["messages"]] == [[[0, 6]], [[0, 6]], [[0, 7]]]


async def test_what_one_does_not_see_is_not_found(caller: Caller) -> None:
    """V13: and is no longer found once it has moved."""
    chat = await caller.new_chat(1, "assunto confidencial")
    assert (await searched(caller, "caio", "confidencial"))["messages"] == []
    assert (await searched(caller, "caio", "c1")) | {"position": 0} == {
        "clients": [],
        "chats": [],
        "messages": [],
        "position": 0,
    }
    await caller.post(f"/v1/chats/{chat}/assign", "bia", {"operator": "me"})
    assert (await searched(caller, "ana", "confidencial"))["messages"] == []
    assert len((await searched(caller, "bia", "confidencial"))["messages"]) == 1
    assert len((await searched(caller, "sara", "confidencial"))["messages"]) == 0
    assert len((await searched(caller, "ada", "confidencial"))["messages"]) == 1


async def test_comments_are_found_too_and_edits_by_what_they_say_now(caller: Caller) -> None:
    """T2, M9"""
    chat = await caller.new_chat(1, "primeira")
    await caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    await caller.post(f"/v1/chats/{chat}/comments", "ana", {"text": "verificar estorno"})
    found = (await searched(caller, "ana", "estornos"))["messages"]

    assert [(m["kind"], m["seq"]) for m in found] == [("comment", 2)]


async def test_within_a_chat_every_place_is_told(caller: Caller) -> None:
    """T2"""
    chat = await caller.new_chat(1, "Instalação ou instalacao, CPF 123.456.789-09")
    await caller.telegram(1, "outra coisa")
    await caller.telegram(1, "a instalação")
    await caller.seen()
    path = f"/v1/chats/{chat}/messages"
    first = (await caller.get(path, "ana", params={"q": "INSTALACAO", "limit": 1})).json()
    more = {"q": "INSTALACAO", "cursor": first["next_cursor"]}
    second = (await caller.get(path, "ana", params=more)).json()
    number = (await caller.get(path, "ana", params={"q": "12345678909"})).json()

    assert (first["found"], second["found"]) == (2, 2)
    assert first["items"][0]["hits"] == [[0, 10], [14, 24]]
    assert [m["hits"] for m in second["items"]] == [[[2, 12]]]
    assert number["items"][0]["hits"] == [[30, 44]]


HOSTILE = [
    "",
    " ",
    "'",
    "\\",
    "!!! & | <-> :* ( ) 'a':*",
    "%_%",
    "\x00",
    "a" * 200,
    "- " * 100,
    "'; DROP TABLE x; --",
    "日本語 ありがとう",
    "١٢٣ 12345678901234567890",
    "\u202e\ufeff\ud7ff",
    "1" * 200,
]


@pytest.mark.parametrize("q", HOSTILE)
async def test_no_question_is_an_error(caller: Caller, q: str) -> None:
    """T2"""
    chat = await caller.new_chat(1, "oi")
    for path in ("/v1/search", "/v1/chats", "/v1/clients", f"/v1/chats/{chat}/messages"):
        for who in ("admin", "sara"):
            got = await caller.get(path, who, params={"q": q})
            assert got.status_code in {200, 403, 404}, (path, got.text)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(q=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
async def test_whatever_was_said_is_found_by_its_own_words(caller: Caller, q: str) -> None:
    """T2: and nothing that can be typed is an error."""
    await searched(caller, "admin", q)
