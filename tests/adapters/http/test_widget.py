"""The web chat from a visitor's page to an operator and back (M1, M2, M3, M6, M7)."""

import asyncio
import hmac
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.channels.webchat import WebChat, WebChatConfig
from adapters.channels.webchat.shown import GOOD_FOR
from adapters.http.app import create_app
from adapters.http.problems import Problem
from adapters.http.widget import limits
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.postgres.files import FileRegister
from domain.acts import Ask
from domain.chat.commands import AddComment, ReportDelivery, SendMessage
from domain.chat.events import MessageState
from domain.content import Media, MediaKind, Offer, Option, Parts, Text
from domain.values import OperatorId, stream_of
from tests.adapters.http import conftest
from tests.adapters.http.conftest import META, Caller, Installation, calling
from tests.prepared import eventually

PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SITE = "https://www.ipe.test"
IDENTITY = "identity-secret-of-a-test"
OURS = "http://recado.test"
CONFIG = {
    "site": "loja",
    "secret": "secret-of-a-web-chat-in-a-test",
    "identity_secret": IDENTITY,
    "origins": [SITE],
    "title": "Loja <Ipê>",
}


@dataclass
class Page:
    """A visitor's page: what it knows, and what it may ask."""

    caller: Caller
    origin: str = SITE
    visitor: str = ""
    token: str = ""
    last: int | None = None
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def open(self, **claim: str) -> httpx.Response:
        answer = await self.call("POST", "/widget/chat/session", json=claim)
        if answer.is_success:
            self.visitor, self.token = answer.json()["visitor"], answer.json()["token"]
        return answer

    async def say(self, **what: Any) -> httpx.Response:
        body = {"visitor": self.visitor, **what}
        return await self.call("POST", "/channels/chat/webhook", json=body)

    async def call(self, method: str, path: str, **how: Any) -> httpx.Response:
        return await self.caller.http.request(method, path, headers=self.headers(), **how)

    def headers(self) -> dict[str, str]:
        headers = {"origin": self.origin}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        if self.last is not None:
            headers["last-event-id"] = str(self.last)
        return headers

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear what is said, inside the context; it goes on where it was."""
        hearing = asyncio.create_task(self._hear())
        try:
            yield
            assert not hearing.done() or hearing.exception() is None
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _hear(self) -> None:
        """Speak ASGI ourselves: httpx's transport gives an answer only when it is complete."""
        app = self.caller.http._transport.app  # type: ignore[attr-defined]  # it is an ASGITransport
        headers = {"host": "recado.test", **self.headers()}
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/widget/chat/stream",
            "scheme": "http",
            "query_string": b"",
            "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
            "client": ("192.0.2.7", 1),
        }

        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] == 200, message
            for block in message.get("body", b"").decode().split("\n\n"):
                lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
                if lines.get("event") == "message":
                    assert self.last is None or int(lines["id"]) > self.last
                    self.last = int(lines["id"])
                    self.heard.append(json.loads(lines["data"]))

        await app(scope, receive, send)

    async def hears(self, *texts: str) -> None:
        """Return once all of these were heard."""
        await eventually(lambda: set(texts) <= {one["text"] for one in self.heard})


