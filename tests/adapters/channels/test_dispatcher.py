"""The dispatcher against providers on real sockets, the real desk and a real database (M6)."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.channels.base import CannotBeSent
from adapters.channels.transport import http_client
from adapters.channels.whatsapp import WhatsApp
from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.outbox import Outbox
from adapters.storage.postgres.projector import Projector
from deploy.demo.providers import Fault
from deploy.installation import prepare_database
from domain.channel import ChannelAccount
from domain.chat.events import MessageState
from domain.errors import LeaseLost
from domain.values import stream_of
from tests.adapters.channels.sending_ground import (
    GRAPH,
    TELEGRAM,
    Company,
    listening,
    serving,
)
from tests.prepared import MAPPER, desk_on, eventually, pool_on, reader_on, run_sql

SENT, FAILED, UNKNOWN = MessageState.SENT, MessageState.FAILED, MessageState.UNKNOWN


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client() as client:
        yield client


@pytest.fixture
async def company(fresh_database: str, client: httpx.AsyncClient) -> AsyncIterator[Company]:
    await asyncio.to_thread(prepare_database, fresh_database)
    with desk_on(fresh_database) as desk:
        async with pool_on(fresh_database) as pool:
            company = Company(fresh_database, pool, desk, client)
            async with serving(company.app) as address:
                company.address = address
                company.connect(company.graph_table(), company.telegram_table())
                yield company
                await company.graph.aclose()
                await company.telegram.aclose()


async def test_a_reply_is_recorded_then_sent_and_carries_the_providers_id(
    company: Company,
) -> None:
    """M6."""
    chat = await company.client_on_whatsapp()
    seq = await company.answer(chat, "Bom dia!")
    assert company.state(chat, seq) is MessageState.QUEUED
    assert company.graph.sent == []
    async with company.dispatching():
        became = await company.becomes(chat, seq, SENT)
    (sent,) = company.graph.sent
    assert became.provider_ids == (sent.provider_id,)
    assert (sent.address, sent.text) == ("5511900000001", "Bom dia!")
    assert company.queue() == []


async def test_order_within_a_chat_outlives_a_failure_of_its_first_message(
    company: Company,
) -> None:
    """M6: what is retried keeps what is behind it waiting; another chat does not wait."""
    troubled = await company.client_on_whatsapp(1)
    other = await company.client_on_whatsapp(2)
    company.graph.fail_next(Fault.TEMPORARY)
    seqs = [await company.answer(troubled, f"{n}") for n in range(5)]
    async with company.dispatching():
        await eventually(lambda: company.graph.calls == 1)
        last = await company.answer(other, "outro")
        await company.becomes(other, last, SENT)
        await company.becomes(troubled, seqs[-1], SENT)
    texts = [s.text for s in company.graph.sent]
    assert texts.index("outro") < texts.index("4")
    first = [s.text for s in company.graph.sent if s.address == "5511900000001"]
    assert first == ["0", "1", "2", "3", "4"]


async def test_an_account_that_hangs_keeps_no_other_waiting(company: Company) -> None:
    company.telegram.hang_for = 2.5
    slow = [await company.client_on_telegram(n) for n in range(70)]
    company.telegram.fail_next(*[Fault.NEVER_READ] * 70)
    for chat in slow:
        await company.answer(chat, "lento")
    fast = await company.client_on_whatsapp()
    async with company.dispatching():
        await eventually(lambda: company.telegram.calls > 10)
        seq = await company.answer(fast, "já")
        await company.becomes(fast, seq, SENT)
        assert {company.state(chat, 2) for chat in slow} == {MessageState.QUEUED}


async def test_a_rate_limit_is_waited_for_as_the_provider_says(company: Company) -> None:
    """M6."""
    chat = await company.client_on_telegram()
    company.telegram.retry_after = 3
    company.telegram.fail_next(Fault.RATE_LIMITED_FOR)
    seq = await company.answer(chat, "Oi")
    async with company.dispatching():
        await eventually(lambda: company.telegram.calls == 1)
        refused_at = time.monotonic()
        await company.becomes(chat, seq, SENT)
    assert time.monotonic() - refused_at > 2.9
    assert company.telegram.calls == 2


async def test_a_temporary_failure_is_retried_after_a_while(company: Company) -> None:
    """M6: with a delay and jitter."""
    chat = await company.client_on_whatsapp()
    company.graph.fail_next(Fault.UNAVAILABLE)
    seq = await company.answer(chat, "Oi")
    began = time.monotonic()
    async with company.dispatching():
        await company.becomes(chat, seq, SENT)
    assert time.monotonic() - began > 1
    assert company.graph.calls == 2
    assert len(company.graph.sent) == 1


@pytest.mark.parametrize(
    ("fault", "why"),
    [(Fault.WINDOW_CLOSED, "window-closed"), (Fault.BLOCKED, "recipient")],
)
async def test_a_final_failure_is_shown_with_its_reason_and_can_be_tried_again(
    company: Company, fault: Fault, why: str
) -> None:
    """M6, M10."""
    chat = await company.client_on_whatsapp()
    company.graph.fail_next(fault)
    seq = await company.answer(chat, "Oi")
    async with company.dispatching():
        failed = await company.becomes(chat, seq, FAILED)
        assert failed.reason is not None
        assert failed.reason.startswith(f"{why}: ")
        assert company.graph.calls == 1
        await company.try_again(chat, seq)
        await company.becomes(chat, seq, SENT)
    assert [sent.text for sent in company.graph.sent] == ["Oi"]


async def test_a_window_that_the_provider_reports_closed_makes_a_sent_message_fail(
    company: Company,
) -> None:
    """M10: WhatsApp takes the message, and says so only later."""
    chat = await company.client_on_whatsapp()
    company.graph.closed_windows.add("5511900000001")
    seq = await company.answer(chat, "Oi")
    async with company.dispatching():
        failed = await company.becomes(chat, seq, FAILED)
    assert failed.reason is not None
    assert failed.reason.startswith("window-closed: ")


async def test_an_answer_lost_after_the_body_had_left_is_unknown_for_good(
    company: Company,
) -> None:
    """M6: never silently sent twice; a person may."""
    made = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal made
        await reader.readuntil(b"\r\n\r\n")
        await reader.read(1)
        made += 1

    chat = await company.client_on_telegram()
    async with listening(talk) as address, company.dispatching():
        company.connect(company.telegram_table(api_base=address))
        seq = await company.answer(chat, "Oi")
        unknown = await company.becomes(chat, seq, UNKNOWN)
        assert unknown.reason is not None
        assert unknown.reason.startswith("unknown-outcome: ")
        await asyncio.sleep(0.6)
        assert made == 1
        assert company.queue() == []
        company.connect(company.telegram_table())
        await company.try_again(chat, seq)
        await company.becomes(chat, seq, SENT)


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.GATEWAY_TIMEOUT])
async def test_an_answer_that_makes_no_sense_is_an_unknown_outcome(
    company: Company, fault: Fault
) -> None:
    """M6."""
    chat = await company.client_on_whatsapp()
    company.graph.fail_next(fault)
    seq = await company.answer(chat, "Oi")
    async with company.dispatching():
        await company.becomes(chat, seq, UNKNOWN)
        await asyncio.sleep(0.4)
    assert len(company.graph.sent) == 1


async def test_what_cannot_be_sent_fails_without_a_call(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(_: object, message: object) -> list[object]:
        raise CannotBeSent("m1", "it is too odd")

    monkeypatch.setattr(WhatsApp, "build", build)
    chat = await company.client_on_whatsapp()
    seq = await company.answer(chat, "Oi")
    async with company.dispatching():
        failed = await company.becomes(chat, seq, FAILED)
    assert failed.reason == "content: message m1 cannot be sent: it is too odd"
    assert company.graph.calls == 0


async def test_an_adapter_that_fails_leaves_an_unknown_outcome_and_goes_on(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part at the edge outlives any failure of what it calls."""
    chat = await company.client_on_whatsapp()
    other = await company.client_on_telegram()
    with monkeypatch.context() as broken:
        broken.setattr(WhatsApp, "classify", lambda *_: 1 / 0)
        seq = await company.answer(chat, "Oi")
        async with company.dispatching():
            await company.becomes(chat, seq, UNKNOWN)
            seq = await company.answer(other, "Oi")
            await company.becomes(other, seq, SENT)
    async with company.dispatching():
        seq = await company.answer(chat, "De novo")
        await company.becomes(chat, seq, SENT)


