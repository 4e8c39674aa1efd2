"""Three hundred hostile texts, wherever a client's text shows: nothing but text comes of them."""

import time
from itertools import cycle, islice, product
from typing import Any, Final

import pytest
from playwright.async_api import expect

from tests.adapters.http.conftest import TELEGRAM_SECRET, Installation
from tests.adapters.http.panel.screen import CHROMIUM, Screen, Stage, staged

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]

WRAPPED: Final = (
    "{}", '">{}', "'>{}", "</textarea>{}", "</script>{}", "</title>{}", "]]>{}", "--!>{}",
    "{{{{{}}}}}", "https://evil.test/{}", "@{} ", "/{}", ":{}:", "**{}**", "\u202e{}\u202c",
)  # fmt: skip
CORES: Final = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<iframe src=//evil.test></iframe>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<a href='javascript:alert(1)'>click</a>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil.test/x.css>",
    "<img src=//evil.test/x.png>",
    "<base href=//evil.test/>",
    "<meta http-equiv=refresh content='0;url=//evil.test'>",
    "<form action=//evil.test><input name=a autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "constructor.constructor('alert(1)')()",
    "__proto__",
    "${alert(1)}",
)
TEXTS: Final = [wrap.format(core) for wrap, core in product(WRAPPED, CORES)]
CLIENTS: Final = 40


def said(client: int, name: str, text: str, number: int) -> dict[str, Any]:
    who = {"id": client, "first_name": name}
    message = {"message_id": number, "date": int(time.time()), "text": text}
    chat, author = {**who, "type": "private"}, {**who, "is_bot": False}
    return {"update_id": number, "message": {**message, "chat": chat, "from": author}}


async def written(stage: Stage) -> None:
    """Let many clients, whose names are hostile, too, say all there is."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM_SECRET}
    clients = islice(cycle(range(1, CLIENTS + 1)), len(TEXTS))
    for number, (client, text) in enumerate(zip(clients, TEXTS, strict=True), 1):
        update = said(client, TEXTS[-client], text, number)
        got = await stage.caller.post("/channels/tg/webhook", None, update, headers=headers)
        assert got.status_code == 200
    await stage.caller.seen()


async def test_three_hundred_hostile_texts_are_only_text(installation: Installation) -> None:
    """S8: rows, notices, conversation, record, dialogs, history, search, palette and title."""
    assert len(TEXTS) == 300
    async with staged(installation) as stage:
        screen = await stage.screen("ana", "/panel/inbox/new", permissions=["notifications"])
        await written(stage)
        page = screen.page
        await expect(page.get_by_role("link", name=f"Novas mensagens {CLIENTS}")).to_be_visible()
        for _ in range(4):
            await page.locator(".virtual").evaluate("list => list.scrollBy(0, 800)")
            await expect(page.locator(".row").first).to_be_visible()
        chats = await stage.caller.chats("ana", "new")
        for chat in chats[:3]:
            await _look_at(screen, chat["id"])
        await _search(screen)
        admin = await stage.screen("admin", "/panel/inbox/all")
        await expect(admin.page.locator(".row").first).to_be_visible()


async def _look_at(screen: Screen, chat: str) -> None:
    """The conversation, what is known of the client, and all dialogs about his chat."""
    page = screen.page
    await screen.go(f"/panel/inbox/new/{chat}")
    await expect(page.locator(".message-in").first).to_be_visible()
    links = await page.locator(".messages a").evaluate_all("all => all.map((a) => a.protocol)")
    assert set(links) <= {"https:", "http:", "mailto:"}
    await expect(page.locator(".record")).to_be_visible()
    await page.locator(".list-pane .virtual").focus()
    for keys in (["w"], ["g", "h"], ["l"], ["t"]):
        for key in keys:
            await page.keyboard.press(key)
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)


async def _search(screen: Screen) -> None:
    page = screen.page
    await page.keyboard.press("Control+f")
    await page.get_by_role("searchbox", name="Buscar na conversa").fill("alert")
    await expect(page.locator(".messages mark").first).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog").get_by_role("combobox")
    await palette.fill("onerror")
    await expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    await page.keyboard.press("Escape")
