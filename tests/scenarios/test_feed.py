"""A subscriber who is away while chats, rights and processes change (S13)."""

from time import monotonic
from typing import Any

from deploy.workspace import GroupTable, OperatorTable
from tests.scenarios.installation import Installation, Team
from tests.scenarios.people import Person
from tests.scenarios.subscriber import Subscriber
from tests.scenarios.waiting import deliver_all, until

VIEWS: list[dict[str, Any]] = [
    {"id": "list", "projection": "chats", "params": {"section": "all"}},
    {"id": "people", "projection": "operators"},
]


def as_listed(person: Person) -> dict[str, Any]:
    return {chat["id"]: chat for chat in person.chats("all")}


def write(house: Installation, team: Team, clients: range, number: int) -> None:
    texts = [team.telegram.text(client, f"{client}/{number}", number) for client in clients]
    assert set(deliver_all(texts, [house.address], together=10)) == {200}


def until_equal(house: Installation, subscriber: Subscriber, person: Person) -> None:
    give_up = monotonic() + 30
    person.get("/v1/chats", min_position=house.head, wait=10)
    while (listed := as_listed(person)) != (told := subscriber.rows.get("list", {})):
        assert subscriber.faults == []
        late = [key for key in listed.keys() | told.keys() if listed.get(key) != told.get(key)]
        assert monotonic() < give_up, [(listed.get(key), told.get(key)) for key in late]
    assert subscriber.faults == []


def test_a_subscriber_who_was_away_misses_nothing_and_hears_nothing_twice(
    house: Installation, team: Team
) -> None:
    """S13, V13: over a restart, while chats come into and go out of his sight."""
    ana, bia = team.people
    subscriber = Subscriber(ana, VIEWS)
    with subscriber.listening(house.address):
        write(house, team, range(1000, 1010), 1)
        until_equal(house, subscriber, ana)
    write(house, team, range(1005, 1020), 2)
    for chat in bia.chats("new")[:4]:
        bia.act(chat["id"], "assign", {"operator": "me"})
    with subscriber.listening(house.address):
        until_equal(house, subscriber, ana)
        house.kill("serve")
        house.until_ready()
        write(house, team, range(1015, 1025), 3)
        until_equal(house, subscriber, ana)
    house.kill("serve")
    house.until_ready()
    mine = bia.mine()[0]["id"]
    passed = {"operator": ana.id, "comment": "yours", "force": True}
    write(house, team, range(1000, 1030), 4)
    house.admin.act(mine, "transfer", passed)
    with subscriber.listening(house.address):
        until_equal(house, subscriber, ana)
    assert subscriber.rows["list"][mine]["operator"]["id"] == ana.id
    assert subscriber.events.count("snapshot") == len(VIEWS), "he was made to start afresh"


def test_what_a_subscriber_may_not_see_any_more_is_taken_away_whether_he_is_there_or_not(
    house: Installation,
) -> None:
    """S13, V13: rights that change while he is away, and while he is there."""
    team, other = house.team(operators=1), house.team(operators=1)
    (ana,) = team.people

    def belongs_to(*groups: str) -> None:
        table = OperatorTable(email=f"{team.name}-0@bar.test", name="Ana", groups=groups)
        house.apply([GroupTable(name=group) for group in groups], [table])

    subscriber = Subscriber(ana, VIEWS)
    with subscriber.listening(house.address):
        write(house, team, range(1100, 1105), 1)
        write(house, other, range(1105, 1110), 1)
        until(lambda: len(as_listed(ana)) == 5)
        until_equal(house, subscriber, ana)
        belongs_to(team.name, other.name)
        until(lambda: len(as_listed(ana)) == 10)
        until_equal(house, subscriber, ana)
    belongs_to(other.name)
    write(house, other, range(1108, 1115), 2)
    until(lambda: len(as_listed(ana)) == 10)
    with subscriber.listening(house.address):
        until_equal(house, subscriber, ana)
        belongs_to(team.name)
        until(lambda: len(as_listed(ana)) == 5)
        until_equal(house, subscriber, ana)
