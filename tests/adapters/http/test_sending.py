"""Answers to clients over HTTP: what may be sent, until when, and by which channel (M6, M10)."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from adapters.http.app import create_app
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.postgres.files import FileRegister
from domain.channel import PauseChannel
from tests.adapters.http.conftest import PHONE, Caller, Installation, calling

PDF = b"%PDF-1.7\nboleto"
TEMPLATE = {"name": "ola", "language": "pt_BR", "values": ["Fábio"]}


@pytest.fixture
async def caller(installation: Installation, tmp_path: Path) -> AsyncIterator[Caller]:
    store = AttachmentStore.open(f"{tmp_path / 'attachments'}")
    attachments = Attachments(store, FileRegister(installation.pool), 300_000)
    async with calling(
        create_app(installation.parts(attachments=attachments)), installation
    ) as one:
        yield one


async def on_whatsapp(caller: Caller) -> str:
    """Return the chat of a client who has just written."""
    message = {"from": "5511900000001", "id": "wamid.1", "timestamp": "1700000000"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551130000000", "phone_number_id": PHONE},
        "messages": [{**message, "type": "text", "text": {"body": "Oi"}}],
    }
    changes = [{"field": "messages", "value": value}]
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
    assert (await caller.whatsapp(orjson.dumps(body))).status_code == 200
    return str((await caller.chats("admin"))[0]["id"])


async def send(caller: Caller, chat: str, **body: Any) -> httpx.Response:
    return await caller.post(f"/v1/chats/{chat}/messages", "ana", body)


async def last(caller: Caller, chat: str) -> dict[str, Any]:
    await caller.seen()
    got = await caller.get(f"/v1/chats/{chat}/messages", "ana")
    item: dict[str, Any] = got.json()["items"][-1]
    return item


async def upload(caller: Caller, content: bytes = PDF, who: str = "ana") -> dict[str, Any]:
    how: dict[str, Any] = {"content": content, "params": {"name": "boleto.pdf"}}
    answer = await caller.call("POST", "/v1/attachments", who, **how)
    assert answer.status_code == 201, answer.text
    uploaded: dict[str, Any] = answer.json()
    return uploaded


async def let_pass(caller: Caller, hours: int) -> None:
    async with caller.installation.pool.connection() as connection:
        await connection.execute(
            "UPDATE recado_head SET at = at + %s * interval '1 hour'", (hours,)
        )


async def test_a_template_leaves_when_nothing_else_may(caller: Caller) -> None:
    """M10"""
    chat = await on_whatsapp(caller)
    await let_pass(caller, 25)
    free = await send(caller, chat, text="ainda aí?")
    approved = await send(caller, chat, template=TEMPLATE, text="Olá, Fábio")

    assert (free.status_code, free.json()["code"]) == (409, "reply_window_is_closed")
    assert approved.status_code == 201
    said = await last(caller, chat)
    assert (said["kind"], said["text"]) == ("template", "Olá, Fábio")
    assert said["parts"][0] | TEMPLATE == said["parts"][0]


@pytest.mark.parametrize("path", ["", "/messages"])
async def test_a_chat_says_until_when_one_may_answer_freely(caller: Caller, path: str) -> None:
    """M10"""
    chat = await on_whatsapp(caller)
    item = (await caller.get(f"/v1/chats/{chat}", "ana")).json()
    answer = (await caller.get(f"/v1/chats/{chat}{path}", "ana")).json()
    until = datetime.fromisoformat(answer["reply_until"])
    assert until - datetime.fromisoformat(item["last_client_at"]) == timedelta(hours=24)


async def test_a_chat_of_a_channel_without_a_window_may_be_answered_for_ever(
    caller: Caller,
) -> None:
    chat = await caller.new_chat()
    assert (await caller.get(f"/v1/chats/{chat}", "ana")).json()["reply_until"] is None


async def test_what_a_channel_cannot_carry_is_refused_and_not_recorded(caller: Caller) -> None:
    """M6, T4: Telegram has no approved templates."""
    chat = await caller.new_chat()
    before = await caller.installation.events()
    refused = await send(caller, chat, template=TEMPLATE)

    assert (refused.status_code, refused.json()["code"]) == (422, "channel_cannot_carry")
    assert (refused.json()["what"], refused.json()["why"]) == ("template", "unknown")
    assert await caller.installation.events() == before


@pytest.mark.parametrize(
    "body",
    [
        {"buttons": [{"id": "1", "title": "Sim"}]},
        {"template": TEMPLATE, "buttons": [{"id": "1", "title": "Sim"}], "text": "?"},
        {"text": "oi", "buttons": [{"id": "", "title": "Sim"}]},
        {"text": "oi", "attachments": ["x"] * 11},
        {"text": "oi", "sound": "ping"},
        {},
    ],
)
async def test_a_message_that_makes_no_sense_is_refused(
    caller: Caller, body: dict[str, Any]
) -> None:
    chat = await caller.new_chat()
    assert (await send(caller, chat, **body)).status_code == 422


async def test_a_question_with_answers_to_pick_from(caller: Caller) -> None:
    chat = await on_whatsapp(caller)
    buttons = [{"id": "y", "title": "Sim"}, {"id": "n", "title": "Não"}]
    assert (await send(caller, chat, text="Confirma?", buttons=buttons)).status_code == 201
    said = await last(caller, chat)
    assert (said["kind"], said["text"]) == ("offer", "Confirma?")
    assert said["parts"][0]["options"] == buttons


async def test_a_file_is_sent_by_the_upload_and_again_by_its_address(caller: Caller) -> None:
    """T4"""
    chat = await caller.new_chat()
    await caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    file = await upload(caller)
    first = await send(caller, chat, text="segue", attachments=[file["id"]])
    assert first.status_code == 201, first.text
    said = await last(caller, chat)
    assert [a | {"part": 0} for a in said["attachments"]] == [
        {
            "part": 0,
            "kind": "document",
            "mime": "application/pdf",
            "name": "boleto.pdf",
            "size": len(PDF),
            "sha256": file["sha256"],
            "thumbnail": None,
            "state": "copied",
            "why": None,
        }
    ]
    assert said["text"] == "segue"
    again = await send(caller, chat, attachments=[file["sha256"]])
    assert again.status_code == 201, again.text


async def test_somebody_elses_upload_is_not_there(caller: Caller) -> None:
    """V13"""
    chat = await caller.new_chat()
    file = await upload(caller, who="caio")
    for id_ in (file["id"], file["sha256"], "nothing"):
        refused = await send(caller, chat, attachments=[id_])
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


async def test_channels_say_what_they_can_do(caller: Caller) -> None:
    await on_whatsapp(caller)
    items = (await caller.get("/v1/channels", "ana")).json()["items"]
    can = {item["kind"]: item["can"] for item in items}
    assert (can["whatsapp"]["reply_window"], can["telegram"]["reply_window"]) == (86400.0, None)
    assert (can["whatsapp"]["templates"], can["telegram"]["templates"]) == (True, False)
    assert can["whatsapp"]["media"]["image"]["max_bytes"] > 0


async def test_a_paused_channel_says_why_and_is_resumed_by_an_administrator(
    caller: Caller,
) -> None:
    """M6"""
    id_ = caller.installation.ids["tg"]
    await caller.installation.ask(f"channel-{id_}", PauseChannel(reason="auth: token revoked"))
    await caller.seen()

    async def paused() -> Any:
        items = (await caller.get("/v1/channels", "ana")).json()["items"]
        return next(item["paused"] for item in items if item["id"] == id_)

    assert await paused() == "auth: token revoked"
    assert (await caller.post(f"/v1/channels/{id_}/resume", "ana")).status_code == 403
    assert (await caller.post(f"/v1/channels/{id_}/resume", "admin")).status_code == 200
    await caller.seen()
    assert await paused() is None
    assert (await caller.post("/v1/channels/nothing/resume", "admin")).status_code == 404
