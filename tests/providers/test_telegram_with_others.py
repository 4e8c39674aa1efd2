"""The fake Bot API against two clients that are not ours: aiogram and python-telegram-bot."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import telegram as ptb
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Forbidden, RetryAfter

from deploy.demo.fake_telegram import FakeTelegram
from deploy.demo.forms import Upload
from deploy.demo.providers import Fault
from tests.adapters.channels.kit import SECRET_TOKEN
from tests.adapters.channels.sending_ground import serving

TOKEN = "4200:AAtoken-of-a-test"
PICTURE = b"\x89PNG\r\n\x1a\n not a real picture"
SOUND = b"OggS not a real sound"


@pytest.fixture
def updates() -> list[dict[str, Any]]:
    return []


@pytest.fixture
async def fake(updates: list[dict[str, Any]]) -> AsyncIterator[FakeTelegram]:
    async def post(headers: dict[str, str], body: bytes) -> int:
        updates.append(orjson.loads(body))
        return 200

    fake = FakeTelegram(bot_token=TOKEN, secret_token=SECRET_TOKEN, post=post)
    yield fake
    await fake.aclose()


@pytest.fixture
async def base(fake: FakeTelegram) -> AsyncIterator[str]:
    async with serving(fake.app) as base:
        yield base


@pytest.fixture
async def aiogram_bot(base: str) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(base))) as bot:
        yield bot


@pytest.fixture
async def ptb_bot(base: str) -> AsyncIterator[ptb.Bot]:
    bot = ptb.Bot(TOKEN, base_url=f"{base}/bot", base_file_url=f"{base}/file/bot")
    async with bot:
        yield bot


async def test_aiogram_sends_texts_buttons_and_files_and_gets_files_back(
    fake: FakeTelegram, updates: list[dict[str, Any]], aiogram_bot: Bot
) -> None:
    assert (await aiogram_bot.get_me()).id == 4200
    assert await aiogram_bot.set_webhook("https://recado.test/", secret_token=SECRET_TOKEN)
    button = InlineKeyboardButton(text="Sim", callback_data="y")
    asked = await aiogram_bot.send_message(
        77, "Confirma?", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]])
    )
    file = BufferedInputFile(PICTURE, "nota.png")
    sent = await aiogram_bot.send_photo(
        77, file, caption="a nota", reply_to_message_id=asked.message_id
    )
    assert sent.photo
    fetched = await aiogram_bot.download(sent.photo[-1].file_id)
    assert fetched is not None
    assert fetched.read() == PICTURE
    voice = await aiogram_bot.send_voice(77, BufferedInputFile(SOUND, "v.ogg"))
    assert voice.voice is not None
    again = await aiogram_bot.send_voice(77, voice.voice.file_id)
    assert again.voice == voice.voice
    assert [one.text for one in fake.sent] == ["Confirma?", "a nota", "", ""]
    fake.client_presses(77, "Ana", fake.sent[0].provider_id, "Sim")
    fake.client_sends_file(77, "Ana", "document", Upload("n.pdf", "application/pdf", b"%PDF"))
    await fake.settle()
    pressed, came = (Update.model_validate(update) for update in updates)
    assert pressed.callback_query is not None
    assert pressed.callback_query.data == "y"
    assert await aiogram_bot.answer_callback_query(pressed.callback_query.id)
    assert came.message is not None
    assert came.message.document is not None
    got = await aiogram_bot.download(came.message.document)
    assert got is not None
    assert got.read() == b"%PDF"


async def test_aiogram_understands_every_refusal(fake: FakeTelegram, aiogram_bot: Bot) -> None:
    fake.fail_next(Fault.RATE_LIMITED_FOR)
    with pytest.raises(TelegramRetryAfter) as refused:
        await aiogram_bot.send_message(77, "Olá")
    assert refused.value.retry_after == fake.retry_after
    fake.blocked_by.add(77)
    with pytest.raises(TelegramForbiddenError):
        await aiogram_bot.send_message(77, "Olá")
    with pytest.raises(TelegramBadRequest, match="too long"):
        await aiogram_bot.send_message(78, "x" * 4097)
    with pytest.raises(TelegramBadRequest, match="caption"):
        await aiogram_bot.send_photo(78, BufferedInputFile(PICTURE, "x"), caption="x" * 1025)
    long = InlineKeyboardButton(text="Sim", callback_data="y" * 65)
    with pytest.raises(TelegramBadRequest, match="BUTTON_DATA_INVALID"):
        await aiogram_bot.send_message(
            78, "Olá", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[long]])
        )
    assert fake.sent == []


async def test_python_telegram_bot_sends_texts_buttons_and_files_and_gets_files_back(
    fake: FakeTelegram, updates: list[dict[str, Any]], ptb_bot: ptb.Bot
) -> None:
    assert ptb_bot.id == 4200
    button = ptb.InlineKeyboardButton("Sim", callback_data="y")
    asked = await ptb_bot.send_message(
        77, "Confirma?", reply_markup=ptb.InlineKeyboardMarkup([[button]])
    )
    sent = await ptb_bot.send_photo(
        77,
        PICTURE,
        caption="a nota",
        filename="nota.png",
        reply_parameters=ptb.ReplyParameters(asked.message_id),
    )
    file = await sent.photo[-1].get_file()
    assert bytes(await file.download_as_bytearray()) == PICTURE
    assert (await ptb_bot.send_voice(77, SOUND)).voice
    assert (await ptb_bot.send_sticker(77, PICTURE)).sticker
    assert [one.quoted for one in fake.sent][:2] == [None, f"77:{asked.message_id}"]
    fake.client_presses(77, "Ana", fake.sent[0].provider_id, "Sim")
    fake.client_sends_file(77, "Ana", "voice", Upload("v.ogg", "audio/ogg", SOUND), "ouça")
    await fake.settle()
    pressed, came = (ptb.Update.de_json(update, ptb_bot) for update in updates)
    assert pressed.callback_query is not None
    assert pressed.callback_query.data == "y"
    assert await pressed.callback_query.answer()
    assert came.message is not None
    assert came.message.voice is not None
    assert came.message.caption == "ouça"
    heard = await came.message.voice.get_file()
    assert bytes(await heard.download_as_bytearray()) == SOUND


async def test_python_telegram_bot_understands_every_refusal(
    fake: FakeTelegram, ptb_bot: ptb.Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    fake.fail_next(Fault.RATE_LIMITED_FOR)
    with pytest.raises(RetryAfter):
        await ptb_bot.send_message(77, "Olá")
    fake.blocked_by.add(77)
    with pytest.raises(Forbidden):
        await ptb_bot.send_message(77, "Olá")
    with pytest.raises(BadRequest, match="too long"):
        await ptb_bot.send_message(78, "x" * 4097)
    with pytest.raises(BadRequest, match="Wrong file_id"):
        await ptb_bot.get_file("nobody")
