"""What real adapters name is copied, over the providers' own wire (M8)."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.channels.accounts import ConnectedChannels
from adapters.channels.copying import MediaCopier
from adapters.channels.outgoing_files import Files
from adapters.channels.transport import http_client
from adapters.public_web import PublicWeb
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.links import PublicLinks
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.postgres.files import FileRegister
from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.media_queue import MediaQueue
from deploy.demo.forms import Upload
from deploy.installation import prepare_database
from domain.chat.events import MediaCopied
from domain.values import StreamId
from tests.adapters.channels.sending_ground import Company, serving
from tests.prepared import MAPPER, desk_on, eventually, pool_on, reader_on

PDF = b"%PDF-1.7\nnota fiscal"
OGG = b"OggS\x00\x02" + bytes(300)


@pytest.fixture
async def company(fresh_database: str) -> AsyncIterator[Company]:
    await asyncio.to_thread(prepare_database, fresh_database)
    with desk_on(fresh_database) as desk:
        async with pool_on(fresh_database) as pool, http_client() as client:
            company = Company(fresh_database, pool, desk, client)
            async with serving(company.app) as address:
                company.address = address
                company.connect(company.graph_table(), company.telegram_table())
                yield company
                await company.graph.aclose()
                await company.telegram.aclose()


def copies(company: Company, chat: StreamId) -> list[MediaCopied]:
    with reader_on(company.url) as reader:
        events = [recorded.event for recorded in reader.history(chat)]
    return [event for event in events if isinstance(event, MediaCopied)]


async def test_files_come_from_both_providers_and_can_be_sent_on(
    company: Company, tmp_path: Path
) -> None:
    company.graph.client_sends_file(
        "5511900000001", "Fábio", "document", PDF, "application/pdf", filename="nota.pdf"
    )
    await company.graph.settle()
    company.telegram.client_sends_file(7001, "Nádia", "voice", Upload("v.oga", "audio/ogg", OGG))
    await company.telegram.settle()

    register = FileRegister(company.pool)
    attachments = Attachments(AttachmentStore.open(f"{tmp_path}"), register)
    channels, queue = ConnectedChannels(company.pool), MediaQueue(company.pool, MAPPER)
    lease, stop = Lease(company.pool, "dispatch", held_for=60), asyncio.Event()
    assert await lease.acquire()
    copier = MediaCopier(queue, channels, company.desk.under(lease), attachments, PublicWeb())
    running = asyncio.create_task(copier.run(lease, stop))
    try:
        await eventually(lambda: all(copies(company, chat) for chat in company.chats))
    finally:
        stop.set()
        await running

    (nota,), (voice,) = (copies(company, chat) for chat in company.chats)
    assert (nota.sha256, nota.mime, nota.name) == (
        sha256(PDF).hexdigest(),
        "application/pdf",
        "nota.pdf",
    )
    assert (voice.sha256, voice.mime) == (sha256(OGG).hexdigest(), "audio/ogg")

    files = Files(attachments, PublicLinks("https://recado.test", b"salt"))
    out = await files.read(nota.sha256)
    assert out is not None
    assert (out.content, out.mime, out.name) == (PDF, "application/pdf", "nota.pdf")
    assert out.public_url is not None
    assert out.public_url.startswith("https://recado.test/v1/files/")
    assert await files.read("0" * 64) is None
    without_links = await Files(attachments).read(voice.sha256)
    assert without_links is not None
    assert without_links.public_url is None
