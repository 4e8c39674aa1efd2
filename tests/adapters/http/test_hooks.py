"""Outbound webhooks, from the API to an address that verifies what it gets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook as Verifier

from adapters.http.app import create_app
from adapters.public_web import PublicWeb, origin_of
from adapters.webhooks import sender
from adapters.webhooks.queue import WebhookQueue
from adapters.webhooks.register import WebhookRegister
from adapters.webhooks.sender import WebhookSender
from adapters.webhooks.sending import Outcome, Sending
from tests.adapters.http.conftest import Caller, Installation, calling

WITHIN = 20.0
TELLING = ["chat-opened", "message-received", "comment-added"]


class Receiver:
    """Another program: keeps what it is told, and answers as the test wants it to."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[Any], int] = lambda _: 204

    @property
    def said(self) -> list[dict[str, Any]]:
        return [httpx.Response(200, content=body).json() for _, body in self.got]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in fields}
        body = await reader.readexactly(int(headers["content-length"]))
        self.got.append((headers, body))
        status = self.answer(self.said[-1])
        writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()


class Ground:
    """An installation with a sender, and a webhook that goes to a receiver."""

    def __init__(self, caller: Caller, receiver: Receiver, url: str) -> None:
        self.caller, self.receiver, self.url = caller, receiver, url
        self.id, self.secret = "", ""

    async def add(self, *kinds: str) -> None:
        body = {"url": self.url, "kinds": list(kinds), "name": "CRM"}
        made = await self.caller.post("/v1/webhooks", "admin", body)
        assert made.status_code == 201, made.text
        self.id, self.secret = made.json()["id"], made.json()["secret"]

    async def ask(self, method: str, path: str = "", body: Any = None) -> Any:
        got = await self.caller.call(method, f"/v1/webhooks/{self.id}{path}", "admin", json=body)
        assert got.status_code == 200, got.text
        return got.json()

    async def item(self) -> Any:
        listed = (await self.caller.get("/v1/webhooks", "admin")).json()
        return next(item for item in listed["items"] if item["id"] == self.id)

    async def until(self, question: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN):
            while not question():  # noqa: ASYNC110  (what is asked for comes over a socket)
                await asyncio.sleep(0.01)

    async def until_disabled(self) -> None:
        async with asyncio.timeout(WITHIN):
            while (await self.item())["enabled"]:  # noqa: ASYNC110  (it is asked over HTTP)
                await asyncio.sleep(0.02)


@asynccontextmanager
async def sending(installation: Installation, url: str) -> AsyncIterator[None]:
    """Run the sender while the block lasts, as the process that dispatches does."""
    register = WebhookRegister(installation.pool, installation.mapper)
    wake, lost = asyncio.Event(), asyncio.Event()
    async with PublicWeb().client({origin_of(httpx.URL(url))}) as client:
        queue = WebhookQueue(installation.pool, installation.mapper)
        one = WebhookSender(register, queue, installation.desk, Sending(client))
        task = asyncio.create_task(one.run(wake, lost))
        try:
            yield
        finally:
            lost.set()
            wake.set()
            await task


@pytest.fixture
async def ground(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Ground]:
    monkeypatch.setattr(sender, "IDLE", 0.02)
    receiver = Receiver()
    async with receiver.listening() as url:
        trusted = frozenset({origin_of(httpx.URL(url))})
        app = create_app(installation.parts(webhook_origins=trusted))
        async with calling(app, installation) as caller:
            yield Ground(caller, receiver, url)


async def test_what_happens_is_told_signed_in_order_and_nothing_else(ground: Ground) -> None:
    """Standard Webhooks: the other side verifies it with its library."""
    await ground.caller.new_chat(1, "before")
    await ground.add(*TELLING)
    async with sending(ground.caller.installation, ground.url):
        chat_id = await ground.caller.new_chat(2, "first")
        await ground.caller.telegram(2, "second")
        await ground.caller.post(f"/v1/chats/{chat_id}/tags", "admin", {"add": ["x"]})
        await ground.caller.post(f"/v1/chats/{chat_id}/comments", "admin", {"text": "psst"})
        await ground.until(lambda: len(ground.receiver.got) >= 4)

    assert [one["type"] for one in ground.receiver.said] == [
        "chat-opened",
        "message-received",
        "message-received",
        "comment-added",
    ]
    positions = [one["data"]["position"] for one in ground.receiver.said]
    assert positions == sorted(positions)
    for headers, body in ground.receiver.got:
        Verifier(ground.secret).verify(body, headers)
    assert len({headers["webhook-id"] for headers, _ in ground.receiver.got}) == 4
    assert (await ground.item())["waiting"] == 0


