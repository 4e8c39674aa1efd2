"""The fake Bot API against our own adapter: each is a check of the other."""

from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.channels.base import ErrorKind, OutboundMessage, SendErr, SendOk, Verdict
from deploy.demo.fake_telegram import FakeTelegram
from deploy.demo.providers import Fault
from domain.content import Text, words_of
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
