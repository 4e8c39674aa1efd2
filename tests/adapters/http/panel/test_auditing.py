"""The page of audit in a real browser: what happened, who looked, proofs, erasures."""

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.async_api import expect

from adapters.audit import tree
from adapters.audit.heads import Signer, sign
from tests.adapters.http.conftest import Installation
from tests.adapters.http.panel.screen import CHROMIUM, Screen, staged

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]


async def test_an_auditor_reads_and_an_administrator_erases(installation: Installation) -> None:
    """A2 to A5: each by his rights; nothing is erased before the name was typed."""
    async with staged(installation) as stage:
        chat = await stage.caller.new_chat(1, "Meu CPF vazou")
        await stage.caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
        await stage.caller.post("/v1/tags", "admin", {"name": "lgpd"})
        with psycopg.connect(installation.url, autocommit=True) as connection:
            tree.extend(connection)
            sign(connection, Signer(Ed25519PrivateKey.generate()))
        ada = await stage.screen("ada", "/panel/audit")
        await _narrows_what_happened(ada)
        await _checks_the_log(ada)
        await ada.go("/panel/audit/looks")
        await expect(ada.page.get_by_role("row", name="Admin")).to_have_count(0)
        await ada.go("/panel/audit/erasures")
        await expect(ada.page.get_by_text("Nenhuma até agora.").first).to_be_visible()
        await expect(ada.page.get_by_label("Procurar um cliente")).to_have_count(0)
        await _erases(await stage.screen("admin", "/panel/audit/erasures"))
        found = await stage.caller.get("/v1/clients", "admin", params={"q": "C1"})
        assert found.json()["items"] == []


async def _narrows_what_happened(screen: Screen) -> None:
    page = screen.page
    told = page.locator(".happened li")
    await expect(told.filter(has_text="O cliente escreveu")).to_be_visible()
    assert await screen.faults() == []
    await page.get_by_label("Sobre").select_option("Etiqueta")
    await expect(told).to_have_count(1)
    await told.locator("summary").press("Enter")
    await expect(told).to_contain_text("tag-defined.v1")
    await page.get_by_label("Pessoa").select_option("Ana")
    await expect(told).to_have_count(0)
    async with page.expect_download() as taken:
        await page.get_by_role("link", name="CSV").press("Enter")
    assert (await taken.value).suggested_filename == "recado-log.csv"
    assert await screen.faults() == []


async def _checks_the_log(screen: Screen) -> None:
    await screen.go("/panel/audit/proofs")
    await screen.button("Conferir o registro inteiro").press("Enter")
    await expect(screen.page.get_by_text("Nada foi mudado")).to_be_visible()
    assert await screen.faults() == []


async def _erases(screen: Screen) -> None:
    page = screen.page
    await page.get_by_label("Procurar um cliente").fill("C1")
    await expect(page.get_by_role("option", name="C1")).to_be_visible()
    await page.keyboard.press("Enter")
    await screen.button("Impedir a exclusão").press("Enter")
    await page.get_by_label("Razão").fill("Processo 12")
    assert await screen.faults() == []
    dialog = page.get_by_role("dialog", name="Impedir a exclusão de C1")
    await dialog.get_by_role("button", name="Impedir a exclusão").click()
    await expect(page.get_by_text("Não pode ser apagado: Processo 12")).to_be_visible()
    await screen.button("Permitir a exclusão de novo").click()
    await screen.button("Apagar para sempre").click()
    dialog = page.get_by_role("dialog", name="Apagar C1 para sempre")
    erase = dialog.get_by_role("button", name="Apagar para sempre")
    await dialog.get_by_label("Digite").fill("C2")
    await expect(erase).to_be_disabled()
    await dialog.get_by_label("Digite").fill("c1")
    assert await screen.faults() == []
    await dialog.get_by_label("Digite").press("Enter")
    await expect(page.get_by_text("Apagado, com 1 mensagem.")).to_be_visible()
    assert await screen.faults() == []
