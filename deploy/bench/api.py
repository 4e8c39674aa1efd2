"""Suite: lists, counts and searches of a company that has had chats for years."""

import os
import time
from random import Random
from typing import Final
from urllib.parse import quote

import orjson

from deploy.bench.asking import PAUSE, Question, ask_all
from deploy.bench.company import OPERATORS
from deploy.bench.many_chats import MESSAGES_OF_A_CHAT, WORDS, put_in
from deploy.bench.place import Place
from deploy.bench.report import Report, percentile
from deploy.bench.suite import Scale
from deploy.commands.access import issue_token
from deploy.installation import opened

_OPEN: Final = 10
"""One chat in so many is open."""
_FILTERS: Final = (
    {"field": "tag", "is": "any", "value": ["t7", "t14"]},
    {"field": "operator", "is": "any", "value": ["me"]},
    {
        "all": [
            {"field": "section", "is": "any", "value": ["waiting", "open"]},
            {"not": {"field": "attachment", "is": "yes"}},
            {"field": "period", "is": "within", "value": {"last": 2, "unit": "days"}},
        ]
    },
    {"field": "client_tag", "is": "any", "value": ["cliente"]},
)


def run(place: Place, scale: Scale) -> Report:
    """Fill the views, then let twenty people look at them."""
    chats = 2_000 if scale.is_quick else scale.chats
    users, each = (4, 3) if scale.is_quick else (20, 50)
    urls, began = place.servers(), time.monotonic()
    with opened(urls) as installation:
        naming = installation.desk.naming
    put_in(urls.postgres, naming, chats, chats // _OPEN)
    made_in = time.monotonic() - began
    program = place.serving()
    with opened(program.urls) as installation:
        tokens = [program.token, *(issue_token(installation, one) for one in OPERATORS[:3])]
    report = Report("api")
    aims = (("a page", 50.0), ("counts", 50.0), ("search in a chat", 50.0), ("search", 300.0))
    for (name, most), question in zip(aims, _questions(chats), strict=True):
        ask_all(program.address, tokens, question, users=users, each=2)
        took = ask_all(program.address, tokens, question, users=users, each=each)
        report.add(f"{name}, p50", 1000 * percentile(took, 50), "ms")
        report.add(f"{name}, p99", 1000 * percentile(took, 99), "ms", most=most)
    report.notes += [
        (
            f"{chats:,} chats, of which {chats // _OPEN:,} are open, and"
            f" {chats * MESSAGES_OF_A_CHAT:,} messages, put straight into the views without a"
            f" log behind them (in {made_in:.0f} s)"
        ),
        f"{users} people on one `recado serve`, {PAUSE:g} s between answer and next question",
        f"load average of the last minute at the end: {os.getloadavg()[0]:.1f}",
    ]
    return report


def _questions(chats: int) -> tuple[Question, Question, Question, Question]:
    def page(lot: Random) -> str:
        section = lot.choice(["new", "waiting", "open", "unread", "closed", "all"])
        path = f"/v1/chats?section={section}"
        if lot.random() < 0.5:  # noqa: PLR2004 - every other one
            path += f"&filter={quote(orjson.dumps(lot.choice(_FILTERS)))}"
        return path

    def counts(lot: Random) -> str:
        return lot.choice(["/v1/counts", "/v1/counts?operator=me"])

    def in_chat(lot: Random) -> str:
        # Of the last, which is open, whoever asks: he may see it or not.
        return f"/v1/chats/chat-{chats - 5 * lot.randrange(20)}/messages?q=nota"

    def search(lot: Random) -> str:
        word = lot.choice(["nota fiscal", f"p{lot.randrange(WORDS)}", "nota p", "cliente 77"])
        return f"/v1/search?q={quote(word)}"

    return page, counts, in_chat, search
