"""The Python client: sign in, subscribe, act, resume, over a real socket."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from adapters.http.app import create_app
from adapters.http.sdk.recado_client import Change, Live, Recado, Refused
from tests.adapters.http.conftest import PASSWORD, Caller, Installation
from tests.adapters.http.test_live import serving

INBOX = {"id": "inbox", "projection": "chats", "params": {"section": "all"}}
WITHIN = 20.0


class Listening:
    """Iterates in a thread, as a program would, and keeps what it heard."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.heard: list[Change] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for change in self.live:
            self.heard.append(change)

    async def until(self, question: Callable[[], Any]) -> None:
        async with asyncio.timeout(WITHIN):
            while not question():  # noqa: ASYNC110  (what is asked for comes in a thread)
                await asyncio.sleep(0.01)

    async def ended(self) -> None:
        """Return when a live feed that was stopped has heard one more thing."""
        await asyncio.to_thread(self._thread.join, WITHIN)
        assert not self._thread.is_alive()


def url_of(caller: Caller) -> str:
    return str(caller.http.base_url).rstrip("/")


async def test_it_signs_in_acts_and_hears_of_it(installation: Installation) -> None:
    await installation.password("ana")
    app = create_app(installation.parts())
    async with serving(app, installation) as caller:
        chat_id = await caller.new_chat()
        ana = Recado(url_of(caller))
        me = await asyncio.to_thread(ana.sign_in, "ana@ipe.test", PASSWORD)
        listening = Listening(ana.live([INBOX]))
        await listening.until(lambda: listening.live.rows.get("inbox"))

        await asyncio.to_thread(ana.pull, chat_id)
        sent = await asyncio.to_thread(ana.send, chat_id, "Bom dia")
        rows = listening.live.rows
        await listening.until(lambda: rows["inbox"][chat_id]["position"] >= sent["position"])
        read = await asyncio.to_thread(ana.get, f"/v1/chats/{chat_id}")
        listening.live.stop()
        app.say_goodbye()
        await listening.ended()

    assert me["name"] == "Ana"
    assert rows["inbox"][chat_id].items() <= read.items()


async def test_it_goes_on_where_it_was_and_with_other_views(installation: Installation) -> None:
    """S13: what happened while nobody listened comes as changes, not as a snapshot."""
    async with serving(create_app(installation.parts()), installation) as caller:
        chat_id = await caller.new_chat(1)
        live = Recado(url_of(caller), token=installation.tokens["ana"]).live([INBOX])

        def until(has: Callable[[], object]) -> list[str]:
            names = []
            for change in live:
                names.append(change.event)
                if change.event == "up_to_date" and has():
                    break
            return names

        before = await asyncio.to_thread(until, lambda: True)
        other = await caller.new_chat(2)
        again = await asyncio.to_thread(until, lambda: other in live.rows["inbox"])
        said = {"id": "said", "projection": "messages", "params": {"chat": chat_id}}
        live.change([INBOX, said])
        changed = await asyncio.to_thread(until, lambda: True)

    assert before == ["snapshot", "up_to_date"]
    assert set(again) == {"delta", "up_to_date"}
    assert changed == ["snapshot", "up_to_date"]
    assert set(live.rows["inbox"]) == {chat_id, other}
    assert [row["text"] for row in live.rows["said"].values()] == ["oi"]


async def test_what_is_refused_says_why(installation: Installation) -> None:
    async with serving(create_app(installation.parts()), installation) as caller:
        chat_id = await caller.new_chat()
        ana = Recado(url_of(caller), token=installation.tokens["ana"], language="es")
        nobody = Recado(url_of(caller), token="x")

        with pytest.raises(Refused) as moved:
            await asyncio.to_thread(ana.send, chat_id, "tarde", if_match=1)
        with pytest.raises(Refused) as unknown:
            await asyncio.to_thread(nobody.get, "/v1/chats")
        with pytest.raises(Refused) as away:
            await asyncio.to_thread(Recado("http://127.0.0.1:9").get, "/v1/chats")

    assert (moved.value.status, moved.value.code) == (412, "chat_moved_on")
    assert moved.value.facts["title"].startswith("El chat")
    assert unknown.value.code == "not_authenticated"
    assert (away.value.status, away.value.code) == (0, "unreachable")
