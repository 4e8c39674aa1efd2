"""The visitor's page in a real browser: on its own, and in a frame on another site."""

import json
import re
import shutil
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest
from playwright.async_api import Browser, FilePayload, Frame, async_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from adapters.http.app import create_app
from adapters.storage.attachments.keeping import Attachments
from domain.content import Offer, Option, Text
from tests.adapters.channels.sending_ground import serving
from tests.adapters.http import conftest
from tests.adapters.http.conftest import Caller, Installation, calling
from tests.adapters.http.test_widget import (
    CONFIG,
    PNG,
    Page,
    attachments_in,
    is_open,
    kept,
    write,
)
from tests.prepared import eventually

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        await browser.close()


async def visitor_in(frame: Frame, caller: Caller) -> Page:
    """Return who the browser is, by the token that it keeps."""
    token = str(await frame.evaluate("localStorage.getItem('recado:chat:')"))
    content = token.partition(".")[0]
    claims = json.loads(urlsafe_b64decode(content + "=" * (-len(content) % 4)))
    return Page(caller, visitor=claims["v"])


async def show_files(frame: Frame, visitor: Page, chat: str, attachments: Attachments) -> None:
    """Let both sides send files: a picture is one on the page, all else a link to save."""
    await write(visitor, chat, await kept(attachments, PNG, "ipê.png"))
    picture = frame.get_by_role("img", name="ipê.png")
    # It is loaded once it is in sight; the message is drawn anew when its state changes.
    seen = "one => { one.scrollIntoView(); return one.complete && one.naturalWidth > 0 }"
    await eventually(lambda: picture.evaluate(seen))
    await write(visitor, chat, await kept(attachments, b"%PDF-1.7\nnota", "nota.pdf"))
    link = frame.get_by_role("link", name=re.compile(r"^nota\.pdf \(13.byte"))
    status = await link.evaluate("one => fetch(one.href).then((answer) => answer.status)")
    assert status == 200
    own = FilePayload(name="comprovante.txt", mimeType="text/plain", buffer=b"pago")
    await frame.locator("#file").set_input_files(own)
    await frame.get_by_role("link", name=re.compile(r"^comprovante\.txt \(4.byte")).wait_for()


async def test_a_talk_on_the_page_and_in_a_frame_on_another_site(
    installation: Installation,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """M6, M8: by the keyboard alone, with the strict content policy in force."""

    async def shop(request: Request) -> HTMLResponse:
        icon = '<link rel="icon" href="data:,">'
        host = request.query_params["host"]
        script = f'<script src="{host}/widget.js" data-account="chat" async></script>'
        return HTMLResponse(f"<!doctype html><html lang=es><title>Loja</title>{icon}{script}")

    attachments = attachments_in(installation, tmp_path)
    app = create_app(installation.parts(attachments=attachments))
    other = Starlette(routes=[Route("/", shop)])
    async with (
        calling(app, installation) as caller,
        serving(cast(Starlette, app)) as host,
        serving(other) as site,
        AsyncExitStack() as leaving,
    ):
        # Whatever fails below, the servers are not kept waiting for open feeds.
        leaving.callback(app.say_goodbye)
        monkeypatch.setitem(conftest.CHANNELS, "chat", ("webchat", {**CONFIG, "origins": [site]}))
        await installation.channel("chat", "Sales")
        await eventually(lambda: is_open(Page(caller, site)))
        failures: list[str] = []
        page = await browser.new_page(locale="pt-BR")
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on(
            "console", lambda said: failures.append(said.text) if said.type == "error" else None
        )

        await page.goto(f"{site}?host={host}")
        await page.get_by_role("button", name="Abrir el chat").press("Enter")
        frame_element = await page.wait_for_selector("iframe:not([hidden])")
        assert frame_element is not None
        frame = await frame_element.content_frame()
        assert frame is not None
        await frame.get_by_label("Escreva uma mensagem").fill("Olá 🌳")
        await frame.get_by_label("Escreva uma mensagem").press("Enter")
        await eventually(lambda: caller.chats("admin"))
        (chat,) = await caller.chats("admin")
        visitor = await visitor_in(frame, caller)
        offer = Offer(text="Confirma?", options=(Option(id="y", title="Sim"),))
        await write(visitor, chat["id"], Text(text="Bom dia"), offer)
        await frame.get_by_role("button", name="Sim").press("Enter")

        async def answered() -> bool:
            return bool((await caller.chats("admin"))[0]["last_message"]["text"] == "Sim")

        await eventually(answered)
        await show_files(frame, visitor, chat["id"], attachments)
        await frame.get_by_label("Escreva uma mensagem").press("Escape")
        await page.wait_for_selector("iframe", state="hidden")
        assert failures == []
        await page.close()
