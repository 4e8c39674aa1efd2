"""A mailbox on a real IMAP server: what is new comes in once, and nothing in it is touched."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest
from imap_tools import MailBoxUnencrypted

from adapters.channels.base import Pulled, Pulls, Sends, Unavailable
from adapters.channels.email import Email
from adapters.channels.files import HoldsFiles
from domain.inbound import MessageArrived
from tests.adapters.channels.email_kit import account, files, mail
from tests.fixtures_servers import temporary_data
from tests.providers.dovecot import PASSWORD, Dovecot, dovecot_in


@pytest.fixture(scope="module")
def imap_server() -> Iterator[Dovecot]:
    with temporary_data() as folder:
        folder.chmod(0o755)  # its own user must reach it
        with dovecot_in(folder) as server:
            yield server


@pytest.fixture
def dovecot(imap_server: Dovecot) -> Dovecot:
    """A mailbox of the test's own."""
    return replace(imap_server, user=f"{secrets.token_hex(6)}@ipe.test")


def mailbox(server: Dovecot, **changes: object) -> Email:
    given = {
        "imap_host": "127.0.0.1",
        "imap_port": server.port,
        "imap_security": "none",
        "imap_user": server.user,
        "imap_password": PASSWORD,
        "poll_seconds": 1,
    }
    return account(**{**given, **changes})


def letter(number: int, text: str = "Oi") -> bytes:
    return mail(text, Message_ID=f"<{number}@cliente.test>").as_bytes()


async def new(adapter: Email, cursor: str | None) -> list[Pulled]:
    return [pulled async for pulled in adapter.pull(cursor)]


def keys(adapter: Email, pulled: list[Pulled]) -> list[str]:
    return [adapter.parse(one.request)[0].dedup_key for one in pulled]


async def test_each_mail_comes_once_in_the_order_of_its_arrival(dovecot: Dovecot) -> None:
    adapter = mailbox(dovecot)
    assert isinstance(adapter, Pulls)
    assert isinstance(adapter, Sends)
    dovecot.put(*(letter(n) for n in range(3)))
    first = await new(adapter, None)
    assert keys(adapter, first) == [f"m:<{n}@cliente.test>" for n in range(3)]
    assert await new(adapter, first[-1].cursor) == []
    assert keys(adapter, await new(adapter, first[0].cursor)) == keys(adapter, first[1:])
    dovecot.put(letter(3))
    assert keys(adapter, await new(adapter, first[-1].cursor)) == ["m:<3@cliente.test>"]


async def test_a_mail_that_comes_while_it_waits_comes_in_at_once(dovecot: Dovecot) -> None:
    adapter = mailbox(dovecot, poll_seconds=600)
    waiting = asyncio.create_task(new(adapter, None))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(dovecot.put, letter(1))
    async with asyncio.timeout(30):
        assert keys(adapter, await waiting) == ["m:<1@cliente.test>"]


async def test_waiting_ends_when_it_is_told_to(dovecot: Dovecot) -> None:
    adapter = mailbox(dovecot, poll_seconds=600)
    waiting = asyncio.create_task(new(adapter, None))
    await asyncio.sleep(0.5)
    waiting.cancel()
    async with asyncio.timeout(20):
        await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()


async def test_a_mailbox_numbered_anew_is_read_again_and_its_mails_are_known(
    dovecot: Dovecot,
) -> None:
    """M1"""
    adapter = mailbox(dovecot)
    dovecot.put(letter(1), letter(2))
    before = await new(adapter, None)
    dovecot.number_anew()
    dovecot.put(letter(3))
    after = await new(adapter, before[-1].cursor)
    assert keys(adapter, after) == [*keys(adapter, before), "m:<3@cliente.test>"]
    assert after[-1].cursor.partition(":")[0] != before[-1].cursor.partition(":")[0]


async def test_what_is_read_stays_unread_for_others(dovecot: Dovecot) -> None:
    adapter = mailbox(dovecot)
    dovecot.put(letter(1))
    await new(adapter, None)

    def flags() -> list[tuple[str, ...]]:
        with MailBoxUnencrypted("127.0.0.1", dovecot.port).login(dovecot.user, PASSWORD) as box:
            return [found.flags for found in box.fetch(mark_seen=False)]

    assert [set(one) & {"\\Seen", "\\Deleted"} for one in await asyncio.to_thread(flags)] == [set()]


async def test_a_file_is_fetched_again_wherever_its_mail_is_by_now(dovecot: Dovecot) -> None:
    """M8"""
    adapter = mailbox(dovecot)
    assert isinstance(adapter, HoldsFiles)
    with_file = mail("Segue", Message_ID="<9@cliente.test>")
    content = bytes(range(256)) * 100
    with_file.add_attachment(content, maintype="image", subtype="png", filename="foto.png")
    dovecot.put(letter(1), with_file.as_bytes())
    (_, pulled) = await new(adapter, None)
    (event,) = adapter.parse(pulled.request)
    assert isinstance(event, MessageArrived)
    (file,) = files(event.parts)
    assert file.reference is not None
    assert await adapter.file(file.reference) == content
    dovecot.number_anew()
    assert await adapter.file(file.reference) == content
    whole = await adapter.file(file.reference.replace("2/", "0/", 1))
    assert whole == pulled.request.body
    dovecot.remove_all()
    gone = await adapter.file(file.reference)
    assert isinstance(gone, Unavailable)
    assert gone.for_good


async def test_a_file_cannot_be_had_while_the_server_is_away(dovecot: Dovecot) -> None:
    away = mailbox(dovecot, imap_port=1).file("1/1.1/<1@cliente.test>")
    wrong = mailbox(dovecot, imap_password="wrong").file("1/1.1/<1@cliente.test>")
    refused = await wrong
    assert isinstance(refused, Unavailable)
    assert not refused.for_good
    assert "wrong" not in refused.why
    absent = await away
    assert isinstance(absent, Unavailable)
    assert not absent.for_good


@pytest.mark.parametrize("reference", ["", "x", "1/1.1/", "../1.1/<a>", "1/9.9/<1@cliente.test>"])
async def test_a_name_of_no_file_gives_none(dovecot: Dovecot, reference: str) -> None:
    gone = await mailbox(dovecot).file(reference)
    assert isinstance(gone, Unavailable)
    assert gone.for_good
