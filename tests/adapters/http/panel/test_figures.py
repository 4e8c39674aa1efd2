"""
How quick the panel is, measured in the browser. Figures are of the machine, so little is
demanded here: `RECADO_PANEL_FIGURES=1 pytest -s` of this file prints them, with the load.
"""

import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, expect

from tests.adapters.http.conftest import Installation
from tests.adapters.http.panel.screen import CHROMIUM, Stage, staged

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("RECADO_PANEL_FIGURES"), reason="RECADO_PANEL_FIGURES is not set"
    ),
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]
CHATS, MESSAGES = 14, 10
ROWS = 10_000
DELTAS_A_SECOND, SECONDS = 200, 8
DAY = 400
"""Chats that one opens in eight hours, each with ten changes meanwhile."""

_FIRST_ROW = """
new MutationObserver((_, self) => {
  if (!document.querySelector("[role=option]")) return;
  self.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => window.firstRowAt = performance.now()));
}).observe(document, {childList: true, subtree: true});
"""
_FIRST_PAINT = """async () => {
  while (!window.firstRowAt) await new Promise(requestAnimationFrame);
  return window.firstRowAt - performance.getEntriesByType("navigation")[0].responseStart;
}"""
_SWITCH = """async (number) => {
  await new Promise((go) => setTimeout(go, 300));
  const rows = document.querySelectorAll("[role=option]");
  const row = rows[number % rows.length];
  const name = row.querySelector(".row-name").textContent;
  const from = performance.now();
  row.click();
  const said = () => document.querySelector(".message .words")?.textContent ?? "";
  while (!said().startsWith(`${name} `)) await new Promise(requestAnimationFrame);
  return performance.now() - from;
}"""
_SCROLL = """async (seconds) => {
  const box = document.querySelector(".virtual");
  const frames = [];
  let last = await new Promise(requestAnimationFrame);
  for (const end = last + seconds * 1000; last < end; ) {
    box.scrollTop += 160;
    const at = await new Promise(requestAnimationFrame);
    frames.push(at - last);
    last = at;
  }
  return frames;
}"""
_LATENCY = """() => {
  window.latencies = [];
  new PerformanceObserver((list) => {
    for (const one of list.getEntries())
      if (one.name === "keydown") window.latencies.push(one.processingEnd - one.startTime);
  }).observe({type: "event", durationThreshold: 16, buffered: false});
}"""
_FEED = (Path(__file__).parent / "played_feed.js").read_text()


def told(what: str, values: Sequence[float], unit: str = "ms") -> None:
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    sys.stdout.write(
        f"\n{what}: p50 {median(ordered):.1f} {unit}, p95 {high:.1f}, worst {ordered[-1]:.1f}"
        f" ({len(ordered)} times; load {os.getloadavg()[0]:.1f})"
    )


async def used(cdp: CDPSession, name: str = "TaskDuration") -> float:
    """Return what the page's thread took of the processor, in ms; or another of its figures."""
    found = (await cdp.send("Performance.getMetrics"))["metrics"]
    value: float = next(one["value"] for one in found if one["name"] == name)
    return value * 1000 if name.endswith("Duration") else value


async def measured(page: Page) -> CDPSession:
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    return cdp


async def heap(cdp: CDPSession) -> float:
    """Return what the page holds after collection, in MB."""
    for _ in range(2):
        await cdp.send("HeapProfiler.collectGarbage")
    return await used(cdp, "JSHeapUsedSize") / 1e6


async def _with_chats(stage: Stage, who: str) -> None:
    """Give an operator chats, each with a conversation whose words begin with its name."""
    for client in range(1, CHATS + 1):
        for number in range(MESSAGES):
            await stage.caller.telegram(client, f"C{client} {number}")
    for chat in await stage.caller.chats("admin"):
        await stage.caller.post(f"/v1/chats/{chat['id']}/assign", who, {"operator": "me"})


