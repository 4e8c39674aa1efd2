"""The copier's surroundings: a real desk, database and folder, and a provider of files."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.channels.accounts import Connected, ConnectedChannels
from adapters.channels.base import ChannelAdapter
from adapters.channels.copying import MediaCopier
from adapters.channels.files import Answers, Download, Unavailable
from adapters.channels.telegram import Telegram
from adapters.channels.telegram.config import TelegramConfig
from adapters.channels.wire import HttpCall, HttpResponse
from adapters.public_web import PublicWeb, origins_in, resolved
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.desk import LogDesk
from adapters.storage.postgres.files import FileRegister
from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.media_queue import MediaQueue
from domain.chat.events import MediaCopied, MediaLost
from domain.content import Media, MediaKind, Parts
from domain.inbound import AccountRef, MessageArrived, MessageWasEdited, Peer
from domain.intake import take_in
from domain.values import Identity, StreamId
from tests.adapters.channels.sending_ground import serving
from tests.prepared import MAPPER, Pool, eventually, reader_on, run_sql
from tests.small_company import PHONE, SENT_AT, SmallCompany

LARGEST: Final = 200_000
CONFIG: Final = {"bot_token": "42:test", "secret_token": "s"}
Answer = Callable[[Request], Awaitable[Response]]


@dataclass
class FakeProvider:
    """Gives out a link for a file's id, as often as asked; each link is good a few times only."""

    files: dict[str, bytes] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    """Where files lie that lie elsewhere."""
    odd: dict[str, Answer] = field(default_factory=dict)
    expired: int = 0
    """So many links end before they are used."""
    asked: int = 0
    given: int = 0
    address: str = ""

    def __post_init__(self) -> None:
        routes = [Route("/about/{id}", self._about), Route("/file/{id}/{link}", self._file)]
        self.app = Starlette(routes=routes)

    async def _about(self, request: Request) -> Response:
        self.asked += 1
        id_ = request.path_params["id"]
        if id_ not in self.files and id_ not in self.odd and id_ not in self.links:
            return JSONResponse({}, 404)
        url = self.links.get(id_) or f"{self.address}/file/{id_}/{self.asked}"
        return JSONResponse({"url": url, "sha256": self.digests.get(id_)})

    async def _file(self, request: Request) -> Response:
        if self.expired > 0:
            self.expired -= 1
            return Response("gone", 404)
        id_ = request.path_params["id"]
        if id_ in self.odd:
            return await self.odd[id_](request)
        self.given += 1
        return Response(self.files[id_], media_type="application/x-said-so")


class Fetching(Telegram):
    """A channel whose files are found in two steps."""

    provider = ""

    def fetch(self, reference: str, answers: Answers) -> HttpCall | Download | Unavailable:
        if not answers:
            return HttpCall("GET", f"{self.provider}/about/{reference}", (), b"", "about", 5)
        match answers[-1]:
            case HttpResponse(status=200, body=body):
                about = json.loads(body)
                call = HttpCall("GET", about["url"], (("x-token", "canary"),), b"", "file", 5)
                return Download(call, about["sha256"])
            case HttpResponse():
                return Unavailable("the provider does not know it", for_good=True)
            case failure:
                return Unavailable(f"not reached: {failure}", for_good=False)


class OneChannel(ConnectedChannels):
    """One account, connected as it is given."""

    def __init__(self, pool: Pool, adapter: ChannelAdapter, *origins: str) -> None:
        super().__init__(pool)
        ref = AccountRef("test", "1")
        self._one = Connected(PHONE, "loja", "test", adapter, ref, origins_in(origins))

    async def refresh(self) -> None:
        """Nothing changes."""

    def ids(self) -> list[str]:
        return [self._one.id]

    def by_id(self, id_: str) -> Connected | None:
        return self._one if id_ == self._one.id else None


