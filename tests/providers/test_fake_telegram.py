"""The fake Bot API against our own adapter: each is a check of the other."""

from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.channels.base import (
    Acknowledges,
    Download,
    ErrorKind,
    FetchesMedia,
    HttpCall,
    OutboundMessage,
    OutFile,
    SendErr,
    SendOk,
    Verdict,
)
from deploy.demo.fake_telegram import FakeTelegram
from deploy.demo.forms import Upload
from deploy.demo.providers import Fault
from domain.content import Choice, Media, MediaKind, Offer, Option, Text, words_of
from domain.inbound import InboundEvent, MessageArrived
from tests.adapters.channels.kit import SECRET_TOKEN, request, telegram
from tests.providers.wire import http_response

TOKEN = "4200:token-of-a-test"
HELLO = OutboundMessage("our-id", "77", (Text(text="Olá"),), "77:5")


@pytest.fixture
def heard() -> list[InboundEvent]:
    return []


@pytest.fixture
async def bot(heard: list[InboundEvent]) -> AsyncIterator[FakeTelegram]:
    async def post(headers: dict[str, str], body: bytes) -> int:
        webhook = request(body, *headers.items())
        assert telegram().verify(webhook) is Verdict.OK
        heard.extend(telegram().parse(webhook))
        return 200

    bot = FakeTelegram(bot_token=TOKEN, secret_token=SECRET_TOKEN, post=post)
    bot.hang_for = 0.05
    yield bot
    await bot.aclose()


async def send(bot: FakeTelegram, message: OutboundMessage = HELLO) -> SendOk | SendErr:
    (call,) = telegram().build(message)
    return telegram().classify(call, await http_response(bot.app, call))


async def test_what_we_send_is_taken(bot: FakeTelegram) -> None:
    result = await send(bot)
    (sent,) = bot.sent
    assert result == SendOk(sent.provider_id)
    assert (sent.address, sent.text, sent.quoted) == ("77", "Olá", "77:5")


async def test_a_client_who_writes_is_heard(bot: FakeTelegram, heard: list[InboundEvent]) -> None:
    provider_id = bot.client_writes(77, "Ana", "Olá")
    await bot.settle()
    (event,) = heard
    assert isinstance(event, MessageArrived)
    assert (event.provider_id, event.dedup_key) == (provider_id, f"m:{provider_id}")
    assert (event.peer.name, words_of(event.parts)) == ("Ana", "Olá")


@pytest.mark.parametrize(
    ("fault", "kind", "taken"),
    [
        (Fault.RATE_LIMITED, ErrorKind.RATE_LIMITED, 0),
        (Fault.RATE_LIMITED_FOR, ErrorKind.RATE_LIMITED, 0),
        (Fault.TEMPORARY, ErrorKind.TRANSIENT, 0),
        (Fault.UNAVAILABLE, ErrorKind.TRANSIENT, 0),
        (Fault.TOKEN_REVOKED, ErrorKind.AUTH, 0),
        (Fault.WINDOW_CLOSED, ErrorKind.RECIPIENT, 0),
        (Fault.BLOCKED, ErrorKind.RECIPIENT, 0),
        (Fault.GARBAGE, ErrorKind.UNKNOWN_OUTCOME, 1),
        (Fault.GATEWAY_TIMEOUT, ErrorKind.UNKNOWN_OUTCOME, 1),
    ],
)
async def test_each_fault_is_told_for_what_it_is_and_the_next_call_works(
    bot: FakeTelegram, fault: Fault, kind: ErrorKind, taken: int
) -> None:
    """M6"""
    bot.fail_next(fault)
    result = await send(bot)
    assert isinstance(result, SendErr)
    assert (result.kind, len(bot.sent)) == (kind, taken)
    assert result.retry_after == (3.0 if fault is Fault.RATE_LIMITED_FOR else None)
    assert isinstance(await send(bot), SendOk)


@pytest.mark.parametrize(("fault", "taken"), [(Fault.NEVER_READ, 0), (Fault.ANSWER_LOST, 1)])
async def test_a_caller_who_is_not_answered_cannot_know_whether_it_was_taken(
    bot: FakeTelegram, fault: Fault, taken: int
) -> None:
    bot.fail_next(fault)
    await send(bot)
    assert len(bot.sent) == taken


async def test_a_group_that_moved_is_reached_where_it_went(bot: FakeTelegram) -> None:
    bot.moved_to[-500] = -100500
    first = await send(bot, OutboundMessage("our-id", "-500", HELLO.parts))
    assert isinstance(first, SendErr)
    again = await send(bot, OutboundMessage("our-id", first.moved_to or "", HELLO.parts))
    assert isinstance(again, SendOk)
    assert [sent.address for sent in bot.sent] == ["-100500"]


