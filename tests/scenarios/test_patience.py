"""When a chat is waiting, with a patience of seconds in place of minutes."""

import os
import signal
import time
from datetime import timedelta
from typing import Any

from domain.chat.events import ChatBecameWaiting, MessageReceived
from domain.event import Recorded
from tests.scenarios.installation import Installation, Team
from tests.scenarios.log_rules import broken_rules
from tests.scenarios.people import Person
from tests.scenarios.waiting import holds_for, until

PATIENCE = 2.0
LATE = 1.5
"""Seconds that the mark may come after its time, on a busy machine."""


def a_chat(house: Installation, team: Team, client: int) -> dict[str, Any]:
    """Return a chat that the first of the team was given."""
    ana = team.people[0]
    ana.presence("online")
    house.post(team.telegram.text(client, "first", 1))
    return until(lambda: next((c for c in ana.mine() if c["client"]["name"] == f"T{client}"), None))


def marks(house: Installation, chat: str) -> list[Recorded]:
    stream = f"chat-{chat}"
    return [r for r in house.log() if r.stream == stream and isinstance(r.event, ChatBecameWaiting)]


def section(person: Person, chat: str) -> str:
    return str(person.get(f"/v1/chats/{chat}")["section"])


def test_the_first_message_starts_the_clock_and_later_ones_do_not_restart_it(
    house: Installation,
) -> None:
    """S9, V3, V4, V6"""
    team = house.team(operators=1, patience="2s")
    chat = a_chat(house, team, 800)["id"]
    first = until(
        lambda: next(
            r.event.at
            for r in house.log()
            if r.stream == f"chat-{chat}" and isinstance(r.event, MessageReceived)
        )
    )
    number = 2
    seen = {section(team.people[0], chat)}
    while not marks(house, chat):
        house.post(team.telegram.text(800, "still there?", number))
        number += 1
        time.sleep(0.25)
        seen.add(section(team.people[0], chat))
        assert number < 60, "no further message may put it off"
    assert seen >= {"open"}
    (mark,) = marks(house, chat)
    assert isinstance(mark.event, ChatBecameWaiting)
    assert mark.event.since == first
    late = (mark.event.at - first).total_seconds() - PATIENCE
    assert 0 <= late < LATE
    until(lambda: section(team.people[0], chat) == "waiting")
    assert [c["id"] for c in team.people[0].chats("waiting", operator="me")] == [chat]


def test_a_reply_stops_the_clock_and_tags_and_comments_do_not(
    house: Installation,
) -> None:
    """V4, S10: nothing of what an operator does himself makes the chat unread for him."""
    team = house.team(operators=1, patience="2s")
    (ana,) = team.people
    chat = a_chat(house, team, 810)["id"]
    ana.act(chat, "tags", {"add": ["vip"]})
    ana.act(chat, "comments", {"text": "who is this?"})
    until(lambda: section(ana, chat) == "waiting")
    ana.act(chat, "read", {"up_to": 1})
    ana.act(chat, "messages", {"text": "hello"})
    until(lambda: section(ana, chat) == "open")
    ana.act(chat, "tags", {"add": ["answered"], "remove": ["vip"]})
    ana.act(chat, "comments", {"text": "done"})
    last = ana.act(chat, "priority", {"priority": "high"})["position"]
    item = ana.get(f"/v1/chats/{chat}", min_position=last)
    assert (item["section"], item["unread"], item["waiting_since"]) == ("open", 0, None)
    assert item["tags"] == ["answered"]
    holds_for(lambda: section(ana, chat) == "open", PATIENCE + 0.5)
    assert len(marks(house, chat)) == 1


def test_a_chat_becomes_waiting_once_also_with_two_routers_and_after_a_restart(
    house: Installation,
) -> None:
    """V6, R14: one router decides, the other takes over, and nothing is marked twice."""
    team = house.team(operators=1, patience="2s")
    with house.another("work"):
        chats = [a_chat(house, team, client)["id"] for client in range(820, 823)]
        house.kill("work")
        until(lambda: all(marks(house, chat) for chat in chats), 30)
        house.until_ready()
    late = a_chat(house, team, 823)["id"]
    until(lambda: marks(house, late), 30)
    holds_for(lambda: all(len(marks(house, chat)) == 1 for chat in [*chats, late]), 1.0)
    assert broken_rules(house.log()) == []


def test_a_dead_timer_hides_no_late_chat(house: Installation) -> None:
    """V6: the section is told by the clock at the time of reading."""
    team = house.team(operators=1, patience="2s")
    (ana,) = team.people
    chat = a_chat(house, team, 830)["id"]
    until(lambda: section(ana, chat) in {"open", "waiting"})
    worker = until(lambda: house.pid("work"))
    os.kill(worker, signal.SIGSTOP)
    try:
        until(lambda: section(ana, chat) == "waiting", PATIENCE + 5)
        assert [c["id"] for c in ana.chats("waiting", operator="me")] == [chat]
    finally:
        os.kill(worker, signal.SIGCONT)
    until(lambda: marks(house, chat), 30)


def test_another_patience_is_in_force_at_once_for_clocks_that_run(house: Installation) -> None:
    """V7"""
    team = house.team(operators=1)
    (ana,) = team.people
    chat = a_chat(house, team, 840)["id"]
    assert section(ana, chat) == "open"
    house.settings(patience="1s")
    try:
        until(lambda: section(ana, chat) == "waiting")
        (mark,) = until(lambda: marks(house, chat), 30)
        assert isinstance(mark.event, ChatBecameWaiting)
        assert mark.event.patience == timedelta(seconds=1)
    finally:
        house.settings(patience="10m")
    until(lambda: section(ana, chat) == "open")
