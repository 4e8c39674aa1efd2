"""
Operators who go on working in the panel while a server is gone.

`OUTAGE=10` makes each outage last that many seconds, and measures how soon all counts are right.
"""

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
import structlog
from playwright.sync_api import Page, expect, sync_playwright

from deploy.workspace import GroupTable, OperatorTable
from tests.scenarios.installation import Installation, Team
from tests.scenarios.people import Person
from tests.scenarios.providers import Providers
from tests.scenarios.test_outages import frozen
from tests.scenarios.waiting import until

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: chromium is absent"),
]

log = structlog.get_logger()

IS_HEAVY: Final = "OUTAGE" in os.environ
SECONDS: Final = float(os.environ.get("OUTAGE", "2.5"))
EXACT_WITHIN: Final = 3.0
"""Seconds after everything answers again, where they are measured."""
PASSWORD: Final = "correct horse battery"
LISTS: Final = {"new": "Novas mensagens", "waiting": "Esperando", "open": "Abertos"}
PARTS: Final = ("nats-server", "serve", "postgres")


@dataclass(frozen=True, slots=True)
class Desk:
    """Ana at her panel, in two tabs, and her chats."""

    own: Installation
    team: Team
    ana: Person
    page: Page
    other: Page
    chats: tuple[str, ...]


@contextmanager
def at_work() -> Iterator[tuple[Desk, Providers]]:
    with Providers() as providers, Installation() as own, sync_playwright() as playwright:
        team = own.team(2, 50, providers.base)
        fake = providers.telegram(team.telegram)
        email = "ana@bar.test"
        table = OperatorTable(
            email=email, name="Ana", groups=(team.name,), capacity=50, password=PASSWORD
        )
        own.apply([GroupTable(name=team.name)], [table])
        ana = own.person(email)
        ana.presence("online")
        for client in range(1, 8):
            assert own.post(team.telegram.text(client, "Bom dia", client)).status_code == 200
        chats = until(lambda: mine if len(mine := ana.chats(operator="me")) == 7 else None, 30)
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        context = browser.new_context(viewport={"width": 1400, "height": 860}, locale="pt-BR")
        prefs = json.dumps(json.dumps({"undoSeconds": 0}))
        context.add_init_script(f"localStorage['recado.prefs'] ??= {prefs};")
        context.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        page = context.new_page()
        page.goto(own.address)
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Senha", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator(".pill-live")).to_have_count(1)
        other = context.new_page()
        other.goto(own.address)
        expect(other.locator(".pill-live")).to_have_count(1)
        try:
            yield Desk(own, team, ana, page, other, tuple(c["id"] for c in chats)), providers
        finally:
            browser.close()
        assert fake.refused_webhooks == 0


def test_nothing_that_is_done_during_an_outage_is_lost_or_doubled() -> None:
    """M1, M6, R9, T, S18: a draft, an answer, a comment and a transfer without each server."""
    with at_work() as (desk, providers):
        for number, part in enumerate(PARTS):
            answered, passed = desk.chats[2 * number], desk.chats[2 * number + 1]
            with gone(desk.own, part):
                _answer_and_comment(desk.page, answered, part)
                _begin_to_write(desk.page, desk.chats[6], part)
                _pass_on(desk.page, passed, part)
            desk.own.until_ready()
            took = _until_exact(desk)
            log.info("panel.exact", part=part, gone_for=SECONDS, after=round(took, 1))
            assert took < EXACT_WITHIN or not IS_HEAVY
            _is_there_once(desk, answered, passed, part)
        texts = sorted(sent.text for sent in until_sent(providers, len(PARTS)))
        assert texts == sorted(f"Resposta sem {part}" for part in PARTS)
        _is_still_a_draft(desk.page, desk.chats[6])
        until(lambda: _feeds(desk.own) == 1, 30, "for both tabs to share one stream")


@contextmanager
def gone(own: Installation, part: str) -> Iterator[None]:
    """Kill a part, and let nobody start it again for so long."""
    until_then = time.monotonic() + SECONDS
    with frozen(own.process.pid):
        pid = own.pid(part)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        yield
        time.sleep(max(0.0, until_then - time.monotonic()))


def _go(page: Page, chat: str) -> None:
    """Open a chat without fetching the page again, which nobody could answer."""
    page.locator(f"#row-{chat}").click()
    expect(page).to_have_url(re.compile(f"/{chat}$"))


def _answer_and_comment(page: Page, chat: str, part: str) -> None:
    page.get_by_role("link", name=re.compile("^Abertos")).click()
    _go(page, chat)
    field = page.get_by_label(re.compile("^Mensagem para"))
    field.fill(f"Resposta sem {part}")
    field.press("Enter")
    page.get_by_role("tab", name="Comentário interno").click()
    comment = page.get_by_label("Comentário interno", exact=True)
    comment.fill(f"Comentário sem {part}")
    comment.press("Enter")
    expect(comment).to_have_value("")


def _begin_to_write(page: Page, chat: str, part: str) -> None:
    _go(page, chat)
    field = page.get_by_label(re.compile("^Mensagem para"))
    field.press("End")
    field.press_sequentially(f"rascunho sem {part}; ")
    field.press("Escape")


def _pass_on(page: Page, chat: str, part: str) -> None:
    _go(page, chat)
    page.locator(".list-pane .virtual").focus()
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog", name=re.compile("^Transferir o chat"))
    dialog.get_by_role("combobox").fill("team1")
    expect(dialog.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    dialog.get_by_role("textbox").fill(f"passo adiante sem {part}")
    page.keyboard.press("Control+Enter")


def _until_exact(desk: Desk) -> float:
    """Return after how many seconds both tabs show the counts that the service gives."""
    began = time.monotonic()
    shown: Callable[[Page], dict[str, int]] = lambda page: {  # noqa: E731  (one expression)
        name: int(
            page.get_by_role("link", name=re.compile(label)).locator(".nav-count").inner_text()
        )
        for name, label in LISTS.items()
    }

    def agree() -> bool:
        told = desk.ana.get("/v1/counts")
        asked = {name: int(told[name]) for name in LISTS}
        return shown(desk.page) == asked and shown(desk.other) == asked

    until(agree, 60, "for exact counts")
    return time.monotonic() - began


def _is_there_once(desk: Desk, answered: str, passed: str, part: str) -> None:
    def texts(chat: str) -> list[str]:
        found = desk.own.admin.get(f"/v1/chats/{chat}/messages")["items"]
        return [one["text"] for one in found]

    words = [f"Resposta sem {part}", f"Comentário sem {part}"]
    until(lambda: texts(answered)[1:] == words, 60, part)
    until(lambda: texts(passed)[1:] == [f"passo adiante sem {part}"], 60, part)
    expect(desk.page.locator(".pending")).to_have_count(0)


def until_sent(providers: Providers, count: int) -> list[Any]:
    """Return what the provider took, once it took as many."""
    until(lambda: len(providers.sent) >= count, 60, "for answers to leave")
    return providers.sent


def _feeds(own: Installation) -> float:
    told = own.http.get(f"{own.address}/metrics").text
    found = re.search(r"^recado_feeds (\S+)$", told, re.MULTILINE)
    assert found is not None
    return float(found[1])


def _is_still_a_draft(page: Page, chat: str) -> None:
    """Here and, after a reload, as it was kept."""
    page.reload()
    page.get_by_role("link", name=re.compile("^Abertos")).click()
    _go(page, chat)
    written = "".join(f"rascunho sem {part}; " for part in PARTS)
    expect(page.get_by_label(re.compile("^Mensagem para"))).to_have_value(written)
