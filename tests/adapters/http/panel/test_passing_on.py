"""
Beside the conversation, in a real browser: passing on, why, history, the client's record, tabs.

How many keys and clicks an act takes is counted, and stays below what other products need.
"""

import pytest
from playwright.async_api import expect

from tests.adapters.http.conftest import Installation
from tests.adapters.http.panel.hands import Hands
from tests.adapters.http.panel.routing import routed
from tests.adapters.http.panel.screen import CHROMIUM, Screen, staged

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]


async def test_an_invoice_is_passed_on_to_finance_with_a_comment(
    installation: Installation,
) -> None:
    """R9, R12, T1, A2: whoever is online there gets the chat, with the comment inside it."""
    async with staged(installation) as stage, routed(installation):
        ana, caio = await stage.screen("ana"), await stage.screen("caio")
        chat = await stage.caller.new_chat(1, "Preciso da segunda via da nota fiscal")
        await expect(ana.page.get_by_role("link", name="Abertos 1")).to_be_visible()
        await ana.go(f"/panel/inbox/open/{chat}")
        await expect(ana.page.locator(".message-in")).to_contain_text("segunda via")

        await _see_why(ana)
        await _transfer(ana)

        await expect(caio.page.get_by_role("link", name="Não lidas 1")).to_be_visible()
        await caio.go("/panel/inbox/open")
        await caio.row("C1").click()
        thread = caio.page.locator(".thread-pane")
        await expect(thread.get_by_text("Pedido 1834, já conferi o CPF")).to_have_count(1)
        await expect(thread.locator(".message-in")).to_contain_text("segunda via")
        said = (await stage.caller.get(f"/v1/chats/{chat}/messages", "caio")).json()["items"]
        assert [(one["kind"], one["direction"]) for one in said] == [
            ("text", "in"),
            ("transfer", "internal"),
        ]
        await _look_back(caio)


async def _see_why(screen: Screen) -> None:
    hands = Hands(screen.page)
    await hands.press("w")
    why = screen.page.get_by_role("dialog", name="Por que este chat veio para mim?")
    await expect(why).to_contain_text("quem tinha menos chats em relação ao seu limite")
    await expect(why.get_by_role("row", name="Ana")).to_contain_text("Recebeu")
    await expect(why.get_by_role("row", name="Bia")).to_contain_text("Ausente")
    hands.have("see why it was assigned")
    assert await screen.faults() == []
    await screen.page.keyboard.press("Escape")


async def _transfer(screen: Screen) -> None:
    hands = Hands(screen.page)
    await hands.press("t")
    dialog = screen.page.get_by_role("dialog", name="Transferir o chat de C1")
    await expect(dialog.get_by_role("option").first).to_be_visible()
    await hands.type("fin")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await expect(dialog.get_by_role("option", name="Finance")).to_contain_text("1 de 2")
    await hands.press("Enter")
    await expect(dialog).to_contain_text("1 pessoa pode receber agora e recebe na hora")
    assert await screen.faults() == []
    await hands.type("Pedido 1834, já conferi o CPF")
    await hands.press("Enter")
    hands.have("transfer with comment")
    await expect(screen.page.get_by_text("Chat transferido para Finance.")).to_be_visible()
    await expect(screen.page.get_by_role("link", name="Abertos 0")).to_be_visible()


async def _look_back(screen: Screen) -> None:
    await screen.page.keyboard.press("Escape")
    await screen.row("C1").click()
    await screen.page.locator(".thread-facts").click()
    await screen.page.keyboard.press("g")
    await screen.page.keyboard.press("h")
    history = screen.page.get_by_role("dialog", name="Histórico do chat de C1")
    await expect(history).to_contain_text("Ana transferiu o chat para Finance")
    past = history.locator(".timeline-past")
    await expect(past).to_contain_text("já conferi o CPF")
    await history.get_by_role("slider").fill("1")
    await expect(past).not_to_contain_text("já conferi o CPF")
    await expect(past).to_contain_text("segunda via")
    await expect(past).to_contain_text("Ninguém")
    assert await screen.faults() == []