async def test_a_client_who_blocked_the_bot_is_not_reached(bot: FakeTelegram) -> None:
    bot.blocked_by.add(77)
    result = await send(bot)
    assert isinstance(result, SendErr)
    assert result.kind is ErrorKind.RECIPIENT


async def test_a_wrong_token_finds_nothing(bot: FakeTelegram) -> None:
    bot.token_is_revoked = True
    result = await send(bot)
    assert isinstance(result, SendErr)
    assert result.kind is ErrorKind.AUTH


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"chat_id": "77", "text": "Olá"}, 200),
        ({"chat_id": "77", "text": "Olá", "reply_parameters": '{"message_id":5}'}, 200),
        ({"chat_id": "77", "text": " "}, 400),
        ({"chat_id": "77", "text": "😀" * 2049}, 400),
        ({"text": "Olá"}, 400),
    ],
)
async def test_forms_are_understood_as_other_libraries_send_them(
    bot: FakeTelegram, form: dict[str, str], status: int
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bot.app)) as http:
        me = await http.post(f"https://tg.test/bot{TOKEN}/getMe")
        response = await http.post(f"https://tg.test/bot{TOKEN}/sendMessage", data=form)
    assert me.json()["result"]["id"] == 4200
    assert (response.status_code, response.json()["ok"]) == (status, status == 200)


PICTURE = b"\x89PNG\r\n\x1a\n not a real picture"


async def test_a_file_that_we_send_arrives_and_one_that_comes_is_fetched(
    bot: FakeTelegram, heard: list[InboundEvent]
) -> None:
    """M8"""
    file = OutFile("ab", "image/png", "nota.png", PICTURE)
    part = Media(media=MediaKind.IMAGE, sha256="ab", caption="a nota")
    message = OutboundMessage("our-id", "77", (part,), "77:5", files={"ab": file})
    assert isinstance(await send(bot, message), SendOk)
    (sent,) = bot.sent
    assert (sent.text, sent.quoted) == ("a nota", "77:5")
    bot.client_sends_file(77, "Ana", "photo", Upload("n.png", "image/png", PICTURE), "veja")
    await bot.settle()
    (event,) = heard
    assert isinstance(event, MessageArrived)
    (came,) = event.parts
    assert isinstance(came, Media)
    assert (came.media, came.caption) == (MediaKind.IMAGE, "veja")
    assert await fetched(bot, came.reference or "") == PICTURE


async def fetched(bot: FakeTelegram, reference: str) -> bytes:
    adapter = telegram()
    assert isinstance(adapter, FetchesMedia)
    ask = adapter.fetch(reference, ())
    assert isinstance(ask, HttpCall)
    found = adapter.fetch(reference, (await http_response(bot.app, ask),))
    assert isinstance(found, Download)
    return (await http_response(bot.app, found.call)).body


async def test_a_button_that_we_offer_comes_back_as_a_choice(
    bot: FakeTelegram, heard: list[InboundEvent]
) -> None:
    options = (Option(id="y", title="Sim"), Option(id="n", title="Não"))
    result = await send(bot, OutboundMessage("our-id", "77", (Offer(text="E?", options=options),)))
    assert isinstance(result, SendOk)
    bot.client_presses(77, "Ana", result.provider_id, "Não")
    await bot.settle()
    (event,) = heard
    assert isinstance(event, MessageArrived)
    assert (event.parts, event.reply_to) == ((Choice(id="n", title="Não"),), result.provider_id)


async def test_a_pressed_button_is_told_that_it_was_seen(
    bot: FakeTelegram, heard: list[InboundEvent]
) -> None:
    """It shows a wait until then; nothing else is told of."""
    offer = Offer(text="E?", options=(Option(id="y", title="Sim"),))
    result = await send(bot, OutboundMessage("our-id", "77", (offer,)))
    assert isinstance(result, SendOk)
    bot.client_presses(77, "Ana", result.provider_id, "Sim")
    bot.client_writes(77, "Ana", "callback:7")
    await bot.settle()
    adapter = telegram()
    assert isinstance(adapter, Acknowledges)
    calls = [call for event in heard if (call := adapter.acknowledge(event)) is not None]
    assert (len(heard), len(calls), len(bot.waiting)) == (2, 1, 1)
    assert (await http_response(bot.app, calls[0])).status == 200
    assert bot.waiting == set()