async def test_a_revoked_token_pauses_the_account_until_it_is_configured_anew(
    company: Company,
) -> None:
    """M6: nothing is lost, and the provider is not called again and again."""
    stop = asyncio.Event()
    projector = Projector(company.url, MAPPER)
    projecting = asyncio.create_task(projector.run(stop))
    first, second = await company.client_on_telegram(1), await company.client_on_telegram(2)
    company.telegram.token_is_revoked = True
    seq = await company.answer(first, "Oi")
    async with company.dispatching():
        await eventually(lambda: _paused(company))
        await eventually(
            lambda: run_sql(
                company.url, "SELECT 1 FROM recado_views.channels WHERE paused IS NOT NULL"
            )
        )
        later = await company.answer(second, "Olá")
        calls = company.telegram.calls
        await asyncio.sleep(0.6)
        assert company.telegram.calls == calls <= 2
        assert company.state(first, seq) is MessageState.QUEUED
        company.telegram.token_is_revoked = False
        company.connect(company.telegram_table(secret_token="another-secret-of-a-test"))
        await company.becomes(first, seq, SENT)
        await company.becomes(second, later, SENT)
        assert _paused(company) is None
    stop.set()
    await projecting


def _paused(company: Company) -> str | None:
    with reader_on(company.url) as reader:
        account = reader.state(stream_of("channel", company.account_id(TELEGRAM)))
    assert isinstance(account, ChannelAccount)
    return account.paused


