"""Live lists narrowed by filters and tabs: as the list itself, whatever changes (T5, V11, S18)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.http.app import create_app
from adapters.http.feed.views import Asked, ChatsView
from domain.access import Scope
from domain.values import OperatorId, Role
from projections.filters import ChatFilter
from tests.adapters.http.conftest import Caller, Installation
from tests.adapters.http.feed_kit import MemorySource, item
from tests.adapters.http.test_filters import VIP, saved, tagged
from tests.adapters.http.test_live import Listener, serving

BLUE = {"field": "client_tag", "is": "any", "value": ["azul"]}


@pytest.fixture
async def live(installation: Installation) -> AsyncIterator[Caller]:
    async with serving(create_app(installation.parts()), installation) as caller:
        yield caller


def _view(id_: str, **params: Any) -> dict[str, Any]:
    return {"id": id_, "projection": "chats", "params": params}


async def test_a_live_list_holds_what_its_filter_asks_for(live: Caller) -> None:
    """T5: of the chat, of its client's record, and of what the tab asks now."""
    chat, other = await live.new_chat(1), await live.new_chat(2)
    tab = await saved(live, "ana", "VIP", VIP)
    listener = Listener(live, "ana")
    counts = {"id": "counts", "projection": "counts"}
    await listener.subscribe(_view("tab", tab=tab), _view("blue", filter=BLUE), counts)

    def shown(view: str) -> set[str]:
        return set(listener.follower.rows.get(view, {}))

    def count() -> Any:
        rows = listener.follower.rows.get("counts", {})
        return rows["counts"][1]["tabs"].get(tab) if "counts" in rows else None

    async with listener.listening():
        assert (shown("tab"), shown("blue"), count()) == (set(), set(), 0)
        await tagged(live, chat, "vip")
        await listener.until(lambda: (shown("tab"), count()) == ({chat}, 1))
        client = next(i for i in await live.chats("ana") if i["id"] == other)["client"]["id"]
        await live.call("PATCH", f"/v1/clients/{client}", "admin", json={"tags": ["azul"]})
        await listener.until(lambda: shown("blue") == {other})
        change = {"filter": {"not": VIP}}
        assert (await live.call("PATCH", f"/v1/filters/{tab}", "ana", json=change)).is_success
        await listener.until(lambda: shown("tab") == {other})
        assert (await live.call("DELETE", f"/v1/filters/{tab}", "ana")).is_success
        await listener.until(lambda: (shown("tab"), count()) == (set(), None))


async def test_a_relative_period_moves_with_time() -> None:
    """T5: at its next minute, what has left a sliding period is taken from the live list."""
    source = MemorySource()
    source.put("1", group="g1")
    asked = '{"field":"period","is":"within","value":{"last":5,"unit":"minutes"}}'
    scope = Scope(OperatorId("admin"), Role.ADMINISTRATOR)
    view = ChatsView(("v",), scope, 0, ChatFilter(), Asked(scope, asked, None))
    await view.load(source)
    assert set(view.rows) == {"1"}
    assert view.moves_at is not None
    assert timedelta(0) < view.moves_at - datetime.now(UTC) <= timedelta(minutes=1)
    source.history["1"] = [item("1", 1, group="g1") | {"last_activity_at": "2020-01-01T00:00:00Z"}]
    await view.move(source)
    assert set(view.rows) == set()
    assert b'"op":"remove"' in view.flush(1)[0]
