"""Signing in as a person sees it: a second factor, and the company's own provider."""

import pytest
from playwright.async_api import expect

from adapters.http.oidc.config import OidcConfig
from domain.signing_in import NoteSecondFactor
from tests.adapters.http.conftest import PASSWORD, Installation
from tests.adapters.http.panel.screen import CHROMIUM, Screen, staged
from tests.providers.oidc_provider import CLIENT, SECRET, provided

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]


async def fill_in(screen: Screen) -> None:
    await screen.page.get_by_label("E-mail").fill("bia@ipe.test")
    await screen.page.get_by_label("Senha", exact=True).fill(PASSWORD)
    await screen.page.keyboard.press("Enter")


async def test_one_signs_in_at_the_provider_or_by_password_and_code(
    installation: Installation,
) -> None:
    """And is told why where the provider's word is not enough."""
    await installation.password("bia")
    await installation.ask(f"operator-{installation.ids['bia']}", NoteSecondFactor(is_there=True))
    async with provided() as provider:
        config = OidcConfig(provider.issuer, CLIENT, SECRET, "Ipê ID")
        async with staged(installation, oidc=config) as stage:
            screen = await stage.screen(None, "/panel/inbox/open")
            page, way = screen.page, screen.page.get_by_role("link", name="Entrar com Ipê ID")
            await expect(way).to_be_visible()
            assert await screen.faults() == []

            provider.person["email"] = "zoe@ipe.test"
            await way.click()
            await expect(page.get_by_text("Nenhum operador daqui tem o e-mail")).to_be_visible()
            await expect(page).to_have_url(f"{stage.host}/panel")

            await fill_in(screen)
            await expect(page.get_by_label("Código de verificação")).to_be_visible()

            provider.person["email"] = "ana@ipe.test"
            await screen.go("/panel/inbox/open")
            await way.click()
            await expect(page.get_by_role("link", name="Novas mensagens")).to_be_visible()
            await expect(page).to_have_url(f"{stage.host}/panel/inbox/open")
            # Going to the provider is what was asked for; nothing else was fetched elsewhere.
            screen.wrong[:] = [one for one in screen.wrong if provider.issuer not in one]