async def test_what_fails_is_tried_again_and_holds_up_its_own_chat_alone(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once, of each chat in order; other chats do not wait."""
    monkeypatch.setattr(sender, "DELAYS", (0.3, 0.3, 0.3))
    refused = iter([True, True])
    ground.receiver.answer = lambda said: (
        500 if said["data"]["version"] == 2 and "one" in str(said) and next(refused, False) else 200
    )
    await ground.add("message-received")
    async with sending(ground.caller.installation, ground.url):
        await ground.caller.telegram(1, "one")
        await ground.caller.telegram(1, "later")
        await ground.caller.telegram(2, "two")
        await ground.until(lambda: len(ground.receiver.got) >= 5)

    texts = [one["data"]["data"]["parts"][0]["text"] for one in ground.receiver.said]
    assert texts.count("one") == 3
    assert texts.index("later") == len(texts) - 1
    assert texts.index("two") < texts.index("later")
    ids = [h["webhook-id"] for (h, _), text in zip(ground.receiver.got, texts, strict=True)
           if text == "one"]  # fmt: skip
    assert len(set(ids)) == 1
    log = (await ground.ask("GET", "/deliveries"))["items"]
    assert sorted(one["status"] for one in log) == [200, 200, 200, 500, 500]
    assert all((one["next_at"] is not None) == (one["status"] == 500) for one in log)


async def test_after_75_hours_it_is_disabled_which_is_an_event_and_enabled_it_goes_on(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 75 < sum(sender.DELAYS) / 3600 < 76
    monkeypatch.setattr(sender, "DELAYS", (0.0,))
    ground.receiver.answer = lambda _: 500
    await ground.add("message-received")
    async with sending(ground.caller.installation, ground.url):
        await ground.caller.telegram(1, "hello")
        await ground.until_disabled()
        assert (await ground.item())["disabled"] == "failing"
        tried = len(ground.receiver.got)

        ground.receiver.answer = lambda _: 200
        await ground.ask("PATCH", body={"enabled": True})
        await ground.until(lambda: len(ground.receiver.got) > tried)

    assert tried == 2
    assert (await ground.item())["waiting"] == 0


async def test_an_address_that_is_gone_is_told_nothing_more(ground: Ground) -> None:
    ground.receiver.answer = lambda _: 410
    await ground.add("message-received")
    async with sending(ground.caller.installation, ground.url):
        await ground.caller.telegram(1, "hello")
        await ground.until_disabled()

    assert (await ground.item())["disabled"] == "gone"


async def test_everything_after_a_position_is_sent_once_more_under_the_same_ids(
    ground: Ground,
) -> None:
    await ground.add("message-received")
    async with sending(ground.caller.installation, ground.url):
        await ground.caller.telegram(1, "one")
        await ground.caller.telegram(2, "two")
        await ground.until(lambda: len(ground.receiver.got) == 2)
        await ground.ask("POST", "/replay", {"after": 0})
        await ground.until(lambda: len(ground.receiver.got) == 4)

    ids = [headers["webhook-id"] for headers, _ in ground.receiver.got]
    assert sorted(ids[:2]) == sorted(ids[2:])


async def test_for_a_day_a_former_secret_verifies_as_well(ground: Ground) -> None:
    await ground.add("message-received")
    former = ground.secret
    new = (await ground.ask("POST", "/secret"))["secret"]
    tried = await ground.ask("POST", "/test")

    ((headers, body),) = ground.receiver.got
    Verifier(former).verify(body, headers)
    Verifier(new).verify(body, headers)
    assert tried["status"] == 204


async def test_it_goes_nowhere_but_to_the_public_internet(ground: Ground) -> None:
    """What an administrator of the account may enter reaches nothing inside."""
    for url in ("http://crm.test/", "ftp://crm.test/", "https://me:pw@crm.test/", "crm"):
        body = {"url": url, "kinds": ["*"]}
        refused = await ground.caller.post("/v1/webhooks", "admin", body)
        assert refused.status_code == 422, url
        assert refused.json()["errors"][0]["pointer"] == "/url"
    ground.url = "https://localhost:5432/"
    await ground.add("*")

    tried = await ground.ask("POST", "/test")

    assert (tried["status"], tried["error"]) == (None, "refused: its port is 5432")


async def test_its_secret_is_shown_once_and_to_nobody_else(ground: Ground) -> None:
    await ground.add("*")

    listed = await ground.caller.get("/v1/webhooks", "admin")

    assert ground.secret.startswith("whsec_")
    assert ground.secret not in listed.text
    for who in ("ana", "sara", "ada"):
        assert (await ground.caller.get("/v1/webhooks", who)).status_code == 403
    unknown = {"url": "https://crm.test/", "kinds": ["tea-brewed"]}
    refused = await ground.caller.post("/v1/webhooks", "admin", unknown)
    assert refused.json()["errors"] == [{"pointer": "/kinds", "detail": "there is no 'tea-brewed'"}]


@pytest.mark.parametrize(
    ("tries", "outcome", "delay"),
    [
        (9, Outcome(500, None, 1), None),
        (0, Outcome(410, None, 1), None),
        (0, Outcome(429, None, 1, retry_after=900.0), 900.0),
    ],
)
def test_how_long_to_wait(tries: int, outcome: Outcome, delay: float | None) -> None:
    assert sender.delay_after(tries, outcome) == delay