async def test_while_nobody_projects_a_revoked_token_is_not_hammered(company: Company) -> None:
    chat = await company.client_on_telegram()
    company.telegram.token_is_revoked = True
    await company.answer(chat, "Oi")
    async with company.dispatching():
        await eventually(lambda: _paused(company))
        await asyncio.sleep(0.8)
        assert company.telegram.calls == 1


async def test_a_crash_before_the_outcome_is_recorded_is_shown_and_not_repeated(
    company: Company,
) -> None:
    """M6, S2 of the way out."""
    chat = await company.client_on_whatsapp()
    seq = await company.answer(chat, "Oi")
    behind = await company.answer(chat, "E aí?")
    company.graph.fail_next(Fault.ANSWER_LOST)
    async with company.crashing():
        await eventually(lambda: len(company.graph.sent) == 1)
    assert company.queue() == [(1, True), (0, False)]
    async with company.dispatching():
        unknown = await company.becomes(chat, seq, UNKNOWN)
        await company.becomes(chat, behind, SENT)
    assert unknown.reason == "unknown-outcome: interrupted while sending"
    assert [sent.text for sent in company.graph.sent] == ["Oi", "E aí?"]


async def test_a_receipt_tells_the_outcome_that_a_crash_hid(company: Company) -> None:
    """M6: the provider gives our own id back."""
    company.graph.receipts = ("sent", "delivered")
    chat = await company.client_on_whatsapp()
    seq = await company.answer(chat, "Oi")
    company.graph.fail_next(Fault.ANSWER_LOST)
    async with company.crashing():
        await eventually(lambda: len(company.graph.sent) == 1)
    await company.graph.settle()
    async with company.dispatching():
        delivered = await company.becomes(chat, seq, MessageState.DELIVERED)
        await asyncio.sleep(0.3)
    assert company.state(chat, seq) is MessageState.DELIVERED
    assert delivered.provider_ids == (company.graph.sent[0].provider_id,)


async def test_receipts_that_overtake_our_own_record_keep_the_higher_state(
    company: Company,
) -> None:
    """M6: reports come in any order."""
    company.graph.receipts = ("read", "delivered", "sent")
    chat = await company.client_on_whatsapp()
    seqs = [await company.answer(chat, f"{n}") for n in range(3)]
    async with company.dispatching():
        await company.becomes(chat, seqs[-1], MessageState.READ)
        await eventually(lambda: company.queue() == [])
        await company.graph.settle()
    assert [company.state(chat, seq) for seq in seqs] == [MessageState.READ] * 3
    assert [sent.text for sent in company.graph.sent] == ["0", "1", "2"]


