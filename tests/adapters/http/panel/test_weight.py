"""What the panel costs a browser before anything is seen: requests, bytes, and nothing twice."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.adapters.http.conftest import Installation
from tests.adapters.http.panel.screen import CHROMIUM, staged

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]
MOST_REQUESTS = 60
MOST_BYTES = 300_000
_SPENT = """() => performance.getEntries()
  .filter(({entryType}) => ["navigation", "resource"].includes(entryType))
  .map(({name, transferSize}) => ({name, transferSize}))"""


async def _spent(page: Page) -> list[dict[str, Any]]:
    """Return what the browser asked the network for since the page was opened."""
    entries: list[dict[str, Any]] = await page.evaluate(_SPENT)
    return [one for one in entries if one["transferSize"] > 0]


async def test_a_cold_start_is_few_requests_and_nothing_is_asked_for_twice(
    installation: Installation,
) -> None:
    """From an empty cache to the list; from the sign-in page on no file is read again."""
    await installation.password("ana")
    async with staged(installation) as stage:
        await stage.caller.new_chat(1, "Oi")
        screen = await stage.screen("ana")
        await expect(screen.row("C1")).to_be_visible()
        await screen.row("C1").click()
        await expect(screen.page.locator(".message-in").get_by_text("Oi")).to_be_visible()
        cold = await _spent(screen.page)
        assert len(cold) <= MOST_REQUESTS
        assert sum(one["transferSize"] for one in cold) <= MOST_BYTES

        page = (await stage.screen(None)).page
        await page.get_by_label("E-mail").fill("ana@ipe.test")
        await page.get_by_label("Senha", exact=True).fill("correct horse battery")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("option").filter(has_text="C1")).to_be_visible()
        names = [one["name"] for one in await _spent(page) if "/panel/files/" in one["name"]]
        assert len(names) == len(set(names))
        await page.reload()
        await expect(page.get_by_role("option").filter(has_text="C1")).to_be_visible()
        again = [one["name"] for one in await _spent(page) if "/panel/files/" in one["name"]]
        assert again == []
