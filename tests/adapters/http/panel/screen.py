"""The panel in a real browser over a real installation, noting all that it must not do."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import orjson
from playwright.async_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Request,
    async_playwright,
    expect,
)
from starlette.applications import Starlette

from adapters.http.app import Recado, create_app
from adapters.http.sessions import Sessions
from tests.adapters.channels.sending_ground import serving
from tests.adapters.http.conftest import Caller, Installation, calling

expect.set_options(timeout=20_000)

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
AXE: Final = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
WIDE: Final = (1400, 860)
_WATCH: Final = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`POLICY ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
addEventListener("load", () => { for (const name of ["alert", "confirm", "prompt"]) window[name] =
  (text) => console.error(`DIALOG ${text}`); });
"""


@dataclass
class Screen:
    """One browser window of one operator."""

    page: Page
    host: str
    wrong: list[str] = field(default_factory=list)
    """Violations of the policy, failures of the page, requests to other hosts."""

    async def go(self, path: str = "/") -> None:
        await self.page.goto(self.host + path)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def row(self, name: str) -> Locator:
        return self.page.get_by_role("option").filter(has_text=name)

    async def faults(self) -> list[str]:
        """Return what axe finds serious or critical on the screen as it is."""
        await self.page.evaluate(
            "Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))"
            " && null"
        )
        found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
            for one in found["violations"]
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
        ]


@dataclass
class Stage:
    """An installation that is served, and a browser."""

    app: Recado
    caller: Caller
    installation: Installation
    host: str
    browser: Browser
    screens: list[Screen] = field(default_factory=list)

    async def window(self, who: str | None, **how: Any) -> BrowserContext:
        """Return a browser of its own; signed in, unless it is nobody's."""
        width, height = how.pop("size", WIDE)
        prefs = {"undoSeconds": 0} | how.pop("prefs", {})
        context = await self.browser.new_context(
            viewport={"width": width, "height": height},
            locale=how.pop("locale", "pt-BR"),
            reduced_motion="reduce",
            **how,
        )
        kept = orjson.dumps(prefs).decode()
        once = f"localStorage['recado.prefs'] ??= {orjson.dumps(kept).decode()};"
        await context.add_init_script(_WATCH + once)
        await context.add_init_script(path=AXE)
        if who is not None:
            secret = await Sessions(self.installation.pool).open(self.installation.ids[who])
            await context.add_cookies([{"name": "recado", "value": secret, "url": self.host}])
            got = await self.caller.call("PUT", "/v1/me/presence", who, json={"status": "online"})
            # Who changes nothing has no presence.
            assert got.status_code == (403 if who == "ada" else 200)
        return context

    async def screen(self, who: str | None = "ana", path: str = "/", **how: Any) -> Screen:
        """Return a window that shows the panel."""
        return await self.tab(await self.window(who, **how), path)

    async def tab(self, context: BrowserContext, path: str = "/") -> Screen:
        screen = Screen(await context.new_page(), self.host)
        self.screens.append(screen)
        page, wrong = screen.page, screen.wrong
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: wrong.append(f"PAGE {error}"))
        page.on("dialog", lambda dialog: wrong.append(f"DIALOG {dialog.message}"))

        def said(text: str) -> None:
            if any(word in text for word in ("POLICY", "DIALOG", "Content Security", "Trusted")):
                wrong.append(text)

        def asked(request: Request) -> None:
            if not request.url.startswith((self.host, "data:", "blob:")):
                wrong.append(f"FOREIGN {request.url}")

        page.on("console", lambda message: said(message.text))
        page.on("request", asked)
        await screen.go(path)
        return screen


@asynccontextmanager
async def staged(installation: Installation, **others: Any) -> AsyncIterator[Stage]:
    """Yield a stage; fail where any of its screens did what it must not."""
    app = create_app(installation.parts(**others))
    async with (
        calling(app, installation) as caller,
        serving(cast(Starlette, app)) as host,
        async_playwright() as playwright,
        AsyncExitStack() as leaving,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM)
        leaving.push_async_callback(browser.close)
        leaving.callback(app.say_goodbye)
        stage = Stage(app, caller, installation, host, browser)
        yield stage
        assert [one for screen in stage.screens for one in screen.wrong] == []