@dataclass
class MediaGround:
    pool: Pool
    url: str
    desk: LogDesk
    folder: Path
    provider: FakeProvider
    web: PublicWeb
    company: SmallCompany
    messages: int = 0

    def media(self, reference: str, **others: Any) -> Media:
        return Media(media=MediaKind.IMAGE, reference=reference, **others)

    def client_sends(self, *parts: Media, client: int = 1) -> StreamId:
        """Let a client send files; return his chat."""
        self.messages += 1
        arrived = MessageArrived(
            account=None,
            dedup_key=f"m:{self.messages}",
            occurred_at=SENT_AT,
            peer=_peer(client),
            provider_id=f"{self.messages}",
            parts=parts,
        )
        return self._take_in(arrived)

    def client_edits(self, message: int, parts: Parts, client: int = 1) -> StreamId:
        edited = MessageWasEdited(
            account=None,
            dedup_key=f"e:{message}:{parts}",
            occurred_at=SENT_AT,
            peer=_peer(client),
            provider_id=f"{message}",
            parts=parts,
        )
        return self._take_in(edited)

    def attachments(self, folder: Path | None = None) -> Attachments:
        store = AttachmentStore.open(f"{folder or self.folder}")
        return Attachments(store, FileRegister(self.pool), LARGEST)

    def copier(self, lease: Lease, attachments: Attachments | None = None) -> MediaCopier:
        adapter = Fetching(TelegramConfig.model_validate(CONFIG))
        adapter.provider = self.provider.address
        channels = OneChannel(self.pool, adapter, self.provider.address)
        queue, desk = MediaQueue(self.pool, MAPPER), self.desk.under(lease)
        return MediaCopier(queue, channels, desk, attachments or self.attachments(), self.web)

    @asynccontextmanager
    async def copying(self, attachments: Attachments | None = None) -> AsyncIterator[None]:
        """Copy what is wanted, inside the context."""
        lease, stop = Lease(self.pool, "dispatch", held_for=60), asyncio.Event()
        assert await lease.acquire()
        running = asyncio.create_task(self.copier(lease, attachments).run(lease, stop))
        try:
            yield
            assert not running.done(), running.exception()
        finally:
            stop.set()
            await running
            await lease.release()

    def told(self, chat: StreamId) -> list[MediaCopied | MediaLost]:
        """Return what was told about a chat's files, in order."""
        with reader_on(self.url) as reader:
            events = [recorded.event for recorded in reader.history(chat)]
        return [e for e in events if isinstance(e, MediaCopied | MediaLost)]

    async def outcome(self, chat: StreamId, nth: int = 0) -> MediaCopied | MediaLost:
        """Return what was told about a chat's nth file, once it is."""
        await eventually(lambda: len(self.told(chat)) > nth)
        await eventually(lambda: self.wanted() == [])
        return self.told(chat)[nth]

    async def copied(self, chat: StreamId, nth: int = 0) -> MediaCopied:
        outcome = await self.outcome(chat, nth)
        assert isinstance(outcome, MediaCopied), outcome
        return outcome

    async def lost(self, chat: StreamId) -> str:
        outcome = await self.outcome(chat)
        assert isinstance(outcome, MediaLost), outcome
        return outcome.why

    def wanted(self) -> list[tuple[Any, ...]]:
        """Return what is still to be copied: tries, and whether it is marked."""
        statement = "SELECT tries, attempted_at IS NOT NULL FROM recado_media ORDER BY position"
        return run_sql(self.url, statement)

    def stored(self) -> dict[str, bytes]:
        """Return every file in the folder, by its name."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return {path.name: path.read_bytes() for path in files}

    def at_once(self) -> None:
        """Let nothing wait for its next try."""
        run_sql(self.url, "UPDATE recado_media SET not_before = '-infinity'")

    def _take_in(self, inbound: MessageArrived | MessageWasEdited) -> StreamId:
        receipt = self.desk.submit_now(take_in(self.desk.naming, PHONE, inbound))
        assert receipt.stream is not None
        return receipt.stream


@asynccontextmanager
async def media_ground(
    pool: Pool, url: str, desk: LogDesk, folder: Path
) -> AsyncIterator[MediaGround]:
    company, provider = SmallCompany(desk), FakeProvider()
    company.open()
    async with serving(provider.app) as address:
        provider.address = address
        yield MediaGround(pool, url, desk, folder, provider, PublicWeb(_resolved), company)


async def _resolved(host: str, port: int) -> list[str]:
    """Resolve `rebound.test` to ourselves, as its owner may at any time."""
    return ["127.0.0.1"] if host == "rebound.test" else await resolved(host, port)


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _peer(client: int) -> Peer:
    return Peer((Identity("whatsapp.phone", f"55119{client:08d}"),), f"Cliente {client}")