@asynccontextmanager
async def _played(installation: Installation, rows: int) -> AsyncIterator[tuple[Page, Page]]:
    """Yield a panel and the tab that plays the live feed to it: rows, and as many changes."""
    async with staged(installation) as stage:
        id_ = await stage.caller.new_chat(1, "C1")
        await stage.caller.post(f"/v1/chats/{id_}/assign", "ana", {"operator": "me"})
        (chat,) = await stage.caller.chats("ana", operator="me")
        said = (await stage.caller.get(f"/v1/chats/{id_}/messages", "ana")).json()["items"]
        context = await stage.window("ana")
        feed = (await stage.tab(context, "/sdk/recado.js")).page
        played: dict[str, Any] = chat | {"message": said[0], "unread": 0}
        await feed.evaluate(_FEED, [installation.ids["ana"], played, rows])
        page = (await stage.tab(context, "/panel/inbox/open")).page
        await expect(page.locator("[role=option]").first).to_be_visible()
        yield page, feed


async def test_first_paint_and_switching(installation: Installation) -> None:
    async with staged(installation) as stage:
        await _with_chats(stage, "ana")
        paints, worked = list[float](), list[float]()
        for _ in range(5):
            context = await stage.window("ana")
            await context.add_init_script(_FIRST_ROW)
            page = await context.new_page()
            cdp = await measured(page)
            await page.goto(f"{stage.host}/panel/inbox/open")
            await expect(page.locator("[role=option]").first).to_be_visible()
            paints.append(await page.evaluate(_FIRST_PAINT))
            worked.append(await used(cdp))
            await context.close()
        told("first useful paint, cold", paints)
        told("first useful paint, processor of the page", worked)
        page = (await stage.screen("ana", "/panel/inbox/open")).page
        await expect(page.locator("[role=option]").first).to_be_visible()
        cdp = await measured(page)
        for turn in ("first", "again"):
            before = await used(cdp)
            told(f"opening a chat, {turn}", [await page.evaluate(_SWITCH, n) for n in range(CHATS)])
            told("processor of the page, a chat", [(await used(cdp) - before) / CHATS])


async def test_long_lists_scroll_and_changes_leave_keys_alone(installation: Installation) -> None:
    async with _played(installation, ROWS) as (page, feed):
        cdp = await measured(page)
        before = await used(cdp)
        frames = await page.evaluate(_SCROLL, SECONDS)
        told(f"a frame while {ROWS:,} rows scroll", frames)
        told("processor of the page, a frame", [(await used(cdp) - before) / len(frames)])
        await page.locator(".virtual").evaluate("(box) => box.scrollTop = 0")
        await page.get_by_role("option").nth(3).click()
        field = page.locator(".composer textarea")
        await field.focus()
        await page.evaluate(_LATENCY)
        before = await used(cdp)
        await feed.evaluate(
            "([rate, seconds]) => void changes(rate, seconds)", [DELTAS_A_SECOND, SECONDS]
        )
        for number in range(SECONDS * 5):
            await page.keyboard.press("abcdefgh"[number % 8])
            await page.wait_for_timeout(190)
        told("processor of the page, a second of changes", [(await used(cdp) - before) / SECONDS])
        slow = await page.evaluate("latencies")
        keys = SECONDS * 5
        told(
            f"from a key to what it does, {DELTAS_A_SECOND} changes/s",
            [*slow, *[0.0] * (keys - len(slow))],
        )


async def test_a_day_of_work_leaves_the_memory_as_it_was(installation: Installation) -> None:
    async with _played(installation, 500) as (page, feed):
        cdp = await measured(page)
        sizes = []
        for part in range(4):
            for number in range(DAY // 4):
                await page.evaluate(
                    "(id) => document.querySelectorAll('[role=option]')[id]?.click()",
                    (part + number) % 12,
                )
                await feed.evaluate("async () => { for (let n = 0; n < 10; n += 1) change(); }")
                await page.evaluate(
                    "() => new Promise((go) => requestAnimationFrame(() => setTimeout(go)))"
                )
            sizes.append(await heap(cdp))
            nodes = await used(cdp, "Nodes")
            sys.stdout.write(
                f"\nafter {(part + 1) * DAY // 4} chats: {sizes[-1]:.1f} MB, {nodes:.0f} nodes"
            )
        assert sizes[-1] < sizes[1] * 1.15
