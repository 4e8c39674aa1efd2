"""Administration in a real browser: people, channels, webhooks, and how one signs in oneself."""

import re

import pytest
from playwright.async_api import Locator, Page, expect
from pyotp.totp import TOTP

from tests.adapters.http.conftest import PASSWORD, Installation
from tests.adapters.http.panel.screen import CHROMIUM, Screen, Stage, staged

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]

BOT = {"Token do bot": "77:of-a-test", "Palavra secreta (secret_token)": "secret-of-a-test"}

STANDARD = re.compile("^whsec_.{20,}")
"""A secret as Standard Webhooks writes it."""


async def test_an_administrator_sets_the_house_up(installation: Installation) -> None:
    """People with a password told once, a channel from its schema, a webhook; secrets stay in."""
    async with staged(installation) as stage:
        screen = await stage.screen("admin", "/panel/admin/operators")
        password = await _takes_somebody_on(screen)
        signed = {"email": "nova@ipe.test", "password": password}
        assert (await stage.caller.post("/v1/session", None, signed)).status_code == 201
        await _connects_a_channel(screen)
        await _tells_a_program(screen)
        await _finds_a_colleague(screen.page)


async def _takes_somebody_on(screen: Screen) -> str:
    """Return the password that was shown; by keyboard alone."""
    page, press = screen.page, screen.page.keyboard.press
    await screen.button("Criar pessoa").press("Enter")
    await page.keyboard.type("nova@ipe.test")
    await press("Tab")
    await page.keyboard.type("Nova")
    await page.get_by_label("Finance").focus()
    await press("Space")
    await expect(page.get_by_label("Habilidade em Finance")).to_have_value("50")
    assert await screen.faults() == []
    await page.get_by_label("Nome").press("Enter")
    told = page.get_by_role("dialog", name="Senha de Nova")
    password = await told.get_by_label("Senha", exact=True).input_value()
    assert await screen.faults() == []
    await told.get_by_role("button", name="Já guardei").press("Enter")
    await expect(page.get_by_role("row", name="Nova nova@ipe.test")).to_contain_text("Finance")
    return password


async def _connects_a_channel(screen: Screen) -> None:
    page = screen.page
    await screen.go("/panel/admin/channels")
    await screen.button("Conectar canal").click()
    await page.get_by_role("button", name="Telegram").press("Enter")
    dialog = page.get_by_role("dialog", name="Conectar Telegram")
    await dialog.get_by_label("Nome").fill("loja")
    for label, value in BOT.items():
        await dialog.get_by_label(label).fill(value)
    await dialog.get_by_label("Endereço da API").fill("no address")
    await dialog.get_by_label("Nome").press("Enter")
    await expect(dialog.get_by_text("Este valor não é aceito.")).to_be_visible()
    assert await screen.faults() == []
    await dialog.get_by_label("Endereço da API").fill("https://api.telegram.test")
    await dialog.get_by_label("Nome").press("Enter")
    row = page.get_by_role("row", name="loja Telegram")
    await expect(row).to_contain_text("No ar")

    await row.get_by_role("button", name="Alterar loja").click()
    dialog = page.get_by_role("dialog", name="Configurar loja")
    for label in BOT:
        await expect(dialog.get_by_label(label)).to_have_value("")
    await expect(dialog.get_by_label("Endereço da API")).to_have_value("https://api.telegram.test")
    shown = await page.content()
    assert not any(secret in shown for secret in BOT.values())
    await dialog.get_by_label("Grupo").select_option("Finance")
    await dialog.get_by_role("button", name="Salvar").click()
    await expect(row).to_contain_text("Finance")
    await _from_the_menu(page, row, "Pausar os envios")
    await expect(row).to_contain_text("Envios em pausa")
    await _from_the_menu(page, row, "Retomar os envios")
    await expect(row).to_contain_text("No ar")
    await _from_the_menu(page, row, "Desconectar")
    await screen.button("Desconectar").click()
    await expect(row).to_contain_text("Desconectado")


async def _tells_a_program(screen: Screen) -> None:
    page = screen.page
    await screen.go("/panel/admin/webhooks")
    await screen.button("Criar webhook").click()
    dialog = page.get_by_role("dialog", name="Criar webhook")
    await dialog.get_by_label("Nome").fill("CRM")
    await dialog.get_by_label("Endereço").fill("https://crm.ipe.test/recado")
    await dialog.get_by_label("Tudo o que acontece").press("Space")
    await dialog.get_by_label("Procurar um tipo").fill("message-rec")
    await dialog.get_by_label("message-received").press("Space")
    assert await screen.faults() == []
    await dialog.get_by_role("button", name="Salvar").click()
    told = page.get_by_role("dialog", name="Segredo de CRM")
    await expect(told.get_by_role("textbox")).to_have_value(STANDARD)
    await told.get_by_role("button", name="Já guardei").click()
    row = page.get_by_role("row", name="CRM")
    await expect(row).to_contain_text("1 tipo")
    await _from_the_menu(page, row, "Enviar de novo")
    dialog = page.get_by_role("dialog", name="Enviar de novo a CRM")
    await dialog.get_by_label("Depois da posição").fill("0")
    await dialog.get_by_role("button", name="Enviar de novo").click()
    await expect(page.get_by_text("O que veio depois da posição 0")).to_be_visible()
    await _from_the_menu(page, row, "Ver as tentativas")
    await expect(page.get_by_text("Ainda não houve tentativas")).to_be_visible()
    assert await screen.faults() == []
    await page.keyboard.press("Escape")
    await _from_the_menu(page, row, "Desligar")
    await expect(row).to_contain_text("Desligado")


