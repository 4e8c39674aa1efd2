"""Who gets a chat while people, the router and messages are all at work."""

import random
from collections import Counter
from functools import partial
from typing import Any

from domain.chat.events import ChatAssigned, ChatOpened
from tests.scenarios.installation import Installation, Team
from tests.scenarios.log_rules import broken_rules, received
from tests.scenarios.people import Person
from tests.scenarios.waiting import at_once, deliver_all, holds_for, until


def owned(team: Team) -> list[int]:
    return [len(person.mine()) for person in team.people]


def given(house: Installation, team: Team, after: int) -> Counter[str]:
    """Return how many chats of the team each operator was given, by the log."""
    log = house.log(after)
    ours = {
        r.stream
        for r in log
        if isinstance(r.event, ChatOpened) and r.event.group_id == team.group_id
    }
    return Counter(
        r.event.operator_id for r in log if isinstance(r.event, ChatAssigned) and r.stream in ours
    )


def test_sixty_chats_in_a_second_fill_three_operators_and_no_more(
    house: Installation, second: str
) -> None:
    """S16, R3: every message is delivered to two processes at once."""
    team = house.team(operators=3, capacity=5)
    for person in team.people:
        person.presence("online")
    before = house.head
    twice = [team.telegram.text(c, f"hi {c}", 1) for c in range(300, 360) for _ in range(2)]
    assert set(deliver_all(twice, [house.address, second], together=60)) == {200}
    counted = Counter(text for _, _, text in received(house.log(before)))
    assert counted == {f"hi {client}": 1 for client in range(300, 360)}
    until(lambda: owned(team) == [5, 5, 5], 20)
    holds_for(lambda: owned(team) == [5, 5, 5], 1.0)
    assert given(house, team, before) == {person.id: 5 for person in team.people}
    assert len(team.people[0].chats("new")) == 45
    assert broken_rules(house.log()) == []
    for person in team.people:
        person.presence("offline")


def pull(person: Person, chat: str) -> int:
    path = f"/v1/chats/{chat}/assign"
    return person.call("POST", path, {"operator": "me"}).status_code


def test_of_all_who_pull_a_chat_at_once_one_gets_it(house: Installation) -> None:
    """R8, V1"""
    team = house.team(operators=4)
    for client in range(400, 405):
        house.post(team.telegram.text(client, "who?", 1))
    for chat in until(lambda: c if len(c := team.people[0].chats("new")) == 5 else None):
        statuses = at_once([partial(pull, person, chat["id"]) for person in team.people])
        assert sorted(statuses) == [200, 409, 409, 409]
    until(lambda: sum(owned(team)) == 5)


def test_bursts_routing_and_clicks_at_once_leave_one_owner_at_every_version(
    house: Installation, second: str
) -> None:
    """S3, R3, R8"""
    team = house.team(operators=3, capacity=6)
    for person in team.people:
        person.presence("online")
    before = house.head
    bursts = [
        [team.whatsapp.text(client, f"{client}: {n}", n) for n in range(1, 4)]
        for client in range(500, 600)
    ]
    mixed = [burst[n] for n in range(3) for burst in bursts]
    calls = [partial(click, house, team, person, n) for n, person in enumerate(team.people)]
    outcomes = at_once([partial(deliver_all, mixed, [house.address, second], 8), *calls])
    assert set(outcomes[0]) == {200}
    log = house.log(before)
    texts = Counter(text for _, _, text in received(log))
    assert texts == {f"{client}: {n}": 1 for client in range(500, 600) for n in range(1, 4)}
    assert broken_rules(house.log()) == []
    for person in team.people:
        person.presence("offline")


def click(house: Installation, team: Team, person: Person, seed: int) -> list[int]:
    """Pull, give back, close and answer chats at random; return the answers' statuses."""
    choose = random.Random(seed)
    statuses = []
    for _ in range(60):
        new = person.chats("new")
        if new:
            statuses.append(pull(person, choose.choice(new)["id"]))
        mine = person.mine()
        if mine:
            what, body = choose.choice(
                [
                    ("transfer", {"group": team.group_id, "comment": "not mine"}),
                    ("close", {}),
                    ("close", {}),
                    ("messages", {"text": "one moment"}),
                ]
            )
            path = f"/v1/chats/{choose.choice(mine)['id']}/{what}"
            statuses.append(person.call("POST", path, body).status_code)
    assert all(status < 500 for status in statuses)
    return statuses


def test_a_chat_passed_to_a_group_where_nobody_is_waits_there_with_its_comment(
    house: Installation, team: Team
) -> None:
    """S7, R9"""
    ana, _ = team.people
    house.post(team.telegram.text(600, "for whom?", 1))
    ana.presence("online")
    chat: dict[str, Any] = until(ana.mine)[0]
    other = house.team(operators=1)
    ana.act(chat["id"], "transfer", {"group": other.group_id, "comment": "yours"})
    until(lambda: [c["id"] for c in other.people[0].chats("new")] == [chat["id"]])
    assert ana.mine() == []
    other.people[0].presence("online")
    until(lambda: [c["id"] for c in other.people[0].mine()] == [chat["id"]])
    comments = [m for m in other.people[0].messages(chat["id"]) if m["text"] == "yours"]
    assert len(comments) == 1
    assert broken_rules(house.log()) == []
    other.people[0].presence("offline")
