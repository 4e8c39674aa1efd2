"""Clients' records over HTTP: what is entered, checked, masked, merged and edited at once."""

import asyncio
from typing import Any

import pytest

from tests.adapters.http.conftest import Caller

CPF, CNPJ = "12345678909", "12ABC34501DE35"


async def client_of(caller: Caller, number: int = 1, text: str = "oi") -> str:
    chat = await caller.new_chat(number, text)
    found: str = (await caller.get(f"/v1/chats/{chat}", "admin")).json()["client"]["id"]
    return found


async def change(caller: Caller, who: str, client: str, body: Any, etag: str = "*") -> Any:
    headers = {"If-Match": etag}
    return await caller.call("PATCH", f"/v1/clients/{client}", who, json=body, headers=headers)


async def record(caller: Caller, client: str, who: str = "admin") -> Any:
    await caller.seen()
    return (await caller.get(f"/v1/clients/{client}", who)).json()


async def field(caller: Caller, name: str, kind: str, **more: Any) -> str:
    made = await caller.post("/v1/fields", "admin", {"name": name, "kind": kind, **more})
    assert made.status_code == 201, made.text
    id_: str = made.json()["id"]
    return id_


async def test_what_is_entered_is_kept_in_one_form(caller: Caller) -> None:
    """C1, C2, S14"""
    client = await client_of(caller)
    entered = {
        "name": "Fábio Kellows",
        "email": "Fabio@IPE.test",
        "phone": "(11) 8765-4321",
        "cpf": "123.456.789-09",
        "cnpj": "12.abc.345/01de-35",
        "notes": "prefere tarde",
        "tags": ["vip"],
    }
    assert (await change(caller, "ana", client, entered)).status_code == 200
    kept = await record(caller, client)

    assert (kept["name"], kept["channel_name"]) == ("Fábio Kellows", "C1")
    assert (kept["email"], kept["phone"]) == ("Fabio@ipe.test", "+5511987654321")
    assert (kept["cpf"], kept["cnpj"], kept["tags"]) == (CPF, CNPJ, ["vip"])
    await change(caller, "ana", client, {"cpf": None, "tags": []})
    assert (await record(caller, client))["cpf"] is None


@pytest.mark.parametrize(
    ("entered", "codes"),
    [
        ({"cpf": "111.111.111-11"}, ["invalid_cpf"]),
        ({"cpf": "123.456.789-00", "cnpj": "12ABC34501DE36"}, ["invalid_cpf", "invalid_cnpj"]),
        ({"phone": "11 1", "email": "no"}, ["invalid_email", "invalid_phone"]),
        ({"fields": {"nowhere": 1}}, ["no_such_field"]),
    ],
)
async def test_what_is_wrong_is_told_by_field_and_nothing_is_kept(
    caller: Caller, entered: Any, codes: list[str]
) -> None:
    """C2"""
    client = await client_of(caller)
    before = await caller.installation.events()
    refused = await change(caller, "ana", client, entered)

    assert refused.status_code == 422
    assert sorted(one["code"] for one in refused.json()["errors"]) == sorted(codes)
    assert refused.json()["code"] in codes
    assert await caller.installation.events() == before


async def test_a_wrong_number_can_be_kept_as_unverified_where_the_account_says_so(
    caller: Caller,
) -> None:
    """C2"""
    client = await client_of(caller)
    settings = {"save_unverified": True}
    assert (await caller.call("PATCH", "/v1/settings", "admin", json=settings)).status_code == 200
    assert (await change(caller, "ana", client, {"cpf": "111.111.111-11"})).status_code == 200
    kept = await record(caller, client)

    assert (kept["cpf"], kept["unverified"]) == ("11111111111", ["cpf"])


async def test_documents_are_masked_for_those_without_the_right(caller: Caller) -> None:
    """C2: in the record, in its history and in the search."""
    client = await client_of(caller)
    own = await field(caller, "CPF do cônjuge", "cpf_cnpj")
    await change(caller, "ana", client, {"cpf": CPF, "fields": {own: CNPJ}})
    seen = await record(caller, client, "ana")
    history = (await caller.get(f"/v1/clients/{client}/history", "ana")).text
    part = (await caller.get("/v1/search", "ana", params={"q": "12345"})).json()
    whole = (await caller.get("/v1/search", "ana", params={"q": "123.456.789-09"})).json()

    assert seen["cpf"] == "***.456.789-**"
    assert seen["fields"][own] == "**.ABC.345/****-**"
    assert CPF not in history
    assert CNPJ not in history
    assert part["clients"] == []
    assert [one["cpf"] for one in whole["clients"]] == ["***.456.789-**"]
    assert CPF in (await caller.get(f"/v1/clients/{client}/history", "admin")).text


async def test_fields_of_the_companys_own_hold_what_they_are_for(caller: Caller) -> None:
    """C1"""
    client = await client_of(caller)
    kinds = {
        "text": ("azul", ["", 3][1]),
        "number": (12.5, "muitos"),
        "date": ("2030-02-28", "2030-02-30"),
        "boolean": (True, "sim"),
        "link": ("https://ipe.test/a", "javascript:alert(1)"),
        "cpf_cnpj": (CNPJ, "123"),
    }
    ids = {kind: await field(caller, kind, kind) for kind in kinds}
    ids["list"] = await field(caller, "plano", "list", options=["ouro", "prata"])
    good = {ids[kind]: value for kind, (value, _) in kinds.items()} | {ids["list"]: "ouro"}
    bad = {ids[kind]: value for kind, (_, value) in kinds.items()} | {ids["list"]: "lata"}

    assert (await change(caller, "ana", client, {"fields": good})).status_code == 200
    refused = (await change(caller, "ana", client, {"fields": bad})).json()["errors"]
    assert {one["pointer"] for one in refused} == {f"/fields/{id_}" for id_ in ids.values()}
    assert (await record(caller, client))["fields"] == good


