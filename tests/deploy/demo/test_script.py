"""
A newcomer's first minute, in a real browser: one click to be Ana, and then what the demo promises.

The pictures of the README are taken on the way: `PICTURES=1 python3 -m deploy test
tests/deploy/demo/test_script.py`.
"""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.deploy.demo.visitor import CHROMIUM, IS_TAKING, ROOT, Demo, Visitor, running, street

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]
expect.set_options(timeout=60_000)

COMMENT = "Pedido 1834, já conferi o CPF"


async def test_the_first_minute_of_a_newcomer(data: Path) -> None:
    """R9, T1, T3, A2, S18: pull, template, transfer with a comment, a kill, the past, the proof."""
    with running(data / "demo", "--speed", "2") as demo:
        async with street(demo) as outside:
            ana = await outside.visitor()
            await ana.become("Ana")
            await expect(ana.counted("Abertos")).to_be_visible()
            if IS_TAKING:
                await expect(ana.page.get_by_role("link", name="Abertos 3")).to_be_visible()
            chat = await _pull(ana)
            await _answer(ana)
            await _transfer(ana)
            carla = await outside.visitor()
            await carla.become("Carla")
            await _find_the_comment(carla, chat)
            await _look_back(carla)
            await _fell(ana, demo)
            await _prove(ana)
            await _listen(ana)
            # Thirty seconds of patience: what was assigned at the start turns by itself (V3, V6).
            await expect(ana.counted("Esperando")).to_be_visible()
            if IS_TAKING:
                await _more_pictures(ana, await outside.visitor())
                await _narrow(await outside.visitor((390, 844), color_scheme="light"))
                await _dark(await outside.visitor(color_scheme="dark"), chat)


async def _pull(ana: Visitor) -> str:
    """Return the chat of Fábio, who asks when he is told to, and wait in New for who pulls."""
    await ana.button("Demonstração").click()
    await ana.button("Começar").click()
    row = ana.page.get_by_role("option").filter(has_text="2ª via da nota fiscal do pedido 1834")
    await expect(row.first).to_be_visible()
    await ana.picture("demo")
    await ana.press("Escape")
    await ana.picture("list")
    mine = row.filter(has_text="Oi! Preciso").first
    await mine.click()
    await expect(ana.page.locator(".message-in").first).to_contain_text("2ª via")
    chat = ana.page.url.rpartition("/")[2]
    await ana.page.locator(".list-pane .virtual").focus()
    await ana.press("p")
    await expect(ana.page.get_by_label("Mensagem para Fábio")).to_be_focused()
    return chat


async def _answer(ana: Visitor) -> None:
    """T3: a code, and the template with his name in it, however fast one types."""
    field = ana.page.get_by_label("Mensagem para Fábio")
    await ana.page.keyboard.type("/nf")
    # Before the templates were found: what is meant is taken, and the code itself never sent.
    await ana.press("Enter")
    await expect(field).to_have_value(re.compile("^Fábio, já peço a 2ª via"))
    await ana.press("Enter")
    await expect(ana.page.locator(".message-out").first).to_contain_text("Fábio, já peço")
    # Told by the provider, which took it by its own API and sent its receipts as webhooks.
    await expect(ana.page.get_by_text("Lida", exact=True).first).to_be_visible()
    await ana.picture("thread")
    await ana.press("Escape")


async def _transfer(ana: Visitor) -> None:
    """R9: whoever is online in the group gets it at once, since chats are given again."""
    await ana.press("g", "d")
    async with ana.page.expect_response("**/v1/demo/pace"):
        await ana.page.get_by_role("switch", name="Distribuição automática").check()
    await ana.press("Escape", "t")
    dialog = ana.page.get_by_role("dialog", name="Transferir o chat de Fábio")
    await expect(dialog.get_by_role("option").first).to_be_visible()
    await ana.page.keyboard.type("fin")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await ana.press("Enter")
    await ana.page.keyboard.type(COMMENT)
    await ana.picture("transfer")
    await ana.press("Enter")
    await expect(ana.page.get_by_text("Chat transferido para Financeiro.")).to_be_visible()


