"""What the panel is for everybody: readable, reachable, narrow, foreign, deaf to hostile text."""

import pytest
from playwright.async_api import expect

from tests.adapters.http.conftest import Installation
from tests.adapters.http.panel.screen import CHROMIUM, Screen, Stage, staged

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "javascript:alert(3)",
    '"><svg/onload=alert(4)>',
    "{{constructor.constructor('alert(5)')()}}",
    "<iframe src=//evil.test></iframe>",
    "https://evil.test/<img src=x onerror=alert(6)>",
    "\u202eevil\u202c \u0000 \ufeff",
    "<style>body{display:none}</style>",
    "a@b.c<img/src=//evil.test/x>",
    "[x](javascript:alert(7))",
    "A" * 3_000,
]
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


async def talked(stage: Stage) -> str:
    """Return a chat of Ana's in which everything was said that can be."""
    chat = await stage.caller.new_chat(1, "Bom dia, veja www.ipe.test 😀")
    await stage.caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    for path, text in (("messages", "Já envio"), ("comments", "cliente antiga")):
        body = {"text": text}
        assert (await stage.caller.post(f"/v1/chats/{chat}/{path}", "ana", body)).status_code == 201
    await stage.caller.new_chat(2, "Oi")
    return chat


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nobody_is_shut_out(installation: Installation, theme: str) -> None:
    """WCAG 2.2 AA as far as axe sees: sign-in, lists, a chat, dialogs, menus, every primitive."""
    async with staged(installation) as stage:
        chat = await talked(stage)
        nobody = await stage.screen(None, color_scheme=theme)
        await expect(nobody.button("Entrar")).to_be_visible()
        assert await nobody.faults() == []
        screen = await stage.screen("ana", color_scheme=theme)
        page = screen.page
        await expect(screen.row("C2")).to_be_visible()
        assert await screen.faults() == []
        await screen.go(f"/panel/inbox/open/{chat}")
        await expect(page.locator(".message-comment")).to_be_visible()
        assert await screen.faults() == []
        await page.get_by_role("tab", name="Comentário interno").click()
        await screen.button("Mais ações").click()
        assert await screen.faults() == []
        await page.keyboard.press("Escape")
        await page.locator(".list-pane .virtual").focus()
        for key in ("?", "Control+k"):
            await page.keyboard.press(key)
            await expect(page.get_by_role("dialog")).to_be_visible()
            assert await screen.faults() == []
            await page.get_by_role("dialog").get_by_role("button", name="Fechar").click()
        await screen.go("/panel/kit")
        await expect(page.get_by_role("heading", name="Peças do painel")).to_be_visible()
        assert await screen.faults() == []


async def test_hostile_texts_are_only_text(installation: Installation) -> None:
    """S8: no dialog, no request to elsewhere, no violation, in any place where a text shows."""
    async with staged(installation) as stage:
        chat = await stage.caller.new_chat(1, HOSTILE[0])
        for text in HOSTILE[1:]:
            assert (await stage.caller.telegram(1, text)).status_code == 200
        await stage.caller.seen()
        screen = await stage.screen("ana", f"/panel/inbox/new/{chat}")
        page = screen.page
        await expect(page.locator(".message")).to_have_count(len(HOSTILE))
        await expect(page.get_by_text(HOSTILE[1], exact=True)).to_be_visible()
        links = await page.locator(".messages a").evaluate_all("all => all.map((a) => a.protocol)")
        assert set(links) <= {"https:", "http:", "mailto:"}
        await page.keyboard.press("Control+f")
        await page.get_by_role("searchbox", name="Buscar na conversa").fill("<img")
        await expect(page.locator(".messages mark").first).to_be_visible()
        assert await page.evaluate(OVERFLOW) == 0


async def test_a_narrow_phone_shows_one_pane_and_never_scrolls_sideways(
    installation: Installation,
) -> None:
    """320 px, with every text stretched by two fifths."""
    async with staged(installation) as stage:
        chat = await talked(stage)
        screen = await stage.screen("ana", size=(320, 640))
        page = screen.page
        await screen.row("C2").click()
        await expect(page.locator(".list-pane")).to_be_hidden()
        await screen.button("Voltar").click()
        await expect(page.locator(".list-pane")).to_be_visible()
        everybodys = ("/", f"/panel/inbox/open/{chat}", "/panel/admin/security", "/panel/kit")
        await _fits(screen, *everybodys)
        admin = await stage.screen("admin", size=(320, 640))
        await _fits(admin, "/panel/admin/operators", "/panel/admin/channels", "/panel/audit/proofs")


async def _fits(screen: Screen, *paths: str) -> None:
    for path in paths:
        await screen.go(f"{path}?words=pseudo")
        stretched = screen.page.locator("main").get_by_text("⟦")
        await expect(stretched.filter(visible=True).first).to_be_visible()
        assert await screen.page.evaluate(OVERFLOW) == 0, path


@pytest.mark.parametrize(
    ("locale", "label"), [("en-US", "New messages"), ("es-AR", "Mensajes nuevos")]
)
async def test_the_browser_s_language_is_the_panel_s(
    installation: Installation, locale: str, label: str
) -> None:
    async with staged(installation) as stage:
        screen = await stage.screen("ana", locale=locale)
        await expect(screen.page.get_by_role("heading", name=label)).to_be_visible()
        assert await screen.page.locator("html").get_attribute("lang") == locale[:2]


async def test_every_shortcut_stands_for_one_act(installation: Installation) -> None:
    """One registry: the sheet shows each act's keys, and no two acts share one."""
    async with staged(installation) as stage:
        screen = await stage.screen("ana")
        await expect(screen.page.get_by_text("Nenhum chat novo")).to_be_visible()
        await screen.page.keyboard.press("?")
        keys = screen.page.locator(".shortcuts dd .keys")
        shown = await keys.all_text_contents()
        assert len(shown) > 20
        assert len(set(shown)) == len(shown)
