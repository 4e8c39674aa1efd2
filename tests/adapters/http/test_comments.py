"""Comments reach those who are mentioned, as far as they see the chat (T1, V9)."""

from typing import Any

from tests.adapters.http.conftest import Caller
from tests.adapters.http.test_acts import act


async def owned_by_ana(caller: Caller) -> str:
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    return chat


async def comment(caller: Caller, who: str, chat: str, *mentions: dict[str, str]) -> Any:
    body = {"text": "pode ver?", "mentions": list(mentions)}
    said = await act(caller, who, chat, "comments", body)
    await caller.seen()
    return said


async def unread(caller: Caller, who: str) -> int:
    (chat,) = await caller.chats(who, operator="me")
    count: int = chat["unread"]
    return count


async def read(caller: Caller, chat: str) -> None:
    await act(caller, "ana", chat, "read", {"up_to": 99})
    await caller.seen()
    assert await unread(caller, "ana") == 0


async def test_a_mention_makes_the_chat_unread_and_a_comment_without_one_does_not(
    caller: Caller,
) -> None:
    """V9, S10"""
    chat = await owned_by_ana(caller)
    await read(caller, chat)
    await comment(caller, "admin", chat)
    assert await unread(caller, "ana") == 0
    await comment(caller, "admin", chat, {"operator": caller.installation.ids["ana"]})
    assert await unread(caller, "ana") == 1


async def test_a_mention_of_a_group_reaches_those_of_it_who_see_the_chat(caller: Caller) -> None:
    """T1, V9, V13"""
    ids = caller.installation.ids
    chat = await owned_by_ana(caller)
    await read(caller, chat)
    await comment(caller, "admin", chat, {"group": ids["Sales"]})
    said = (await caller.get(f"/v1/chats/{chat}/messages", "ana")).json()["items"][-1]

    assert await unread(caller, "ana") == 1
    # Bia is of Sales, too, and does not see what is Ana's.
    assert said["mentions"] == [{"operator": ids["ana"]}, {"group": ids["Sales"]}]


async def test_who_does_not_see_the_chat_cannot_be_mentioned(caller: Caller) -> None:
    """V13: and whether there is such an operator is not told."""
    chat = await owned_by_ana(caller)
    before = await caller.installation.events()
    for operator in (caller.installation.ids["caio"], "nowhere"):
        refused = await comment(caller, "ana", chat, {"operator": operator})
        assert (refused.status_code, refused.json()["code"]) == (422, "mention_not_seen")
        assert refused.json()["operators"] == [operator]
    absent = await comment(caller, "ana", chat, {"group": "nowhere"})
    assert absent.status_code == 404
    assert await caller.installation.events() == before


async def test_a_mention_is_of_one(caller: Caller) -> None:
    chat = await owned_by_ana(caller)
    assert (await comment(caller, "ana", chat, {})).status_code == 422


async def test_a_comment_is_put_in_other_words_by_who_wrote_it_and_by_nobody_else(
    caller: Caller,
) -> None:
    """T1, M9: the old words stay in the history; whoever finds it finds the new ones."""
    chat = await owned_by_ana(caller)
    seq = (await comment(caller, "ana", chat)).json()["seq"]
    path = f"/v1/chats/{chat}/comments/{seq}"
    edited = await caller.call("PATCH", path, "ana", json={"text": "nota fiscal"})
    others = await caller.call("PATCH", path, "admin", json={"text": "x"})
    empty = await caller.call("PATCH", path, "ana", json={"text": "  "})
    message = path.replace(f"/{seq}", "/1")
    no_comment = await caller.call("PATCH", message, "ana", json={"text": "x"})
    await caller.seen()
    said = (await caller.get(f"/v1/chats/{chat}/messages", "ana", params={"q": "NOTA"})).json()
    events = (await caller.get(f"/v1/chats/{chat}/history", "ana")).json()["items"]

    assert edited.status_code == 200, edited.text
    assert (others.status_code, others.json()["code"]) == (403, "not_yours")
    assert (empty.status_code, empty.json()["code"]) == (422, "empty_message")
    assert no_comment.status_code == 404
    (found,) = (one for one in said["items"] if one["seq"] == seq)
    assert (found["text"], found["edited_at"] is None) == ("nota fiscal", False)
    texts = [one["data"]["text"] for one in events if one["topic"].startswith("comment-")]
    assert texts == ["pode ver?", "nota fiscal"]
