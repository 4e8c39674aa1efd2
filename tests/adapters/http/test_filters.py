"""Saved filters as tabs: whose they are, what they hold, what becomes of them (T5, S18)."""

from typing import Any
from urllib.parse import quote

import orjson
import pytest

from tests.adapters.http.conftest import Caller

MINE = {"field": "operator", "is": "any", "value": ["me"]}
VIP = {"field": "tag", "is": "any", "value": ["vip"]}


async def saved(caller: Caller, who: str, name: str, filter_: Any, **more: Any) -> str:
    body = {"name": name, "filter": filter_, **more}
    answer = await caller.post("/v1/filters", who, body)
    assert answer.status_code == 201, answer.text
    await caller.seen()
    id_: str = answer.json()["id"]
    return id_


async def tabs(caller: Caller, who: str) -> list[dict[str, Any]]:
    await caller.seen()
    items: list[dict[str, Any]] = (await caller.get("/v1/filters", who)).json()["items"]
    return items


async def ids(caller: Caller, who: str, **params: str) -> set[str]:
    return {item["id"] for item in await caller.chats(who, **params)}


async def tagged(caller: Caller, chat: str, tag: str) -> None:
    answer = await caller.post(f"/v1/chats/{chat}/tags", "admin", {"add": [tag]})
    assert answer.status_code == 200, answer.text


async def test_a_filter_is_asked_for_whoever_looks(caller: Caller) -> None:
    """T5: `me` in a tab that everyone has is each of them; the list and the count are one."""
    one, other = await caller.new_chat(1), await caller.new_chat(2)
    await caller.post(f"/v1/chats/{one}/assign", "ana", {"operator": "me"})
    await caller.post(f"/v1/chats/{other}/assign", "bia", {"operator": "me"})
    tab = await saved(caller, "admin", "Meus", MINE, shared="everyone")
    for who, chat in (("ana", one), ("bia", other)):
        assert await ids(caller, who, tab=tab) == {chat}
        assert await ids(caller, who, filter=orjson.dumps(MINE).decode()) == {chat}
        counts = (await caller.get("/v1/counts", who)).json()
        assert counts["tabs"] == {tab: 1}
    assert (await caller.get("/v1/counts", "admin", params={"tab": tab})).json()["open"] == 0


async def test_a_filter_narrows_a_list_together_with_all_else(caller: Caller) -> None:
    """V11, V13, T5"""
    one, other = await caller.new_chat(1, "a nota"), await caller.new_chat(2, "a nota")
    await tagged(caller, one, "vip")
    vip = orjson.dumps(VIP).decode()
    assert await ids(caller, "ana", section="new", filter=vip, q="nota") == {one}
    assert await ids(caller, "ana", filter=orjson.dumps({"not": VIP}).decode()) == {other}
    assert await ids(caller, "caio", filter=vip) == set()
    counts = (await caller.get("/v1/counts", "ana", params={"filter": vip})).json()
    assert (counts["new"], counts["open"]) == (1, 0)


async def test_what_has_an_attachment_and_what_is_said_can_be_asked(caller: Caller) -> None:
    """T5"""
    one = await caller.new_chat(1, "as notas fiscais da instalação")
    await caller.new_chat(2, "bom dia")
    says = {"field": "text", "is": "says", "value": "nota fiscal"}
    none = {"field": "attachment", "is": "yes"}
    assert await ids(caller, "ana", filter=orjson.dumps(says).decode()) == {one}
    assert await ids(caller, "ana", filter=orjson.dumps(none).decode()) == set()