async def _finds_a_colleague(page: Page) -> None:
    await page.keyboard.press("Control+k")
    await page.keyboard.type("nova")
    await expect(page.get_by_role("option").filter(has_text="Ver os chats")).to_contain_text("Nova")
    await page.get_by_role("option").filter(has_text="Ver os chats").click()
    await expect(page.get_by_text("Só Nova")).to_be_visible()


async def _from_the_menu(page: Page, row: Locator, name: str) -> None:
    await row.get_by_role("button", name="Mais ações").click()
    await page.get_by_role("menuitem", name=name).press("Enter")


async def test_somebody_secures_his_own_way_in(installation: Installation) -> None:
    """A second factor by picture, used to sign in; a token for a program; out everywhere."""
    await installation.password("ana")
    async with staged(installation) as stage:
        screen = await stage.screen(None)
        page = screen.page
        await _signs_in(page)
        await expect(page.get_by_text("Nenhum chat novo")).to_be_visible()
        await screen.go("/panel/admin/security")
        secret = await _adds_a_factor(screen)
        await _makes_a_token(stage, screen)

        await screen.button("Sair de todos os lugares").click()
        dialog = page.get_by_role("dialog", name="Sair de todos os lugares?")
        await dialog.get_by_role("button", name="Sair de todos os lugares").click()
        await _signs_in(page)
        code = page.get_by_label("Código de verificação")
        await code.fill("000000")
        await code.press("Enter")
        await expect(page.get_by_text("O código não confere")).to_be_visible()
        assert await screen.faults() == []
        await code.fill(secret)
        await code.press("Enter")
        await expect(page.get_by_role("heading", name="Conta e segurança")).to_be_visible()


async def _signs_in(page: Page) -> None:
    await page.get_by_label("E-mail").fill("ana@ipe.test")
    await page.get_by_label("Senha", exact=True).fill(PASSWORD)
    await page.keyboard.press("Enter")


async def _adds_a_factor(screen: Screen) -> str:
    """Return one of the codes that are for paper."""
    page = screen.page
    await screen.button("Cadastrar segundo fator").press("Enter")
    asking = page.get_by_role("dialog", name="Cadastrar segundo fator")
    await asking.get_by_label("Senha atual").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("img", name="Código QR")).to_be_visible()
    assert await screen.faults() == []
    key = await page.get_by_role("textbox", name="Sem câmera?").input_value()
    await page.get_by_label("Código do aplicativo").fill(TOTP(key).now())
    await page.keyboard.press("Enter")
    paper = page.get_by_role("dialog", name="Códigos para quando o celular faltar")
    await expect(paper.get_by_role("listitem")).to_have_count(10)
    codes = await paper.get_by_role("listitem").all_text_contents()
    assert await screen.faults() == []
    await paper.get_by_role("button", name="Já guardei").click()
    await expect(page.get_by_text("Ligado", exact=True)).to_be_visible()
    return codes[0]


async def _makes_a_token(stage: Stage, screen: Screen) -> None:
    page = screen.page
    await screen.button("Criar token").click()
    dialog = page.get_by_role("dialog", name="Criar token")
    await dialog.get_by_label("Para que serve").fill("CRM")
    assert await screen.faults() == []
    await dialog.get_by_role("button", name="Criar token").click()
    told = page.get_by_role("dialog", name="Token “CRM”")
    token = await told.get_by_label("Token", exact=True).input_value()
    await told.get_by_role("button", name="Já guardei").click()
    await expect(page.get_by_role("listitem").filter(has_text="CRM")).to_contain_text("Ler")
    asked = {"Authorization": f"Bearer {token}"}
    me = (await stage.caller.get("/v1/me", headers=asked)).json()
    assert me["rights"] == ["read"]
    await screen.button("Revogar o token CRM").click()
    sure = page.get_by_role("dialog", name="Revogar “CRM”?")
    await sure.get_by_role("button", name="Revogar").click()
    await expect(page.get_by_role("listitem").filter(has_text="CRM")).to_have_count(0)
    assert (await stage.caller.get("/v1/me", headers=asked)).status_code == 401
