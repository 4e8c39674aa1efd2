"""A mail from a client's mailbox to an operator and back, over real servers of both kinds."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from adapters.channels.accounts import ConnectedChannels
from adapters.channels.conformance.mail_sink import MailSink, mail_sink
from adapters.channels.copying import MediaCopier
from adapters.channels.pulling import Puller
from adapters.channels.transport import http_client
from adapters.public_web import PublicWeb
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.postgres.files import FileRegister
from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.media_queue import MediaQueue
from adapters.storage.postgres.pull_cursors import PullCursors
from deploy.installation import prepare_database
from deploy.workspace import ChannelTable
from domain.chat.events import MediaCopied, MessageReceived, MessageState
from domain.event import Recorded
from tests.adapters.channels.email_kit import mail
from tests.adapters.channels.sending_ground import Company
from tests.fixtures_servers import temporary_data
from tests.prepared import MAPPER, desk_on, eventually, pool_on, reader_on
from tests.providers.dovecot import PASSWORD, Dovecot, dovecot_in


@dataclass
class Post:
    """A company that is reached by mail alone."""

    company: Company
    dovecot: Dovecot
    sink: MailSink
    attachments: Attachments

    def events(self, kind: type) -> list[Recorded]:
        with reader_on(self.company.url) as reader:
            recorded = [MAPPER.decode(*row) for row in reader.raw()]
        return [one for one in recorded if isinstance(one.event, kind)]

    async def deliver(self, *mails: bytes) -> None:
        await asyncio.to_thread(self.dovecot.put, *mails)

    async def received(self, count: int) -> list[Recorded]:
        await eventually(lambda: len(self.events(MessageReceived)) >= count, 20)
        return self.events(MessageReceived)


@asynccontextmanager
async def at_work(
    *parts: Callable[[asyncio.Event], Coroutine[Any, Any, None]],
) -> AsyncIterator[None]:
    lost = asyncio.Event()
    tasks = [asyncio.create_task(part(lost)) for part in parts]
    try:
        yield
        assert not [task.exception() for task in tasks if task.done()]
    finally:
        lost.set()
        await asyncio.gather(*tasks)


@pytest.fixture
async def post(fresh_database: str) -> AsyncIterator[Post]:
    await asyncio.to_thread(prepare_database, fresh_database)
    with temporary_data() as folder, desk_on(fresh_database) as desk:
        folder.chmod(0o755)  # the IMAP server's own user must reach it
        (folder / "imap").mkdir()
        (folder / "files").mkdir()
        async with pool_on(fresh_database) as pool, http_client() as client, mail_sink() as sink:
            with dovecot_in(folder / "imap") as dovecot:
                company = Company(fresh_database, pool, desk, client)
                company.connect(table(dovecot, sink))
                store = AttachmentStore.open(str(folder / "files"))
                yield Post(company, dovecot, sink, Attachments(store, FileRegister(pool)))


def table(dovecot: Dovecot, sink: MailSink) -> ChannelTable:
    config = {
        "from_address": "support@ipe.test",
        "imap_host": "127.0.0.1",
        "imap_port": dovecot.port,
        "imap_security": "none",
        "imap_password": PASSWORD,
        "smtp_host": "127.0.0.1",
        "smtp_port": sink.port,
        "smtp_security": "none",
        "poll_seconds": 2,
    }
    return ChannelTable(name="mail", kind="email", config=config)


@asynccontextmanager
async def working(post: Post) -> AsyncIterator[None]:
    """Pull, copy and send, inside the context."""
    pool, company = post.company.pool, post.company
    puller = Puller(ConnectedChannels(pool), company.desk, PullCursors(pool), ask_every=0.05)
    lease = Lease(pool, "copy", held_for=60)
    assert await lease.acquire()
    copier = MediaCopier(
        MediaQueue(pool, MAPPER),
        ConnectedChannels(pool),
        company.desk.under(lease),
        post.attachments,
        PublicWeb(),
    )
    async with company.dispatching(), at_work(puller.run, lambda lost: copier.run(lease, lost)):
        yield
    await lease.release()


async def test_a_client_writes_is_answered_and_answers(post: Post) -> None:
    """M1, M6, M8"""
    first = mail("Cadê meu pedido?", Message_ID="<1@cliente.test>")
    content = b"%PDF-1.7 " + b"x" * 5000
    first.add_attachment(content, maintype="application", subtype="pdf", filename="nota.pdf")
    async with working(post):
        await post.deliver(first.as_bytes())
        (received,) = await post.received(1)
        chat = received.stream
        await eventually(lambda: post.events(MediaCopied), 20)
        (copied,) = (recorded.event for recorded in post.events(MediaCopied))
        assert isinstance(copied, MediaCopied)
        assert await post.attachments.store.read(copied.sha256) == content

        seq = await post.company.answer(chat, "Já saiu.")
        await post.company.becomes(chat, seq, MessageState.SENT, 20)
        answer = message_from_bytes(post.sink.mails[0], policy=default)
        assert (answer["In-Reply-To"], answer["Subject"]) == ("<1@cliente.test>", "Re: Pedido 42")
        assert answer.get_content().strip() == "Já saiu."

        thanks = mail("Obrigada!", Message_ID="<2@x.test>", In_Reply_To=answer["Message-ID"])
        other = mail("Outra coisa", Message_ID="<3@x.test>")
        await post.deliver(thanks.as_bytes(), other.as_bytes())
        streams = [recorded.stream for recorded in await post.received(3)]
        assert streams[:2] == [chat, chat]
        assert streams[2] != chat


async def test_a_mailbox_numbered_anew_brings_nothing_twice(post: Post) -> None:
    """M1"""
    async with working(post):
        await post.deliver(*(mail(Message_ID=f"<{n}@x.test>").as_bytes() for n in range(3)))
        await post.received(3)
    post.dovecot.number_anew()
    async with working(post):
        await post.deliver(mail(Message_ID="<3@x.test>").as_bytes())
        ids = [getattr(r.event, "provider_id", "") for r in await post.received(4)]
    assert sorted(ids) == [f"<{n}@x.test>" for n in range(4)]


async def test_a_mail_that_comes_back_is_shown_as_failed(post: Post) -> None:
    """M6"""
    async with working(post):
        await post.deliver(mail(Message_ID="<1@cliente.test>").as_bytes())
        (received,) = await post.received(1)
        seq = await post.company.answer(received.stream, "Já saiu.")
        await post.company.becomes(received.stream, seq, MessageState.SENT, 20)
        ours = message_from_bytes(post.sink.mails[0], policy=default)["Message-ID"]
        await post.deliver(
            b"From: <mailer-daemon@mx.test>\r\nMessage-ID: <dsn@mx.test>\r\n"
            b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
            b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n"
            b"Action: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
            b"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: "
            + ours.encode()
            + b"\r\n--b--\r\n"
        )
        changed = await post.company.becomes(received.stream, seq, MessageState.FAILED, 20)
    assert changed.reason == "recipient: 5.1.1"
