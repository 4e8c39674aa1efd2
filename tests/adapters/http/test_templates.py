"""Reply templates and tags over HTTP: seen by whom they are for, and sent without a hole."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.http.app import create_app
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.postgres.files import FileRegister
from tests.adapters.http.conftest import Caller, Installation, calling
from tests.adapters.http.test_acts import act

PDF = b"%PDF-1.7\ntabela"


@pytest.fixture
async def caller(installation: Installation, tmp_path: Path) -> AsyncIterator[Caller]:
    store = AttachmentStore.open(f"{tmp_path / 'attachments'}")
    attachments = Attachments(store, FileRegister(installation.pool))
    async with calling(create_app(installation.parts(attachments=attachments)), installation) as c:
        yield c


async def template(caller: Caller, who: str, code: str, text: str = "Oi", **more: Any) -> str:
    body = {"code": code, "title": code.title(), "text": text, **more}
    made = await caller.post("/v1/templates", who, body)
    assert made.status_code == 201, made.text
    await caller.seen()
    id_: str = made.json()["id"]
    return id_


async def listed(caller: Caller, who: str, **params: str) -> list[dict[str, Any]]:
    await caller.seen()
    got = await caller.get("/v1/templates", who, params=params)
    assert got.status_code == 200, got.text
    items: list[dict[str, Any]] = got.json()["items"]
    return items


async def test_templates_are_seen_by_those_they_are_for(caller: Caller) -> None:
    """T3, V13: foreign = absent"""
    sales = caller.installation.ids["Sales"]
    await template(caller, "admin", "all", shared="account")
    await template(caller, "admin", "of-sales", shared="group", group=sales)
    hers = await template(caller, "ana", "of-ana")
    seen = {
        who: [one["code"] for one in await listed(caller, who)]
        for who in ("ana", "bia", "caio", "admin")
    }
    foreign = [
        await caller.call(method, f"/v1/templates/{id_}", "admin", json=body)
        for id_ in (hers, "nowhere")
        for method, body in (("GET", None), ("PATCH", {"title": "X"}), ("DELETE", None))
    ]

    assert seen == {
        "ana": ["all", "of-ana", "of-sales"],
        "bia": ["all", "of-sales"],
        "caio": ["all"],
        "admin": ["all", "of-sales"],
    }
    assert {(one.status_code, one.text) for one in foreign} == {(404, foreign[0].text)}


async def test_a_template_is_found_tried_sent_and_counted(caller: Caller) -> None:
    """T3"""
    id_ = await template(caller, "admin", "nf", "Oi, {{client.first_name}}!", shared="account")
    await template(caller, "admin", "outro", shared="account")
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    (found,) = await listed(caller, "ana", q="/n", chat=chat)
    tried = await caller.post(f"/v1/templates/{id_}/preview", "ana", {"chat": chat})
    body = {"text": "Oi, {{client.first_name}}!", "reply_template": id_}
    sent = await act(caller, "ana", chat, "messages", body)
    await caller.seen()
    said = (await caller.get(f"/v1/chats/{chat}/messages", "ana")).json()["items"]

    assert (found["code"], found["filled"]) == ("nf", {"text": "Oi, C1!", "missing": []})
    assert tried.json()["parts"][1] == {
        "text": "C1",
        "variable": "client.first_name",
        "missing": False,
    }
    assert sent.status_code == 201
    assert said[-1]["text"] == "Oi, C1!"
    assert [(one["code"], one["uses"]) for one in await listed(caller, "ana")] == [
        ("nf", 1),
        ("outro", 0),
    ]


HOLES: list[dict[str, Any]] = [
    {"text": "Oi {{client.email}}"},
    {"text": "Oi", "buttons": [{"id": "1", "title": "{{client.email}}"}]},
    {"text": "", "template": {"name": "t", "language": "pt", "values": ["{{client.email}}"]}},
]


async def test_a_missing_value_is_told_and_stops_sending(caller: Caller) -> None:
    """T3: `{{` survives nowhere."""
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    before = await caller.installation.events()
    for body in HOLES:
        refused = await act(caller, "ana", chat, "messages", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "unresolved_variables")
        assert refused.json()["names"] == ["client.email"]
    assert await caller.installation.events() == before


async def test_every_kind_of_variable_has_its_value(caller: Caller) -> None:
    """T3: of the client, his own fields, the operator, the group, the chat and the day."""
    field = (await caller.post("/v1/fields", "admin", {"name": "Cartão", "kind": "date"})).json()
    chat = await caller.new_chat()
    client = (await caller.chats("admin"))[0]["client"]["id"]
    change = {"fields": {field["id"]: "2030-01-31"}, "cpf": "12345678909"}
    await caller.call("PATCH", f"/v1/clients/{client}", "admin", json=change)
    await caller.seen()
    text = "{{client.cartao}} {{client.cpf}} {{operator.name}} {{group.name}} {{protocol}}"
    tried = await caller.post("/v1/templates/preview", "ana", {"chat": chat, "text": text})
    greeted = await caller.post(
        "/v1/templates/preview", "ana", {"chat": chat, "text": "{{greeting}}"}
    )
    foreign = await caller.post("/v1/templates/preview", "caio", {"chat": chat, "text": text})
    shown = (await caller.get(f"/v1/chats/{chat}", "ana")).json()

    assert tried.json()["missing"] == []
    # Who may not see a CPF in full does not get it by a variable.
    said = tried.json()["text"].split()
    assert said == ["31/01/2030", "***.456.789-**", "Ana", "Sales", shown["protocol"]]
    assert greeted.json()["text"] in {"Bom dia", "Boa tarde", "Boa noite"}
    assert foreign.status_code == 404


async def test_what_could_never_be_filled_in_is_no_template(caller: Caller) -> None:
    for text in ("{{date}}", "Oi {{", ""):
        body = {"code": "x", "title": "X", "text": text}
        assert (await caller.post("/v1/templates", "ana", body)).status_code == 422


async def test_a_code_is_taken_once(caller: Caller) -> None:
    await template(caller, "ana", "nf")
    again = await caller.post(
        "/v1/templates", "ana", {"code": "nf", "title": "Outro", "text": "Oi"}
    )
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    await template(caller, "bia", "nf")


async def test_a_request_with_a_key_makes_one_template(caller: Caller) -> None:
    body = {"code": "nf", "title": "Nota", "text": "Oi"}
    key = {"Idempotency-Key": "k1"}
    once, again = [
        (await caller.post("/v1/templates", "ana", body, headers=key)).json() for _ in range(2)
    ]
    other = await caller.post("/v1/templates", "ana", body | {"code": "x"}, headers=key)

    assert once["id"] == again["id"]
    assert other.json()["code"] == "idempotency_key_reused"


async def test_a_template_is_changed_and_removed(caller: Caller) -> None:
    id_ = await template(caller, "ana", "nf")
    changed = await caller.call("PATCH", f"/v1/templates/{id_}", "ana", json={"title": "2ª via"})
    assert changed.status_code == 200
    assert [one["title"] for one in await listed(caller, "ana")] == ["2ª via"]
    assert (await caller.call("DELETE", f"/v1/templates/{id_}", "ana")).status_code == 200
    assert await listed(caller, "ana") == []
    assert (await caller.call("DELETE", f"/v1/templates/{id_}", "ana")).status_code == 404


async def test_a_templates_files_are_seen_and_sent_by_who_may_use_it(caller: Caller) -> None:
    """T3, V13"""
    uploaded = await caller.call(
        "POST",
        "/v1/attachments",
        "admin",
        content=PDF,
        headers={"content-type": "application/pdf"},
        params={"name": "tabela.pdf"},
    )
    sales, address = caller.installation.ids["Sales"], uploaded.json()["sha256"]
    more: dict[str, Any] = {"shared": "group", "group": sales}
    more["attachments"] = [uploaded.json()["id"]]
    await template(caller, "admin", "tabela", **more)
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    got = {
        who: (await caller.get(f"/v1/attachments/{address}", who)).status_code
        for who in ("ana", "caio")
    }
    sent = await act(caller, "ana", chat, "messages", {"attachments": [address]})

    assert got == {"ana": 200, "caio": 404}
    assert sent.status_code == 201, sent.text


async def test_tags_are_listed_with_how_many_chats_one_sees_with_each(caller: Caller) -> None:
    """V13, S18"""
    await caller.post("/v1/tags", "admin", {"name": "vip", "colour": "#ff0000"})
    made = await caller.post("/v1/tags", "admin", {"name": "antiga"})
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "tags", {"add": ["vip", "nova", "antiga"]})
    removed = await caller.call("DELETE", f"/v1/tags/{made.json()['id']}", "admin")
    await caller.seen()
    hers = (await caller.get("/v1/tags", "ana")).json()["items"]
    his = (await caller.get("/v1/tags", "caio")).json()["items"]
    other = await caller.new_chat(2)
    refused = await act(caller, "ana", other, "tags", {"add": ["antiga"]})

    assert removed.status_code == 200
    told = [(one["name"], one["colour"], one["chats"], one["removed"]) for one in hers]
    assert told == [
        ("antiga", None, 1, True),
        ("nova", None, 1, False),
        ("vip", "#ff0000", 1, False),
    ]
    assert [(one["name"], one["chats"]) for one in his] == [("vip", 0)]
    assert (refused.status_code, refused.json()["code"]) == (422, "tag_is_removed")


async def test_operators_do_not_define_tags(caller: Caller) -> None:
    assert (await caller.post("/v1/tags", "ana", {"name": "x"})).status_code == 403