@pytest.fixture
async def page(installation: Installation, caller: Caller, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setitem(conftest.CHANNELS, "chat", ("webchat", CONFIG))
    await installation.channel("chat", "Sales")
    one = Page(caller)

    await eventually(lambda: is_open(one))
    return one


async def chat_of(page: Page, text: str) -> str:
    """Return the chat that a visitor's first message opened."""
    answer = await page.say(type="text", client_msg_id="c1", text=text)
    assert answer.status_code == 204
    (chat,) = await page.caller.chats("admin")
    found: str = chat["id"]
    return found


async def write(page: Page, chat: str, *parts: Any, sent: bool = True) -> str:
    """Let an operator answer, and the dispatcher let it go."""
    desk = page.caller.installation.desk
    stream = stream_of("chat", chat)
    named = getattr(parts[0], "text", None) or parts[0].sha256
    message_id = f"m-{len(page.heard)}-{named}"
    whole: Parts = tuple(parts)
    send = SendMessage(message_id=message_id, operator_id=OperatorId("ana"), parts=whole)
    number = (await desk.submit(Ask(stream=stream, command=send, meta=META))).number
    if sent:
        ids = (f"{page.visitor}:{message_id}",)
        let_go = ReportDelivery(seq=number, state=MessageState.SENT, provider_ids=ids)
        await desk.submit(Ask(stream=stream, command=let_go, meta=META))
    return message_id


async def test_a_visitor_writes_and_reads_the_answer(page: Page) -> None:
    """M6"""
    async with page.listening():
        chat = await chat_of(page, "Olá! 🌳")
        await page.hears("Olá! 🌳")
        await write(page, chat, Text(text="Bom dia!"))
        await page.hears("Bom dia!")
    his, ours = page.heard[0], page.heard[-1]
    assert (his["from"], his["id"]) == ("visitor", "c1")
    assert ours["from"] == "team"
    assert ours["seq"] > his["seq"]


async def test_the_same_message_sent_again_is_one_message(page: Page) -> None:
    """M1"""
    await chat_of(page, "Oi")
    for _ in range(3):
        assert (await page.say(type="text", client_msg_id="c1", text="Oi")).status_code == 204
    (chat,) = await page.caller.chats("admin")
    got = await page.caller.get(f"/v1/chats/{chat['id']}/messages", "admin")
    assert [one["text"] for one in got.json()["items"]] == ["Oi"]


async def test_a_visitor_never_sees_what_is_not_for_him(page: Page) -> None:
    """M7: comments, what has not left yet, who wrote it, and why."""
    chat = await chat_of(page, "Oi")
    comment = AddComment(operator_id=OperatorId("ana"), text="cuidado com este")
    await page.caller.installation.ask(f"chat-{chat}", comment)
    await write(page, chat, Text(text="rascunho"), sent=False)
    await write(page, chat, Text(text="resposta"))
    async with page.listening():
        await page.hears("Oi", "resposta")
    assert {one["text"] for one in page.heard} == {"Oi", "resposta"}
    told = json.dumps(page.heard, ensure_ascii=False)
    assert "cuidado" not in told
    assert "operator" not in told
    assert set(page.heard[0]) == {"seq", "id", "from", "at", "text", "parts", "deleted"}


async def test_another_visitor_sees_nothing_of_it(page: Page) -> None:
    chat = await chat_of(page, "meu segredo")
    other = Page(page.caller)
    await other.open()
    async with other.listening():
        await other.say(type="text", client_msg_id="c1", text="Oi")
        await write(page, chat, Text(text="para o primeiro"))
        await other.hears("Oi")
    assert {one["text"] for one in other.heard} == {"Oi"}


async def test_a_page_that_was_away_goes_on_where_it_was(page: Page) -> None:
    """S13: no gap and no repeat."""
    chat = await chat_of(page, "Oi")
    async with page.listening():
        await page.hears("Oi")
    for text in ("um", "dois"):
        await write(page, chat, Text(text=text))
    async with page.listening():
        await page.hears("um", "dois")
        await write(page, chat, Text(text="três"))
        await page.hears("três")
    assert [one["text"] for one in page.heard] == ["Oi", "um", "dois", "três"]
    assert len({one["seq"] for one in page.heard}) == 4


async def test_what_the_page_received_and_showed_is_recorded(page: Page) -> None:
    """M6"""
    chat = await chat_of(page, "Oi")
    id_ = await write(page, chat, Text(text="Bom dia!"))
    for state in ("delivered", "read"):
        assert (await page.say(type=state, ids=[id_, "unknown"])).status_code == 204
        await page.caller.seen()
        got = await page.caller.get(f"/v1/chats/{chat}/messages", "admin")
        assert got.json()["items"][-1]["state"] == state


async def test_a_question_is_answered_by_a_button(page: Page) -> None:
    chat = await chat_of(page, "Oi")
    options = (Option(id="y", title="Sim"), Option(id="n", title="Não"))
    async with page.listening():
        id_ = await write(page, chat, Offer(text="Confirma?", options=options))
        await page.hears("Confirma?")
        offer = page.heard[-1]["parts"][0]
        assert [one["title"] for one in offer["options"]] == ["Sim", "Não"]
        await page.say(type="choice", client_msg_id="c2", id="y", title="Sim", reply_to=id_)
        await page.hears("Sim")


async def test_a_user_finds_his_talk_on_another_device(page: Page) -> None:
    proof = hmac.digest(IDENTITY.encode(), b"42", "sha256").hex()
    assert (await page.open(user="42", hash=proof)).status_code == 200
    await chat_of(page, "do computador")
    phone = Page(page.caller, origin=OURS)
    assert (await phone.open(user="42", hash="00")).status_code == 403
    assert (await phone.open(user="42", hash=proof)).status_code == 200
    async with phone.listening():
        await phone.hears("do computador")


async def test_a_session_is_renewed_for_the_same_visitor(page: Page) -> None:
    before = page.visitor
    await page.open()
    assert page.visitor == before
    page.token = "made.up"
    await page.open()
    assert page.visitor != before


async def test_only_listed_sites_may_call_and_are_told_so(page: Page) -> None:
    """M3"""
    stranger = Page(page.caller, "https://evil.test", page.visitor, page.token)
    for path in ("/widget/chat/session", "/channels/chat/webhook"):
        told = await page.call("OPTIONS", path)
        assert told.status_code == 204
        assert told.headers["access-control-allow-origin"] == SITE
        assert "authorization" in told.headers["access-control-allow-headers"]
        refused = await stranger.call("OPTIONS", path)
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
    assert (await stranger.open()).status_code == 403
    assert (await stranger.say(type="text", text="Oi")).status_code == 403
    assert (await stranger.call("GET", "/widget/chat/stream")).status_code == 403
    moved = Page(page.caller, OURS, page.visitor, page.token)
    assert (await moved.say(type="text", text="Oi")).status_code == 403
    assert (await moved.call("GET", "/widget/chat/stream")).status_code == 401


async def test_who_says_too_much_is_told_to_wait(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.http.widget.entrance.WORDS", limits.Allowance(3, 0.5))
    answers = [await page.say(type="text", client_msg_id=f"{n}", text="Oi") for n in range(4)]
    assert [one.status_code for one in answers] == [204, 204, 204, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    other = Page(page.caller)
    await other.open()
    assert (await other.say(type="text", client_msg_id="1", text="Oi")).status_code == 204


async def test_a_visitors_body_has_its_bounds(page: Page) -> None:
    text = "x" * 70_000
    assert (await page.say(type="text", client_msg_id="1", text=text)).status_code == 413
    bad = await page.call("POST", "/channels/chat/webhook", content=b"{oops")
    assert bad.status_code == 415
    for claim in (b"[]", b"{oops", b'{"user": 7}'):
        got = await page.call("POST", "/widget/chat/session", content=claim)
        assert got.status_code in {400, 422}


async def test_the_page_is_framed_by_its_sites_alone_and_runs_no_other_script(page: Page) -> None:
    got = await page.caller.get("/widget/chat", headers={"accept-language": "es"})
    policy = got.headers["content-security-policy"]
    assert f"frame-ancestors 'self' {SITE}" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "x-frame-options" not in got.headers
    assert '<html lang="es"' in got.text
    assert "Loja &lt;Ipê&gt;" in got.text
    assert "<script>" not in got.text
    assert "onclick" not in got.text
    for path in ("/widget.js", "/widget/static/chat.js", "/widget/static/chat.css"):
        file = await page.caller.get(path)
        assert file.status_code == 200
        assert file.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize(
    "path", ["/widget/nobody", "/widget/tg", "/widget/chat/nothing", "/widget/"]
)
async def test_where_there_is_no_chat_there_is_no_page(page: Page, path: str) -> None:
    assert (await page.caller.get(path)).status_code == 404


async def test_other_channels_go_the_way_that_they_went(page: Page) -> None:
    assert (await page.caller.telegram(5, "Oi")).status_code == 200
    assert (await page.caller.http.request("OPTIONS", "/channels/tg/webhook")).status_code == 405
    assert (await page.caller.post("/widget/chat")).status_code == 405


async def test_administrators_see_what_can_be_connected(page: Page) -> None:
    got = await page.caller.get("/v1/channels/kinds", "admin")
    kinds = {one["kind"]: one for one in got.json()["items"]}
    assert {"whatsapp", "telegram", "webchat"} <= set(kinds)
    schema = kinds["webchat"]["config"]
    assert schema["required"] == ["site", "secret"]
    assert schema["properties"]["secret"]["format"] == "password"
    assert kinds["webchat"]["setup"]
    assert (await page.caller.get("/v1/channels/kinds", "ana")).status_code == 403


def test_a_bucket_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(limits, "monotonic", lambda: clock[0])
    few, allowance = limits.Limits(), limits.Allowance(2, 0.5)
    few.take(allowance, "words", "ana")
    few.take(allowance, "words", "ana")
    with pytest.raises(Problem) as refusal:
        few.take(allowance, "words", "ana")
    assert refusal.value.retry_after == 2
    few.take(allowance, "words", "bia")
    clock[0] = 2.0
    few.take(allowance, "words", "ana")


async def test_a_visitor_hands_over_a_file(
    page: Page, installation: Installation, tmp_path: Path
) -> None:
    """M8: it lies where all files lie; the handle is good for him who handed it over alone."""
    attachments = attachments_in(installation, tmp_path)
    app = create_app(installation.parts(attachments=attachments))
    async with calling(app, installation) as caller:
        one = Page(caller, SITE, page.visitor, page.token)
        path = "/widget/chat/files?name=../nota.txt"
        other = Page(caller)
        assert (await other.call("POST", path, content=b"x")).status_code == 401
        await eventually(lambda: is_open(other))
        taken = await one.call("POST", path, content=b"uma nota")
        assert taken.status_code == 201
        file = taken.json()["file"]
        for who in (one, other):
            said = await who.say(type="file", client_msg_id="c9", file=file, text="veja")
            assert said.status_code == 204
        kinds = {chat["last_message"]["kind"] for chat in await caller.chats("admin")}
        assert kinds == {"document", "unsupported"}
        digest = sha256(b"uma nota").hexdigest()
        assert await attachments.store.read(digest) == b"uma nota"
    assert (await page.call("POST", path, content=b"x")).status_code == 404


async def kept(attachments: Attachments, content: bytes, name: str) -> Media:
    """Return an operator's file as a message holds it."""

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    known = await attachments.keep(chunks(), None)
    return Media(
        media=MediaKind.DOCUMENT, mime=known.mime, name=name, size=known.size, sha256=known.sha256
    )


def attachments_in(installation: Installation, folder: Path) -> Attachments:
    store = AttachmentStore.open(f"{folder / 'attachments'}")
    return Attachments(store, FileRegister(installation.pool))


async def test_an_operators_file_reaches_the_visitor_behind_a_link(
    page: Page, installation: Installation, tmp_path: Path
) -> None:
    """M8: signed, for a while, and shown in place only where that can do no harm."""
    attachments = attachments_in(installation, tmp_path)
    harmless = await kept(attachments, PNG, "ipê.png")
    active = await kept(attachments, b"<html><script>alert(1)</script></html>", "oi.html")
    app = create_app(installation.parts(attachments=attachments))
    async with calling(app, installation) as caller:
        one = Page(caller, SITE)
        await eventually(lambda: is_open(one))
        chat = await chat_of(one, "Oi")
        async with one.listening():
            await write(one, chat, harmless)
            await write(one, chat, active)
            await eventually(lambda: len(one.heard) == 3)
        picture, script = (said["parts"][0] for said in one.heard[1:])
        assert (picture["name"], picture["size"]) == ("ipê.png", len(PNG))
        assert "sha256" not in picture

        plain = caller.http  # a picture's address is all that a browser shows
        got = await plain.get(picture["link"])
        assert (got.status_code, got.content) == (200, PNG)
        assert got.headers["content-type"] == "image/png"
        assert got.headers["content-disposition"].startswith("inline")
        saved = await plain.get(script["link"])
        assert saved.headers["content-disposition"].startswith("attachment")
        assert saved.headers["content-type"] == "application/octet-stream"
        assert saved.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in saved.headers["content-security-policy"]

        chat_config = WebChat(WebChatConfig.model_validate(CONFIG))
        long_ago = datetime.now(UTC) - GOOD_FOR - timedelta(seconds=1)
        late = chat_config.file_token(harmless.sha256 or "", "a.png", long_ago)
        for token in (late, one.token, picture["link"].rpartition("/")[2][:-2], "", "x.y"):
            assert (await plain.get(f"/widget/chat/files/{token}")).status_code == 404
    assert (await page.call("GET", picture["link"])).status_code == 404


async def is_open(page: Page) -> bool:
    return (await page.open()).status_code == 200
