"""What an operator does all day, in a real browser: rules V and T as a person sees them."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from adapters.http.panel.assets import FOLDER
from tests.adapters.http.conftest import Installation
from tests.adapters.http.panel.hands import FEWEST, Hands
from tests.adapters.http.panel.screen import CHROMIUM, staged
from tests.adapters.http.test_webhooks import whatsapp_body
from tests.prepared import eventually

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]


async def test_pull_answer_comment_and_close_by_keyboard(installation: Installation) -> None:
    """V1, V2, V8, M7, T1: sign in by typing, then never touch the mouse."""
    await installation.password("ana")
    async with staged(installation) as stage:
        caller = stage.caller
        await caller.new_chat(1, "A segunda via da nota, por favor")
        await caller.new_chat(2, "Oi")
        screen = await stage.screen(None)
        page = screen.page
        await page.get_by_label("E-mail").fill("ana@ipe.test")
        await page.get_by_label("Senha", exact=True).fill("correct horse battery")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Novas mensagens 2")).to_be_visible()

        await page.keyboard.press("j")
        await page.keyboard.press("p")
        field = page.get_by_label("Mensagem para C1")
        await expect(field).to_be_focused()
        await expect(page.get_by_role("link", name="Novas mensagens 1")).to_be_visible()
        await field.fill("Bom dia! Já envio.")
        await page.keyboard.press("Enter")
        await expect(page.locator(".message-out").get_by_text("Bom dia! Já envio.")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("n")
        comment = page.get_by_label("Comentário interno", exact=True)
        await expect(comment).to_be_focused()
        await comment.fill("cliente antiga")
        await screen.button("Comentar").press("Enter")
        await expect(page.locator(".message-comment").get_by_text("cliente antiga")).to_be_visible()
        (chat,) = await caller.chats("ana", operator="me")
        said = (await caller.get(f"/v1/chats/{chat['id']}/messages", "ana")).json()["items"]
        assert [(one["direction"], one["text"]) for one in said[1:]] == [
            ("out", "Bom dia! Já envio."),
            ("internal", "cliente antiga"),
        ]

        await page.keyboard.press("Escape")
        await page.keyboard.press("e")
        await expect(page.get_by_text("Chat de C1 encerrado.")).to_be_visible()
        await screen.button("Desfazer").press("Enter")

        async def is_open_again() -> bool:
            return bool(await caller.chats("ana", operator="me"))

        await eventually(is_open_again)


async def test_pulling_a_template_and_searching_take_a_key_or_two(
    installation: Installation,
) -> None:
    """T2, T3: three of the six acts; the others are counted where they are tried."""
    async with staged(installation) as stage:
        caller = stage.caller
        template = {
            "code": "nf",
            "title": "2ª via",
            "text": "{{client.first_name}}, já envio",
            "shared": "account",
        }
        assert (await caller.post("/v1/templates", "admin", template)).status_code == 201
        await caller.new_chat(1, "A segunda via da nota, por favor")
        screen = await stage.screen("ana")
        page, hands = screen.page, Hands(screen.page)
        await expect(screen.row("C1")).to_be_visible()

        await hands.press("Shift+P")
        field = page.get_by_label("Mensagem para C1")
        await expect(field).to_be_focused()
        hands.have("pull a chat")
        # Faster than the template is found: what is meant is taken, and the code is never sent.
        await hands.type("/nf")
        await hands.press("Enter")
        await expect(field).to_have_value("C1, já envio")
        await hands.press("Enter")
        await expect(page.locator(".message-out")).to_contain_text("C1, já envio")
        hands.have("answer with a template")
        await hands.press("Control+f")
        await hands.type("segunda")
        await expect(page.get_by_text("1 de 1")).to_be_visible()
        hands.have("search in the chat")


def test_what_is_said_of_six_acts_is_what_was_counted() -> None:
    told = re.findall(r"^\| ([a-z ]+) \| (\d) \|", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert {act: int(count) for act, count in told} == FEWEST


async def test_who_was_second_is_told_who_was_first(installation: Installation) -> None:
    """V1, S3: a pull is taken back where somebody was quicker."""
    async with staged(installation) as stage:
        chat = await stage.caller.new_chat(1, "Oi")
        screen = await stage.screen("ana")
        await expect(screen.row("C1")).to_be_visible()
        held = asyncio.Event()
        is_asked = asyncio.Event()

        async def hold(route: object) -> None:
            is_asked.set()
            await held.wait()
            await route.continue_()  # type: ignore[attr-defined]  # playwright's Route

        await screen.page.route("**/assign", hold)
        await screen.row("C1").hover()
        await screen.page.locator(".row-pull").click()
        await is_asked.wait()
        got = await stage.caller.post(f"/v1/chats/{chat}/assign", "bia", {"operator": "me"})
        assert got.status_code == 200
        held.set()
        await expect(screen.page.get_by_text("Bia puxou este chat primeiro.")).to_be_visible()
        await expect(screen.page.get_by_text("Nenhum chat novo")).to_be_visible()


async def test_an_answer_over_newer_words_comes_back_to_its_field(
    installation: Installation,
) -> None:
    """T: 412 and the draft that is not lost; what the client said meanwhile is shown."""
    async with staged(installation) as stage:
        chat = await stage.caller.new_chat(1, "Quero azul")
        await stage.caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
        screen = await stage.screen("ana", f"/panel/inbox/open/{chat}", prefs={"undoSeconds": 3})
        page = screen.page
        field = page.get_by_label("Mensagem para C1")
        await field.fill("Azul está reservado!")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Será enviada em")).to_be_visible()
        assert (await stage.caller.telegram(1, "Não, vermelho")).status_code == 200

        await expect(
            page.get_by_text("O cliente escreveu enquanto você respondia.")
        ).to_be_visible()
        await expect(page.locator(".message-in").get_by_text("Não, vermelho")).to_be_visible()
        await expect(field).to_have_value("Azul está reservado!")
        said = (await stage.caller.get(f"/v1/chats/{chat}/messages", "ana")).json()["items"]
        assert all(one["direction"] == "in" for one in said)


async def test_drafts_outlive_a_reload_and_never_cross(installation: Installation) -> None:
    """T: what was begun as a comment cannot become a message."""
    async with staged(installation) as stage:
        chat = await stage.caller.new_chat(1, "Oi")
        await stage.caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
        screen = await stage.screen("ana", f"/panel/inbox/open/{chat}")
        page = screen.page
        reply = page.get_by_label("Mensagem para C1")
        await reply.fill("ao cliente")
        # In the middle of a composition, Enter belongs to whoever composes.
        await reply.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
        await page.get_by_role("tab", name="Comentário interno").click()
        comment = page.get_by_label("Comentário interno", exact=True)
        await expect(comment).to_have_value("")
        await comment.fill("entre nós")
        await page.reload()
        await expect(reply).to_have_value("ao cliente")
        await page.get_by_role("tab", name="Comentário interno").click()
        await expect(comment).to_have_value("entre nós")
        said = (await stage.caller.get(f"/v1/chats/{chat}/messages", "ana")).json()["items"]
        assert len(said) == 1


async def test_search_in_a_chat_counts_and_jumps(installation: Installation) -> None:
    """T2: accents do not matter; the last hit is shown first."""
    async with staged(installation) as stage:
        chat = await stage.caller.new_chat(1, "A instalação está marcada?")
        for text in ("ou não", "a instalacao é hoje"):
            await stage.caller.telegram(1, text)
        await stage.caller.seen()
        screen = await stage.screen("ana", f"/panel/inbox/new/{chat}")
        page = screen.page
        await expect(page.locator(".message")).to_have_count(3)
        await page.keyboard.press("Control+f")
        await page.get_by_role("searchbox", name="Buscar na conversa").fill("INSTALACAO")
        await expect(page.get_by_text("2 de 2")).to_be_visible()
        await expect(page.locator(".message-found mark")).to_have_text("instalacao")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("1 de 2")).to_be_visible()
        await expect(page.locator(".message-found mark")).to_have_text("instalação")


async def test_eight_tabs_share_one_stream(installation: Installation) -> None:
    """V, S13: whichever tab goes, the others go on hearing."""
    async with staged(installation) as stage:
        context = await stage.window("ana")
        first, *others = [await stage.tab(context) for _ in range(8)]
        for screen in (first, *others):
            await expect(screen.page.get_by_text("Ao vivo")).to_be_visible()
        assert len(stage.app._streams.open) == 1
        await first.page.close()
        await stage.caller.new_chat(1, "Oi")
        for screen in others:
            await expect(screen.row("C1")).to_be_visible()
        assert len(stage.app._streams.open) == 1


async def test_what_is_sent_while_nobody_answers_is_sent_once(installation: Installation) -> None:
    """M1, T: the page is left and opened again meanwhile."""
    async with staged(installation) as stage:
        chat = await stage.caller.new_chat(1, "Oi")
        await stage.caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
        context = await stage.window("ana")
        await context.route("**/messages", lambda route: route.abort())
        screen = await stage.tab(context, f"/panel/inbox/open/{chat}")
        field = screen.page.get_by_label("Mensagem para C1")
        await field.fill("Um momento")
        await screen.page.keyboard.press("Enter")
        await expect(screen.page.get_by_text("Enviando…")).to_be_visible()
        await screen.page.reload()
        await expect(screen.page.locator(".pending").get_by_text("Um momento")).to_be_visible()
        await context.unroute("**/messages")
        await expect(screen.page.locator(".state")).to_be_visible()
        await expect(screen.page.locator(".pending")).to_have_count(0)
        said = (await stage.caller.get(f"/v1/chats/{chat}/messages", "ana")).json()["items"]
        assert [one["text"] for one in said] == ["Oi", "Um momento"]


async def test_after_the_reply_window_an_approved_template_is_sent(
    installation: Installation,
) -> None:
    """M10: the composer says so, and offers what may still be sent; by keyboard alone."""
    async with staged(installation) as stage:
        assert (await stage.caller.whatsapp(whatsapp_body("Oi"))).status_code == 200
        (chat,) = await stage.caller.chats("admin")
        path = f"/v1/chats/{chat['id']}"
        await stage.caller.post(f"{path}/assign", "ana", {"operator": "me"})
        screen = await stage.screen("ana")
        page = screen.page
        await page.clock.set_fixed_time(datetime.now(UTC) + timedelta(hours=25))
        await screen.go(f"/panel/inbox/open/{chat['id']}")
        await expect(page.get_by_text("O prazo de resposta deste canal acabou.")).to_be_visible()
        await screen.button("Enviar modelo aprovado").press("Enter")
        dialog = page.get_by_role("dialog", name="Modelo aprovado para Bia")
        await page.keyboard.type("segunda_via")
        await dialog.get_by_label("Valores das lacunas").fill("Bia")
        await dialog.get_by_label("Texto do modelo").fill("Olá, {{1}}!")
        assert await screen.faults() == []
        await dialog.get_by_label("Idioma do modelo").press("Enter")
        await expect(page.locator(".message-out").get_by_text("Olá, Bia!")).to_be_visible()
        said = (await stage.caller.get(f"{path}/messages", "ana")).json()["items"][-1]
        assert (said["kind"], said["parts"][0]["name"]) == ("template", "segunda_via")
