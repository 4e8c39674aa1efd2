"""A channel as plain as can be, and its provider: a script says what becomes of each call."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar, Final

import httpx
import orjson
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.channels.accounts import Connected, ConnectedChannels
from adapters.channels.base import (
    CONTRACT,
    AccountRef,
    Ack,
    AdapterMeta,
    Capabilities,
    ErrorKind,
    HttpCall,
    HttpResponse,
    InboundEvent,
    MediaRule,
    OutboundMessage,
    OutFile,
    Rate,
    RawRequest,
    SendErr,
    SendOk,
    TransportFailure,
    Verdict,
)
from adapters.channels.dispatcher import Dispatcher
from adapters.channels.files import Files
from adapters.channels.outcomes import object_in, of_failure, of_status, retry_after_of
from adapters.storage.desk import LogDesk
from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.outbox import Outbox
from domain.acts import Ask
from domain.channel import ConnectChannel
from domain.chat import commands as c
from domain.chat.events import MessageState, MessageStateChanged
from domain.content import Media, MediaKind, Part, Text
from domain.event import Event
from domain.inbound import Consent, MessageArrived, Peer
from domain.intake import take_in
from domain.ports import Receipt
from domain.values import ChannelAccountId, Identity, Meta, OperatorId, StreamId, stream_of
from tests.prepared import MAPPER, Pool, eventually, reader_on
from tests.spec import NOW

META: Final = Meta("operator:ana", "http")
UNLIMITED: Final = Rate(1_000_000, timedelta(seconds=1))
CAN: Final = Capabilities(
    max_text=10,
    text_unit="chars",
    reply_window=None,
    receipts=frozenset({MessageState.DELIVERED}),
    idempotent_send=False,
    ordered_send=True,
    rate_per_account=UNLIMITED,
    rate_per_peer=UNLIMITED,
    retry_horizon=timedelta(hours=1),
    media={MediaKind.IMAGE: MediaRule(frozenset({"image/*"}), 1000)},
)


class Nothing(BaseModel):
    pass


class Plain:
    """An account whose messages leave in one call for each ten characters or file."""

    meta: ClassVar = AdapterMeta(
        kind="plain", title="", contract=CONTRACT, provider_version="1", config=Nothing, docs=""
    )

    def __init__(self, name: str, base: str, can: Capabilities = CAN) -> None:
        self.name, self.base, self.can = name, base, can

    def account_ref(self) -> AccountRef:
        return AccountRef("plain", self.name)

    def capabilities(self) -> Capabilities:
        return self.can

    def handshake(self, request: RawRequest) -> Ack | None:
        return None

    def verify(self, request: RawRequest) -> Verdict:
        return Verdict.OK

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        return []

    def ack(self, request: RawRequest) -> Ack:
        return Ack()

    def build(self, message: OutboundMessage) -> list[HttpCall]:
        return [
            self.call({"to": message.address, "text": text})
            for part in message.parts
            for text in _pieces(part, message)
        ]

    def call(self, content: Any, path: str = "") -> HttpCall:
        return HttpCall(
            "POST", f"{self.base}/{self.name}{path}", (), orjson.dumps(content), "plain", timeout=5
        )

    def classify(self, call: HttpCall, result: HttpResponse | TransportFailure) -> SendOk | SendErr:
        if isinstance(result, TransportFailure):
            return of_failure(result)
        said = object_in(result)
        if "error" in said:
            return SendErr(
                ErrorKind(said["error"]),
                "x",
                "no",
                retry_after_of(result),
                scope=said.get("scope", "account"),
                consent=Consent(said["consent"]) if "consent" in said else None,
            )
        if not result.is_success or "id" not in said:
            return of_status(result)
        learned = Identity("plain.user", said["learned"]) if "learned" in said else None
        return SendOk(said["id"], learned=learned)


def _pieces(part: Part, message: OutboundMessage) -> list[str]:
    match part:
        case Text(text=text):
            return [text[n : n + 10] for n in range(0, len(text), 10)]
        case Media(sha256=str(sha256)):
            handle = message.handles.get(sha256)
            return [handle or message.files[sha256].content.decode()]
        case _:
            return []


Answer = Callable[["Taken"], Awaitable[Response] | Response]


@dataclass(frozen=True, slots=True)
class Taken:
    """One call that reached the provider."""

    account: str
    to: str
    text: str
    id: str


def ok(taken: Taken) -> Response:
    return Response(orjson.dumps({"id": taken.id}))


def error(kind: ErrorKind, retry_after: str | None = None, **more: str) -> Answer:
    headers = {} if retry_after is None else {"retry-after": retry_after}
    body = orjson.dumps({"error": kind.value, **more})
    return lambda _: Response(body, 400, headers)


def status(code: int, body: bytes = b"<html>", **headers: str) -> Answer:
    return lambda _: Response(body, code, headers)


@dataclass
class Provider:
    """Takes calls, and answers each as its script says: `ok` where it says nothing."""

    taken: list[Taken] = field(default_factory=list)
    script: dict[str, list[Answer]] = field(default_factory=dict)
    """By the text of a call: what becomes of the first, the second, …"""
    always: Answer = ok

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{account}", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> Response:
        said = orjson.loads(await request.body())
        number = len(self.taken)
        taken = Taken(request.path_params["account"], said["to"], said["text"], f"id-{number}")
        self.taken.append(taken)
        steps = self.script.get(taken.text)
        answer = (steps.pop(0) if steps else self.always)(taken)
        return answer if isinstance(answer, Response) else await answer

    def texts(self) -> list[str]:
        return [taken.text for taken in self.taken]


class Accounts(ConnectedChannels):
    """Connected accounts that are in no table."""

    async def refresh(self) -> None:
        return

    def connect(self, adapter: Any) -> ChannelAccountId:
        id_ = ChannelAccountId(f"account-{adapter.name}")
        self._by_id[id_] = Connected(id_, adapter.name, "plain", adapter, adapter.account_ref())
        return id_


@dataclass
class Ground:
    """A desk, a database, a provider, and accounts on it."""

    url: str
    pool: Pool
    desk: LogDesk
    client: httpx.AsyncClient
    base: str
    provider: Provider
    files: Files | None = None

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.pool)

    def connect(self, adapter: Plain) -> ChannelAccountId:
        id_ = self.accounts.connect(adapter)
        command = ConnectChannel(name=id_, channel="plain", group_id=None, fingerprint="f")
        self.desk.submit_now(Ask(stream=stream_of("channel", id_), command=command, meta=META))
        return id_

    def plain(self, name: str = "a", **changes: Any) -> ChannelAccountId:
        return self.connect(Plain(name, self.base, replace(CAN, **changes)))

    async def chat(self, account_id: ChannelAccountId, who: str) -> StreamId:
        """Return the chat of a client who has just written."""
        arrived = MessageArrived(
            account=None,
            dedup_key=f"m:{account_id}{who}",
            occurred_at=NOW,
            peer=Peer((Identity("plain", who),), who),
            provider_id=f"{account_id}{who}",
            parts=(Text(text="Oi"),),
        )
        receipt = await self.desk.submit(take_in(self.desk.naming, account_id, arrived))
        assert receipt.stream is not None
        return receipt.stream

    async def answer(self, chat: StreamId, *parts: str | Media) -> int:
        said = tuple(Text(text=part) if isinstance(part, str) else part for part in parts)
        command = c.SendMessage(
            message_id=f"{chat}:{said}", operator_id=OperatorId("ana"), parts=said
        )
        return (await self.ask(chat, command)).number

    async def ask(self, stream: StreamId, command: Any) -> Receipt:
        return await self.desk.submit(Ask(stream=stream, command=command, meta=META))

    def events(self, stream: StreamId) -> list[Event]:
        with reader_on(self.url) as reader:
            return [recorded.event for recorded in reader.history(stream)]

    def states(self, chat: StreamId, seq: int) -> list[MessageStateChanged]:
        return [
            event
            for event in self.events(chat)
            if isinstance(event, MessageStateChanged) and event.seq == seq
        ]

    def state(self, chat: StreamId, seq: int) -> MessageState:
        changes = self.states(chat, seq)
        return changes[-1].state if changes else MessageState.QUEUED

    async def becomes(self, chat: StreamId, seq: int, state: MessageState) -> MessageStateChanged:
        await eventually(lambda: self.state(chat, seq) is state, 20)
        return self.states(chat, seq)[-1]

    @asynccontextmanager
    async def dispatching(self, *, crash: bool = False) -> AsyncIterator[None]:
        """Send what is to be sent, inside the context; with `crash`, end in the middle of it."""
        lease = Lease(self.pool, "dispatch")
        assert await lease.acquire()
        desk = self.desk.under(lease)
        outbox = Outbox(self.pool, MAPPER)
        dispatcher = Dispatcher(outbox, self.accounts, desk, self.client, self.files)
        lost = asyncio.Event()
        keeping = asyncio.create_task(_keep(lease))
        running = asyncio.create_task(dispatcher.run(lease, asyncio.Event(), lost))
        try:
            yield
            assert crash or not running.done(), running.exception()
        finally:
            if crash:
                for sending in dispatcher.sending():
                    sending.cancel()
                running.cancel()
            lost.set()
            await asyncio.gather(running, return_exceptions=True)
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await lease.release()


async def _keep(lease: Lease) -> None:
    while True:
        await asyncio.sleep(1)
        await lease.renew()


@dataclass
class Shelf:
    """Files in memory."""

    files: dict[str, bytes]

    async def read(self, sha256: str) -> OutFile | None:
        content = self.files.get(sha256)
        return None if content is None else OutFile(sha256, "image/png", "a.png", content)