async def _find_the_comment(carla: Visitor, chat: str) -> None:
    await carla.page.goto(f"{carla.page.url.partition('/panel')[0]}/panel/inbox/new/{chat}")
    await expect(carla.page.locator(".thread-pane").get_by_text(COMMENT)).to_have_count(1)


async def _look_back(carla: Visitor) -> None:
    await carla.page.locator(".thread-facts").click()
    await carla.press("g", "h")
    history = carla.page.get_by_role("dialog", name="Histórico do chat de Fábio")
    await expect(history).to_contain_text("Ana transferiu o chat para Financeiro")
    past = history.locator(".timeline-past")
    await expect(past).to_contain_text(COMMENT)
    await history.get_by_role("slider").fill("1")
    await expect(past).not_to_contain_text(COMMENT)
    await carla.picture("history")
    await carla.press("Escape")


async def _fell(ana: Visitor, demo: Demo) -> None:
    """The parts are really killed, the panel says so, and they come back by themselves."""
    await ana.press("g", "d")
    drawer = ana.page.get_by_role("complementary", name="Demonstração")
    killed = demo.nats_pid()
    nats = drawer.get_by_role("listitem").filter(has_text="NATS")
    await nats.get_by_role("button").click()
    await expect(nats).to_contain_text("fora do ar")
    await expect(nats).to_contain_text("caiu 1 vez")
    assert demo.nats_pid() != killed
    server = drawer.get_by_role("listitem").filter(has_text="Servidor do painel")
    await server.get_by_role("button").click()
    await expect(ana.page.locator(".pill")).to_have_text("Reconectando…")
    await expect(server).to_contain_text("fora do ar")
    await expect(ana.page.get_by_text("Sem conexão há")).to_be_visible()
    await ana.picture("reconnecting")
    await expect(ana.page.locator(".pill")).to_have_text("Ao vivo")
    await expect(server).to_contain_text("caiu 1 vez")


async def _prove(ana: Visitor) -> None:
    await ana.button("Verificar").click()
    found = ana.page.locator(".demo-proof")
    await expect(found).to_contain_text("Idêntico: nada perdido, nada dobrado.", timeout=180_000)


async def _listen(ana: Visitor) -> None:
    """The lines that the drawer shows, typed into a shell, bring the same list."""
    shown = await ana.page.locator(".demo-code").first.inner_text()
    typed = shown.replace(".venv/bin/recado", f"{sys.executable} -m deploy.cli")
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", typed, cwd=ROOT, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert shell.stdout is not None
    async with asyncio.timeout(180):
        while b"event: snapshot" not in (line := await shell.stdout.readline()):
            assert line, "the lines ended without a list"
    os.killpg(shell.pid, signal.SIGTERM)
    await shell.wait()
    await ana.button("Ver ao vivo").click()
    await expect(ana.page.get_by_label("O que chega")).to_contain_text('"type":"snapshot"')
    await ana.press("Escape")


async def _more_pictures(ana: Visitor, davi: Visitor) -> None:
    """What the README shows beyond the first minute."""
    await ana.page.goto(f"{ana.page.url.partition('/panel')[0]}/panel/inbox/waiting")
    await expect(ana.page.get_by_role("option").first).to_be_visible()
    await ana.press("f")
    await ana.page.keyboard.type("nota")
    await expect(ana.page.get_by_role("dialog", name="Filtrar por")).to_contain_text("nota")
    await ana.picture("filter")
    await ana.press("Escape")
    await davi.become("Davi")
    await davi.press("g", "b")
    await expect(davi.page.get_by_role("heading", name="Quadro")).to_be_visible()
    await expect(davi.page.locator(".board-plot canvas")).to_be_visible()
    await davi.picture("supervisor")


async def _narrow(ana: Visitor) -> None:
    await ana.become("Ana")
    await ana.counted("Não lidas").click()
    await ana.page.get_by_role("option").first.click()
    await ana.picture("mobile")


async def _dark(carla: Visitor, chat: str) -> None:
    await carla.become("Carla")
    await _find_the_comment(carla, chat)
    await carla.picture("dark")