async def test_a_record_is_edited_in_its_place(installation: Installation) -> None:
    """C1, C2, C6: a wrong number is told at the field; a quicker colleague is, too."""
    async with staged(installation) as stage:
        chat = await stage.caller.new_chat(1, "Oi")
        await stage.caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
        screen = await stage.screen("ana", f"/panel/inbox/open/{chat}")
        page = screen.page
        await screen.button("Editar CNPJ: Vazio").press("Enter")
        field = page.get_by_label("CNPJ", exact=True)
        await field.fill("12abc34501de36")
        await field.press("Enter")
        await expect(page.get_by_text("O CNPJ não confere: verifique os dígitos.")).to_be_visible()
        await expect(field).to_have_value("12abc34501de36")
        await field.fill("12abc34501de35")
        await field.press("Enter")
        await expect(page.locator(".fact", has_text="CNPJ").locator("button").first).to_be_focused()

        await screen.button("Editar E-mail: Vazio").click()
        item = (await stage.caller.get(f"/v1/chats/{chat}", "ana")).json()
        path = f"/v1/clients/{item['client']['id']}"
        got = await stage.caller.call("PATCH", path, "admin", json={"email": "um@ipe.test"})
        assert got.status_code == 200, got.text
        await page.get_by_label("E-mail", exact=True).fill("dois@ipe.test")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Agora está: um@ipe.test")).to_be_visible()
        assert await screen.faults() == []
        await screen.button("Usar o meu").click()
        await expect(screen.button("Editar E-mail: dois@ipe.test")).to_be_visible()
        record = (await stage.caller.get(path, "admin")).json()
        assert (record["cnpj"], record["email"]) == ("12ABC34501DE35", "dois@ipe.test")


async def test_a_filter_becomes_a_tab_that_counts(installation: Installation) -> None:
    """T5, S18: four keys; the count moves by itself; a tab whose tag is gone says so."""
    async with staged(installation) as stage:
        caller = stage.caller
        tag = (await caller.post("/v1/tags", "admin", {"name": "vip"})).json()["id"]
        chats = [await caller.new_chat(number, "Oi") for number in (1, 2)]
        await caller.post(f"/v1/chats/{chats[0]}/tags", "admin", {"add": ["vip"]})
        screen = await stage.screen("admin", "/panel/inbox/all")
        page = screen.page
        await expect(page.locator(".row")).to_have_count(2)

        hands = Hands(page)
        await hands.press("f")
        options = page.get_by_role("dialog", name="Filtrar por").get_by_role("option")
        await hands.type("vip")
        await expect(options.first).to_contain_text("Etiqueta")
        await hands.press("Enter")
        await expect(page.locator(".row")).to_have_count(1)
        await hands.press("Control+s")
        await expect(page.get_by_label("Nome do separador")).to_be_focused()
        await hands.press("Enter")
        hands.have("save a filter as a tab")
        await expect(page.get_by_role("link", name="vip 1")).to_be_visible()
        await expect(page.get_by_role("heading", name="vip", level=1)).to_be_visible()
        await caller.post(f"/v1/chats/{chats[1]}/tags", "admin", {"add": ["vip"]})
        await expect(page.get_by_role("link", name="vip 2")).to_be_visible()
        assert await screen.faults() == []

        await page.keyboard.press("Shift+F")
        builder = page.get_by_role("dialog", name="Montar filtro")
        await builder.get_by_role("button", name="Condição", exact=True).click()
        await builder.get_by_role("button", name="Grupo", exact=True).click()
        assert await screen.faults() == []
        await page.keyboard.press("Escape")

        assert (await caller.call("DELETE", f"/v1/tags/{tag}", "admin")).status_code == 200
        await caller.seen()
        await page.reload()
        await expect(page.get_by_text("A etiqueta vip foi excluída")).to_be_visible()
        await expect(page.locator(".row")).to_have_count(0)