async def test_tabs_are_personal_of_a_group_or_of_everyone(caller: Caller) -> None:
    """T5: and what somebody does not have is to him as if it were not there."""
    own = await saved(caller, "ana", "Minha", VIP)
    finance = caller.installation.ids["Finance"]
    of_group = await saved(caller, "sara", "Financeiro", VIP, shared="group", group=finance)
    of_all = await saved(caller, "admin", "Todos", VIP, shared="everyone")
    names = {who: [t["id"] for t in await tabs(caller, who)] for who in ("ana", "caio", "sara")}
    assert names == {"ana": [own, of_all], "caio": [of_group, of_all], "sara": [of_group, of_all]}
    for method, path, body in (
        ("GET", f"/v1/filters/{own}", None),
        ("PATCH", f"/v1/filters/{own}", {"name": "x"}),
        ("DELETE", f"/v1/filters/{own}", None),
        ("GET", f"/v1/chats?tab={own}", None),
        ("PUT", "/v1/filters/order", {"ids": [own]}),
        ("POST", "/v1/subscriptions", _views(tab=own)),
    ):
        foreign = await caller.call(method, path, "caio", json=body)
        absent = await caller.call(method, path.replace(own, "nobody"), "caio", json=_gone(body))
        assert (foreign.status_code, foreign.json()) == (404, absent.json())


def _views(**params: str) -> dict[str, Any]:
    return {"views": [{"id": "list", "projection": "chats", "params": params}]}


def _gone(body: Any) -> Any:
    if body and "ids" in body:
        return {"ids": ["nobody"]}
    return _views(tab="nobody") if body and "views" in body else body


@pytest.mark.parametrize(
    ("who", "shared", "group", "status"),
    [
        ("ana", "everyone", None, 403),
        ("ana", "group", "Sales", 403),
        ("sara", "group", "Sales", 403),
        ("sara", "everyone", None, 403),
        ("admin", "group", "Sales", 201),
        ("admin", "group", None, 422),
        ("admin", "personal", "Sales", 422),
    ],
)
async def test_who_may_share_a_tab(
    caller: Caller, who: str, shared: str, group: str | None, status: int
) -> None:
    """V13: a supervisor with his groups, an administrator with everyone."""
    body = {
        "name": "x",
        "filter": VIP,
        "shared": shared,
        "group": group and caller.installation.ids[group],
    }
    assert (await caller.post("/v1/filters", who, body)).status_code == status


async def test_everybody_has_his_tabs_in_his_own_order(caller: Caller) -> None:
    """T5: dragging moves nobody else's."""
    shared = [await saved(caller, "admin", name, VIP, shared="everyone") for name in "abc"]
    turned = [shared[2], shared[0]]
    assert (await caller.call("PUT", "/v1/filters/order", "ana", json={"ids": turned})).is_success
    assert [t["id"] for t in await tabs(caller, "ana")] == [shared[2], shared[0], shared[1]]
    assert [t["order"] for t in await tabs(caller, "ana")] == [0, 1, 2]
    assert [t["id"] for t in await tabs(caller, "bia")] == shared


async def test_a_tab_is_changed_and_removed(caller: Caller) -> None:
    """T5, A1"""
    tab = await saved(caller, "ana", "VIP", VIP, colour="#0a0")
    change = {"name": "Meus", "filter": MINE, "colour": None}
    assert (await caller.call("PATCH", f"/v1/filters/{tab}", "ana", json=change)).is_success
    (item,) = await tabs(caller, "ana")
    shown = {key: item[key] for key in ("name", "filter", "colour", "problem", "may_change")}
    assert shown == {
        "name": "Meus",
        "filter": MINE,
        "colour": None,
        "problem": None,
        "may_change": True,
    }
    refused = await caller.call("PATCH", f"/v1/filters/{tab}", "ana", json={"shared": "group"})
    assert refused.status_code == 422
    assert (await caller.call("DELETE", f"/v1/filters/{tab}", "ana")).is_success
    assert await tabs(caller, "ana") == []
    assert (await caller.get("/v1/chats", "ana", params={"tab": tab})).status_code == 404


