"""What becomes of chats that nobody takes, nobody reads, or whose operator is gone."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.chat.events import (
    ChatAssigned,
    ChatReleased,
    ChatTransferred,
    ChatWoken,
    ReleaseReason,
)
from domain.event import Event
from domain.operator import PresenceChanged
from domain.values import Presence
from tests.scenarios.installation import Installation, Team
from tests.scenarios.log_rules import broken_rules
from tests.scenarios.people import Person
from tests.scenarios.waiting import holds_for, until

LATE = 5.0
"""Seconds that a busy machine may need; how near it comes is for the benches to say."""


@pytest.fixture
def two(house: Installation, team: Team) -> Iterator[tuple[Team, Team]]:
    """Two groups with two operators each, who go home after the test."""
    other = house.team()
    yield team, other
    for person in other.people:
        person.presence("offline")


def a_new_chat(house: Installation, team: Team, client: int) -> str:
    house.post(team.telegram.text(client, "anybody?", 1))
    chats = until(lambda: team.people[0].chats("new"))
    return str(chats[-1]["id"])


def given_to(house: Installation, person: Person, client: int, team: Team) -> str:
    """Return the chat that somebody who is online gets."""
    person.presence("online")
    house.post(team.telegram.text(client, "anybody?", 1))
    return str(until(person.mine)[0]["id"])


def events(house: Installation, chat: str, kind: type[Event]) -> list[Any]:
    stream = f"chat-{chat}"
    return [r.event for r in house.log() if r.stream == stream and isinstance(r.event, kind)]


def set_up(house: Installation, team: Team, **settings: Any) -> None:
    house.admin.do("PATCH", f"/v1/groups/{team.group_id}", settings)


def ids(chats: list[dict[str, Any]]) -> list[str]:
    return [chat["id"] for chat in chats]


def presence_of(house: Installation, person: Person) -> PresenceChanged:
    """Return how somebody appeared last, by the log."""
    stream = f"operator-{person.id}"
    found = [r.event for r in house.log() if r.stream == stream]
    return [event for event in found if isinstance(event, PresenceChanged)][-1]


@contextmanager
def grace(house: Installation, seconds: int) -> Iterator[None]:
    house.settings(presence_grace=f"{seconds}s")
    try:
        yield
    finally:
        house.settings(presence_grace="1h")


def test_a_network_that_drops_for_a_moment_moves_nothing_and_one_that_is_gone_does(
    house: Installation, team: Team
) -> None:
    """S6, R10: unanswered chats are routed again with their clock; the reason is recorded."""
    ana, bia = team.people
    with grace(house, 6):
        chat = given_to(house, ana, 2000, team)
        since = ana.get(f"/v1/chats/{chat}")["waiting_since"]
        last = datetime.now(UTC)
        for _ in range(8):
            time.sleep(1)
            last = datetime.now(UTC)
            ana.do("POST", "/v1/me/heartbeat")
        assert events(house, chat, ChatReleased) == []
        until(lambda: presence_of(house, ana).presence is Presence.OFFLINE, 30)
        assert presence_of(house, ana).lost
        assert presence_of(house, ana).at - last >= timedelta(seconds=5.9)
        (released,) = until(lambda: events(house, chat, ChatReleased))
        assert released.reason is ReleaseReason.LOST_HEARTBEAT
    bia.presence("online")
    until(lambda: ids(bia.mine()) == [chat])
    assert bia.get(f"/v1/chats/{chat}")["waiting_since"] == since
    assert broken_rules(house.log()) == []


def test_who_goes_offline_is_told_what_goes_back_and_it_does(
    house: Installation, team: Team
) -> None:
    """R10"""
    ana, bia = team.people
    chat = given_to(house, ana, 2010, team)
    left = ana.do("PUT", "/v1/me/presence", {"status": "offline"})["leaves"]
    assert [c["id"] for c in left["go_back"]["chats"]] == [chat]
    assert left["stay"]["count"] == 0
    bia.presence("online")
    until(lambda: ids(bia.mine()) == [chat])


def test_a_group_that_refuses_takes_nothing_while_nobody_is_there(
    house: Installation, two: tuple[Team, Team]
) -> None:
    """S7, R9: a clear error, and nothing has changed; the comment is nowhere."""
    team, other = two
    ana = team.people[0]
    set_up(house, other, on_nobody_online="refuse")
    chat = given_to(house, ana, 2020, team)
    before = house.head
    body = {"group": other.group_id, "comment": "yours"}
    refused = ana.call("POST", f"/v1/chats/{chat}/transfer", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "nobody_online")
    assert house.head == before
    other.people[0].presence("online")
    until(lambda: _online(ana, other) == 1)
    ana.act(chat, "transfer", body)
    until(lambda: ids(other.people[0].mine()) == [chat])
    comments = [m for m in other.people[0].messages(chat) if m["text"] == "yours"]
    assert len(comments) == 1


def _online(person: Person, team: Team) -> int:
    groups = person.get("/v1/groups")["items"]
    return next(int(g["online"]) for g in groups if g["id"] == team.group_id)


def test_a_chat_that_nobody_takes_overflows_and_keeps_its_clock_and_comment(
    house: Installation, two: tuple[Team, Team]
) -> None:
    """S7, R9: after its time, never before; also by a worker that was started in between."""
    team, other = two
    ana, bia = team.people[0], other.people[0]
    third = house.team(operators=1)
    set_up(house, third, on_nobody_online="overflow", overflow_to=other.group_id, overflow_after=3)
    chat = given_to(house, ana, 2030, team)
    since = ana.get(f"/v1/chats/{chat}")["waiting_since"]
    bia.presence("online")
    ana.act(chat, "transfer", {"group": third.group_id, "comment": "please"})
    house.kill("work")
    until(lambda: ids(bia.mine()) == [chat], 40)
    passed, overflowed = events(house, chat, ChatTransferred)
    assert overflowed.overflowed_from == third.group_id
    late = (overflowed.at - passed.at).total_seconds() - 3
    assert late >= 0
    item = bia.get(f"/v1/chats/{chat}")
    assert (item["waiting_since"], item["group"]["id"]) == (since, other.group_id)
    assert len([m for m in bia.messages(chat) if m["text"] == "please"]) == 1
    house.until_ready()


def test_a_chat_does_not_come_back_to_who_passed_it_to_his_own_group(
    house: Installation, team: Team
) -> None:
    """S15, R9: only he is online: it waits, and he is told that he is left out."""
    ana, bia = team.people
    chat = given_to(house, ana, 2040, team)
    ana.act(chat, "transfer", {"group": team.group_id, "comment": "not me"})
    until(lambda: ids(ana.chats("new")) == [chat])
    holds_for(lambda: ana.mine() == [], 1.0)
    why = ana.get(f"/v1/chats/{chat}/assignments")["nobody"]
    assert {c["operator"]["id"]: c["excluded_by"] for c in why["candidates"]} == {
        ana.id: "left-out",
        bia.id: "offline",
    }
    told = house.command("explain", chat)
    assert told.returncode == 0, told.stderr
    assert "nobody-eligible" in told.stdout
    assert "left-out" in told.stdout
    bia.presence("online")
    until(lambda: ids(bia.mine()) == [chat])


def test_a_chat_that_is_not_read_in_time_goes_to_somebody_else(
    house: Installation, team: Team
) -> None:
    """R11: who did not read it is left out of that round, and the reason is recorded."""
    ana, bia = team.people
    set_up(house, team, answer_within=2)
    chat = given_to(house, ana, 2050, team)
    (first,) = events(house, chat, ChatAssigned)
    bia.presence("online")
    until(lambda: ids(bia.mine()) == [chat], 20)
    bia.act(chat, "read", {"up_to": 1})
    (released,) = events(house, chat, ChatReleased)
    assert (released.reason, released.left_out) == (ReleaseReason.NOT_READ_IN_TIME, (ana.id,))
    assert 0 <= (released.at - first.at).total_seconds() - 2 < LATE
    holds_for(lambda: ids(bia.mine()) == [chat], 3.0)
    reason = events(house, chat, ChatAssigned)[-1].reason
    assert {c.operator_id: c.excluded_by for c in reason.candidates} == {
        ana.id: "left-out",
        bia.id: None,
    }


def test_a_chat_that_was_put_aside_wakes_at_its_time(house: Installation, team: Team) -> None:
    """T7: also where the worker was killed meanwhile."""
    ana = team.people[0]
    chat = given_to(house, ana, 2060, team)
    until_ = datetime.now(UTC) + timedelta(seconds=3)
    ana.act(chat, "snooze", {"until": until_.isoformat()})
    house.kill("work")
    (woken,) = until(lambda: events(house, chat, ChatWoken), 40)
    assert woken.at >= until_
    house.until_ready()
    assert len(events(house, chat, ChatWoken)) == 1


def test_nobody_is_given_a_chat_outside_of_business_hours(house: Installation, team: Team) -> None:
    """R2, R6: opening wakes the router."""
    ana = team.people[0]
    set_up(house, team, hours={})
    ana.presence("online")
    chat = a_new_chat(house, team, 2070)
    holds_for(lambda: ana.mine() == [], 1.0)
    why = ana.get(f"/v1/chats/{chat}/assignments")["nobody"]
    assert why["reasons"] == ["group-closed", "nobody-eligible"]
    set_up(house, team, hours=None)
    until(lambda: ids(ana.mine()) == [chat])


def test_a_chat_that_got_another_group_while_the_router_slept_goes_there(
    house: Installation, two: tuple[Team, Team]
) -> None:
    """S4, R8: nothing is left of what the router might have chosen before."""
    team, other = two
    ana, bia = team.people[0], other.people[0]
    chat = a_new_chat(house, team, 2080)
    bia.presence("online")
    until(lambda: _online(ana, other) == 1)
    team.people[1].act(chat, "transfer", {"group": other.group_id, "comment": "theirs"})
    ana.presence("online")
    until(lambda: ids(bia.mine()) == [chat])
    assert [e.operator_id for e in events(house, chat, ChatAssigned)] == [bia.id]
