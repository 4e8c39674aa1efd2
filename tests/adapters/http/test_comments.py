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