async def test_a_tab_whose_field_is_no_more_says_so_and_holds_nothing(caller: Caller) -> None:
    """T5"""
    body = {"name": "Plano", "kind": "list", "options": ["ouro"]}
    field = (await caller.post("/v1/fields", "admin", body)).json()["id"]
    await caller.seen()
    chat = await caller.new_chat(1)
    missing = {"field": f"custom:{field}", "is": "missing"}
    tab = await saved(caller, "ana", "Sem plano", {"not": {"not": missing}})
    assert await ids(caller, "ana", tab=tab) == {chat}
    await caller.call("DELETE", f"/v1/fields/{field}", "admin")
    (item,) = await tabs(caller, "ana")
    assert item["problem"] == {"code": "field_removed", "field": field}
    assert await ids(caller, "ana", tab=tab) == set()
    assert (await caller.get("/v1/counts", "ana")).json()["tabs"] == {tab: 0}


async def test_a_tab_whose_tag_is_no_more_says_so_and_holds_nothing(caller: Caller) -> None:
    """T5: also one that asks who does not have it."""
    tag = await caller.post("/v1/tags", "admin", {"name": "vip"})
    assert tag.status_code == 201, tag.text
    chat = await caller.new_chat(1)
    tab = await saved(caller, "ana", "Sem VIP", {"not": VIP})
    assert await ids(caller, "ana", tab=tab) == {chat}
    gone = await caller.call("DELETE", f"/v1/tags/{tag.json()['id']}", "admin")
    assert gone.is_success, gone.text
    (item,) = await tabs(caller, "ana")
    assert item["problem"] == {"code": "tag_removed", "tags": ["vip"]}
    assert await ids(caller, "ana", tab=tab) == set()


async def test_custom_fields_and_documents_are_asked_as_they_are_written(caller: Caller) -> None:
    """C3: ignoring case, accents and masks."""
    body = {"name": "Cidade", "kind": "text"}
    field = (await caller.post("/v1/fields", "admin", body)).json()["id"]
    chat = await caller.new_chat(1)
    (item,) = await caller.chats("ana")
    record = {"cpf": "123.456.789-09", "fields": {field: "São Paulo"}, "tags": ["vip"]}
    path = f"/v1/clients/{item['client']['id']}"
    edited = await caller.call("PATCH", path, "admin", json=record)
    assert edited.status_code == 200, edited.text
    for asked in (
        {"field": "cpf", "is": "is", "value": "12345678909"},
        {"field": f"custom:{field}", "is": "begins", "value": "SAO"},
        {"field": f"custom:{field}", "is": "is", "value": "sao paulo"},
        {"field": "client_tag", "is": "all", "value": ["vip"]},
    ):
        assert await ids(caller, "ana", filter=orjson.dumps(asked).decode()) == {chat}, asked


@pytest.mark.parametrize(
    ("text", "pointer", "code"),
    [
        ("{", "/filter", "not_json"),
        ("[" * 5_000, "/filter", "not_json"),
        ("null", "/filter", "not_a_filter"),
        ('{"all":[{"field":"tag"}]}', "/filter/all/0", "not_a_filter"),
        ('{"field":"shoe","is":"any","value":["x"]}', "/filter/field", "unknown_field"),
        ('{"not":' * 20 + "null" + "}" * 20, "/filter" + "/not" * 8, "too_deep"),
        ('{"field":"tag","is":"any","value":["\\u0000"]}', "/filter/value", "not_a_text"),
        ('{"field":"tag","is":"any","value":["\\ud800"]}', "/filter/value", "not_a_text"),
        ('{"field":"section","is":"any","value":["x"]}', "/filter/value", "unknown_value"),
        ('{"field":"period","is":"within","value":"soon"}', "/filter/value", "unknown_value"),
        ('{"field":"text","is":"says","value":"..."}', "/filter/value", "no_words"),
    ],
)
async def test_what_cannot_be_read_is_told_with_its_place(
    caller: Caller, text: str, pointer: str, code: str
) -> None:
    """T5: in a sentence for people, and in a code for programs."""
    for path in ("/v1/chats", "/v1/counts"):
        answer = await caller.get(f"{path}?filter={quote(text)}", "ana")
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] == "invalid_filter"
        assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]
