"""A running demo, and somebody who looks at it in a real browser."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

import deploy

ROOT: Final = Path(deploy.__file__).parents[1]
PICTURES: Final = ROOT / "deploy" / "demo" / "pictures"
IS_TAKING: Final = "PICTURES" in os.environ
"""Whether the pictures of the README are taken anew."""
CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE: Final = 60_000


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that runs: where its panel is, and its data."""

    url: str
    data: Path

    def nats_pid(self) -> int:
        (file,) = (self.data / "nats").glob("nats-server_*.ports")
        return int(file.stem.rpartition("_")[2])


@contextmanager
def running(data: Path, *more: str) -> Iterator[Demo]:
    """Yield a demo on any free port; it is stopped as Ctrl-C stops it."""
    # PostgreSQL runs as a user of its own where we are root, and has to pass through.
    data.parent.chmod(0o711)
    argv = [sys.executable, "-m", "deploy.cli", "demo", "--data", str(data), "--port", "0", *more]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = iter(process.stdout)
        ready = next(found for line in said if (found := re.match(r"ready (\S+)", line)))
        yield Demo(ready[1], data)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0


class Visitor:
    """One window, of one person of the company."""

    def __init__(self, page: Page) -> None:
        self.page: Final = page

    async def become(self, name: str) -> None:
        """Sign in by one click."""
        await self.page.get_by_role("button", name=name).click()
        await expect(self.page.locator(".pill-live")).to_have_count(1)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def counted(self, name: str) -> Locator:
        """Return the link to a list that holds something."""
        return self.page.get_by_role("link", name=re.compile(f"^{name} [1-9]"))

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def picture(self, name: str) -> None:
        """Take a picture for the README, when pictures are taken."""
        if not IS_TAKING:
            return
        PICTURES.mkdir(exist_ok=True)
        await self.page.mouse.move(640, 2)
        await self.page.wait_for_timeout(700)
        await self.page.screenshot(path=PICTURES / f"{name}.png", scale="css")


class Street:
    """Where visitors come from."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser: Final = browser
        self._url: Final = url

    async def visitor(self, size: tuple[int, int] = (1280, 800), **how: Any) -> Visitor:
        """Return one who has just opened the panel."""
        width, height = size
        context = await self._browser.new_context(
            viewport={"width": width, "height": height},
            locale="pt-BR",
            timezone_id="America/Sao_Paulo",
            reduced_motion="reduce",
            **how,
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(self._url)
        return Visitor(page)


@asynccontextmanager
async def street(demo: Demo) -> AsyncIterator[Street]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM)
        try:
            yield Street(browser, demo.url)
        finally:
            await browser.close()
