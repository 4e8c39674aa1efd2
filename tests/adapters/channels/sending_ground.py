"""The dispatcher's surroundings: a real desk and database, and providers on real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from adapters.channels.accounts import ConnectedChannels
from adapters.channels.base import ChannelAdapter, RawRequest
from adapters.channels.dispatcher import Dispatcher
from adapters.channels.registry import adapter_for
from adapters.storage.desk import LogDesk
from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.outbox import Outbox
from deploy.applying import keep_secrets, plan, secrets
from deploy.demo.fake_graph import FakeGraph
from deploy.demo.fake_telegram import FakeTelegram
from deploy.demo.providers import Post
from deploy.signals import QuietServer
from deploy.workspace import ChannelTable, Workspace
from domain.acts import Ask
from domain.chat.commands import RetryMessage, SendMessage
from domain.chat.events import MessageState, MessageStateChanged
from domain.content import Text
from domain.intake import take_in
from domain.values import ChannelAccountId, Meta, OperatorId, StreamId
from tests.prepared import MAPPER, Pool, eventually, reader_on, run_sql

META: Final = Meta("operator:ana", "http")
PHONE_NUMBER_ID: Final = "106540352242922"
BOT_TOKEN: Final = "4242:bot-token-of-a-test"
GRAPH: Final = "whatsapp"
TELEGRAM: Final = "telegram"


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[str]:
    """Yield where the app is served."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", ws="none")
        server = QuietServer(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def listening(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]],
) -> AsyncIterator[str]:
    """Yield the address of a server that treats each connection as `talk` does."""
    talks = set[asyncio.Task[None]]()

    async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            talks.add(task)
        try:
            await talk(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(each, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


@dataclass
class Company:
    """Two connected channels, whose clients write and whose operators answer."""

    url: str
    pool: Pool
    desk: LogDesk
    client: httpx.AsyncClient
    address: str = ""
    chats: list[StreamId] = field(default_factory=list)
    """One for each message that a client wrote, in that order."""

    def __post_init__(self) -> None:
        self.graph = FakeGraph(
            phone_number_id=PHONE_NUMBER_ID,
            access_token="access-token-of-a-test",
            app_secret="app-secret-of-a-test",
            post=self._webhook(GRAPH, self.graph_table),
            receipts=(),
        )
        self.telegram = FakeTelegram(
            bot_token=BOT_TOKEN,
            secret_token="secret-token-of-a-test",
            post=self._webhook(TELEGRAM, self.telegram_table),
        )
        self.app = Starlette(
            routes=[Mount("/graph", self.graph.app), Mount("/telegram", self.telegram.app)]
        )

    def graph_table(self, **changes: str) -> ChannelTable:
        config = {
            "phone_number_id": PHONE_NUMBER_ID,
            "app_secret": "app-secret-of-a-test",
            "verify_token": "verify-token-of-a-test",
            "access_token": "access-token-of-a-test",
            "api_base": f"{self.address or 'http://nowhere.test'}/graph",
        }
        return ChannelTable(name=GRAPH, kind="whatsapp", config={**config, **changes})

    def telegram_table(self, **changes: str) -> ChannelTable:
        config = {
            "bot_token": BOT_TOKEN,
            "secret_token": "secret-token-of-a-test",
            "api_base": f"{self.address or 'http://nowhere.test'}/telegram",
        }
        return ChannelTable(name=TELEGRAM, kind="telegram", config={**config, **changes})

    def connect(self, *channels: ChannelTable) -> None:
        """Connect channel accounts, or configure them anew."""
        wanted = Workspace(channels=channels)
        with reader_on(self.url) as reader:
            changes = plan(wanted, reader, self.desk.naming)
        keep_secrets(self.url, secrets(wanted, self.desk.naming))
        for change in changes:
            self.desk.submit_now(change.act)

    def account_id(self, name: str) -> ChannelAccountId:
        return ChannelAccountId(self.desk.naming.derive("channel", name))

    async def client_on_whatsapp(self, number: int = 1) -> StreamId:
        """Return the chat of a client who has just written."""
        self.graph.client_writes(f"55119{number:08d}", "Fábio", "Oi")
        await self.graph.settle()
        return self.chats[-1]

    async def client_on_telegram(self, number: int = 1) -> StreamId:
        self.telegram.client_writes(700_000_000 + number, "Nádia", "Oi")
        await self.telegram.settle()
        return self.chats[-1]

    async def answer(self, chat: StreamId, words: str, reply_to: int | None = None) -> int:
        """Let an operator answer; return the message's seq."""
        command = SendMessage(
            message_id=f"{chat}:{words}",
            operator_id=OperatorId("ana"),
            parts=(Text(text=words),),
            reply_to=reply_to,
        )
        return (await self.desk.submit(Ask(stream=chat, command=command, meta=META))).number

    async def try_again(self, chat: StreamId, seq: int) -> None:
        await self.desk.submit(Ask(stream=chat, command=RetryMessage(seq=seq), meta=META))

    def states(self, chat: StreamId, seq: int) -> list[MessageStateChanged]:
        """Return what became of a message, in order."""
        with reader_on(self.url) as reader:
            events = [recorded.event for recorded in reader.history(chat)]
        return [e for e in events if isinstance(e, MessageStateChanged) and e.seq == seq]

    def state(self, chat: StreamId, seq: int) -> MessageState:
        changes = self.states(chat, seq)
        return changes[-1].state if changes else MessageState.QUEUED

    async def becomes(
        self, chat: StreamId, seq: int, state: MessageState, seconds: float = 10
    ) -> MessageStateChanged:
        """Return when a message is in a state: the event that says so."""
        await eventually(lambda: self.state(chat, seq) is state, seconds)
        return self.states(chat, seq)[-1]

    def queue(self) -> list[tuple[Any, ...]]:
        """Return what is still to be sent: tries, and whether it is marked."""
        statement = "SELECT tries, attempted_at IS NOT NULL FROM recado_outbox ORDER BY position"
        return run_sql(self.url, statement)

    def dispatcher(self, lease: Lease) -> Dispatcher:
        outbox = Outbox(self.pool, MAPPER)
        channels = ConnectedChannels(self.pool)
        return Dispatcher(outbox, channels, self.desk.under(lease), self.client)

    @asynccontextmanager
    async def dispatching(self) -> AsyncIterator[Dispatcher]:
        """Send what is to be sent, inside the context."""
        lease = Lease(self.pool, "dispatch")
        async with lease.kept() as lost:
            dispatcher = self.dispatcher(lease)
            running = asyncio.create_task(dispatcher.run(lease, asyncio.Event(), lost))
            try:
                yield dispatcher
                assert not running.done(), running.exception()
            finally:
                lost.set()
                await running

    @asynccontextmanager
    async def crashing(self) -> AsyncIterator[None]:
        """Send what is to be sent, inside the context, and end in the middle of it."""
        lease = Lease(self.pool, "dispatch")
        assert await lease.acquire()
        dispatcher = self.dispatcher(lease)
        lost = asyncio.Event()
        running = asyncio.create_task(dispatcher.run(lease, asyncio.Event(), lost))
        try:
            yield
        finally:
            for sending in dispatcher.sending():
                sending.cancel()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await lease.release()

    def _webhook(self, name: str, table: Callable[[], ChannelTable]) -> Post:
        adapter: ChannelAdapter | None = None

        async def post(headers: dict[str, str], body: bytes) -> int:
            nonlocal adapter
            adapter = adapter or adapter_for(table().kind, table().config)
            request = RawRequest(
                method="POST",
                path=f"/channels/{name}/webhook",
                query=(),
                headers=tuple(headers.items()),
                body=body,
                received_at=datetime.now(UTC),
                public_url="http://recado.test",
            )
            for inbound in adapter.parse(request):
                act = take_in(self.desk.naming, self.account_id(name), inbound)
                receipt = await self.desk.submit(act)
                if receipt.stream is not None and receipt.stream.startswith("chat-"):
                    self.chats.append(receipt.stream)
            return 200

        return post