async def test_a_field_is_defined_once_by_an_administrator_and_can_go(caller: Caller) -> None:
    """C1"""
    body = {"name": "Plano", "kind": "list", "options": ["ouro"]}
    assert (await caller.post("/v1/fields", "ana", body)).status_code == 403
    id_ = await field(caller, "Plano", "list", options=["ouro"])
    await caller.seen()
    assert (await caller.post("/v1/fields", "admin", body)).json()["code"] == "already_exists"
    assert (
        await caller.post("/v1/fields", "admin", {"name": "x", "kind": "list"})
    ).status_code == 422
    await caller.call("PATCH", f"/v1/fields/{id_}", "admin", json={"name": "Planos"})
    await caller.seen()
    listed = (await caller.get("/v1/fields", "ana")).json()["items"]
    assert [(one["name"], one["options"]) for one in listed] == [("Planos", ["ouro"])]
    await caller.call("DELETE", f"/v1/fields/{id_}", "admin")
    await caller.seen()
    assert (await caller.get("/v1/fields", "ana")).json()["items"] == []


async def test_edits_at_once_of_different_fields_both_survive(caller: Caller) -> None:
    """C6: and of the same field, the later sees a conflict and what is new."""
    client = await client_of(caller)
    etag = (await caller.get(f"/v1/clients/{client}", "ana")).headers["etag"]
    both = await asyncio.gather(
        change(caller, "ana", client, {"email": "ana@c.test"}, etag),
        change(caller, "bia", client, {"notes": "da Bia"}, etag),
    )
    late = await change(caller, "bia", client, {"email": "bia@c.test", "cpf": CPF}, etag)
    kept = await record(caller, client)

    assert [one.status_code for one in both] == [200, 200]
    assert (late.status_code, late.json()["code"]) == (412, "client_moved_on")
    assert late.json()["fields"] == ["email"]
    assert "ana@c.test" in str(late.json()["new"])
    assert (kept["email"], kept["notes"], kept["cpf"]) == ("ana@c.test", "da Bia", None)
    same = await change(caller, "bia", client, {"email": "ana@c.test"}, etag)
    fresh = await change(caller, "bia", client, {"email": "bia@c.test"}, f'"{kept["version"]}"')
    assert (same.status_code, fresh.status_code) == (200, 200)


async def test_a_merge_shows_both_under_one_and_undone_all_is_as_it_was(caller: Caller) -> None:
    """C4"""
    one, other = await client_of(caller, 1), await client_of(caller, 2, "segunda via")
    await change(caller, "ana", other, {"email": "dois@c.test"})
    before = [await record(caller, one), await record(caller, other)]
    chats_before = sorted((c["id"], c["client"]["id"]) for c in await caller.chats("admin"))

    assert (
        await caller.post(f"/v1/clients/{one}/merge", "ana", {"client": other})
    ).status_code == 200
    await caller.telegram(2, "mais uma")
    merged = await record(caller, one)
    chats = (await caller.get(f"/v1/clients/{one}/chats", "ana")).json()["items"]
    found = (await caller.get("/v1/search", "ana", params={"q": "dois@c.test"})).json()["clients"]
    refused = await change(caller, "ana", other, {"notes": "x"})
    again = await caller.post(f"/v1/clients/{other}/merge", "ana", {"client": one})

    assert len(merged["identities"]) == 2
    assert merged["merged"] == [{"id": other, "name": "C2"}]
    assert {c["client"]["id"] for c in chats} == {one}
    assert {c["client"]["name"] for c in chats} == {"C1"}
    assert {c["client"]["id"] for c in await caller.chats("admin", client=one)} == {one}
    assert len(chats) == 2
    assert [c["id"] for c in found] == [one]
    assert (refused.status_code, refused.json()["into"]) == (409, one)
    assert again.status_code == 409

    await caller.post(f"/v1/clients/{one}/part", "ana", {"client": other})
    after = [await record(caller, one), await record(caller, other)]
    ignored = {"version", "position"}
    assert [{k: v for k, v in item.items() if k not in ignored} for item in after] == [
        {k: v for k, v in item.items() if k not in ignored} for item in before
    ]
    assert sorted((c["id"], c["client"]["id"]) for c in await caller.chats("admin")) == chats_before


async def test_a_record_is_there_only_for_those_who_see_a_chat_of_the_client(
    caller: Caller,
) -> None:
    """V13"""
    client = await client_of(caller)
    for path in ("", "/chats", "/history"):
        got = await caller.get(f"/v1/clients/{client}{path}", "caio")
        none = await caller.get(f"/v1/clients/nobody{path}", "caio")
        assert (got.status_code, got.json()) == (404, none.json())
    assert (await change(caller, "caio", client, {"notes": "x"})).status_code == 404
    assert (await change(caller, "ada", client, {"notes": "x"})).status_code == 403
    assert (await caller.get("/v1/clients", "ana")).status_code == 403


async def test_an_id_that_no_database_can_hold_is_one_that_there_is_not(caller: Caller) -> None:
    client_id = (await caller.get(f"/v1/chats/{await caller.new_chat()}", "admin")).json()["client"]

    got = await caller.post(f"/v1/clients/{client_id['id']}/merge", "admin", {"client": "a\x00b"})

    assert got.status_code == 404