async def test_a_reply_quotes_by_the_providers_id(company: Company) -> None:
    chat = await company.client_on_whatsapp()
    with reader_on(company.url) as reader:
        received = reader.history(chat)[1].event
    async with company.dispatching():
        first = await company.answer(chat, "A você", reply_to=1)
        await company.becomes(chat, first, SENT)
        second = await company.answer(chat, "A mim", reply_to=first)
        await company.becomes(chat, second, SENT)
    to_client, to_us = company.graph.sent
    assert to_client.quoted == getattr(received, "provider_id", "?")
    assert to_us.quoted == to_client.provider_id


async def test_a_group_that_moved_is_answered_at_its_new_address(company: Company) -> None:
    chat = await company.client_on_telegram(5)
    company.telegram.moved_to[700_000_005] = -1_001_234
    seq = await company.answer(chat, "Oi")
    async with company.dispatching():
        await company.becomes(chat, seq, SENT)
    assert [sent.address for sent in company.telegram.sent] == ["-1001234"]


async def test_of_two_dispatchers_only_the_one_with_the_lease_sends(company: Company) -> None:
    """R14."""
    chats = [await company.client_on_whatsapp(n) for n in range(10)]
    second = asyncio.Event()

    async def stand_by() -> None:
        async with company.dispatching():
            second.set()

    async with company.dispatching():
        waiting = asyncio.create_task(stand_by())
        seqs = [await company.answer(chat, f"{n}") for n, chat in enumerate(chats)]
        for chat, seq in zip(chats, seqs, strict=True):
            await company.becomes(chat, seq, SENT)
        assert not second.is_set()
    await asyncio.wait_for(waiting, 5)
    assert sorted(sent.text for sent in company.graph.sent) == sorted(f"{n}" for n in range(10))


async def test_a_dispatcher_whose_lease_was_lost_marks_nothing(company: Company) -> None:
    """R14."""
    chat = await company.client_on_whatsapp()
    await company.answer(chat, "Oi")
    stale = Lease(company.pool, "dispatch")
    assert await stale.acquire()
    run_sql(company.url, "UPDATE recado_leases SET expires_at = now()")
    fresh = Lease(company.pool, "dispatch")
    assert await fresh.acquire()
    dispatcher = company.dispatcher(stale)
    with pytest.raises(LeaseLost):
        await dispatcher.run(stale, asyncio.Event(), asyncio.Event())
    assert company.queue() == [(0, False)]
    assert company.graph.calls == 0


async def test_a_stale_dispatcher_cannot_put_back_what_another_has_taken(
    company: Company,
) -> None:
    """R14, M6: it would be taken, and sent, a second time."""
    chat = await company.client_on_whatsapp()
    seq = await company.answer(chat, "Oi")
    outbox = Outbox(company.pool, MAPPER)
    room = {str(company.account_id(GRAPH)): 1}
    lease = Lease(company.pool, "dispatch", held_for=30)
    assert await lease.acquire()
    (stale,) = await outbox.take(room, lease.name, lease.fence)
    await outbox.put_back(stale, 0)
    (taken,) = await outbox.take(room, lease.name, lease.fence)
    await outbox.put_back(stale, 0)
    assert company.queue() == [(2, True)]
    await outbox.put_back(taken, 0)
    assert company.queue() == [(2, False)]
    assert taken.seq == stale.seq == seq


async def test_a_message_of_an_account_that_is_not_connected_waits(company: Company) -> None:
    chat = await company.client_on_whatsapp()
    seq = await company.answer(chat, "Oi")
    run_sql(company.url, "UPDATE recado_channel_secrets SET config = '{}' WHERE name = %s", GRAPH)
    async with company.dispatching():
        await asyncio.sleep(0.3)
        assert company.queue() == [(0, False)]
        company.connect(company.graph_table())
        await company.becomes(chat, seq, SENT)


async def test_what_has_begun_is_recorded_before_the_dispatcher_ends(company: Company) -> None:
    company.graph.hang_for = 0.3
    chat = await company.client_on_whatsapp()
    seq = await company.answer(chat, "Oi")
    company.graph.fail_next(Fault.ANSWER_LOST)
    async with company.dispatching():
        await eventually(lambda: len(company.graph.sent) == 1)
    assert company.state(chat, seq) is UNKNOWN
