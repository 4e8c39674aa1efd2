"""
A provider that comes back after an hour of silence, with everything, again and again.

`STORM_WEBHOOKS=10000` delivers so many webhooks; the ordinary run a small part of that.
"""

import os
import random
import time
from typing import Any

from domain.chat.events import MessageReceived
from tests.scenarios.deliveries import Delivery
from tests.scenarios.installation import Installation, Team
from tests.scenarios.log_rules import broken_rules
from tests.scenarios.people import Person
from tests.scenarios.subscriber import Subscriber
from tests.scenarios.waiting import deliver_all, until

WEBHOOKS = int(os.environ.get("STORM_WEBHOOKS", "400"))
CLIENTS = 10
EACH = 5
"""Times that a message comes: once alone, and then in batches of others' and its own."""
HOUR = 3600
AT_ONCE = 100
PATIENCE = 60 + WEBHOOKS / 50


def message(client: int, number: int, of: int, now: int) -> dict[str, Any]:
    """Return the `number`th thing that a client wrote in the hour."""
    return {
        "from": f"55118{client:08d}",
        "id": f"wamid.storm.{client}.{number}",
        "timestamp": f"{now - HOUR + HOUR * number // of}",
        "type": "text",
        "text": {"body": f"{client}/{number:05d}"},
    }


def chats_of(person: Person) -> dict[str, Any]:
    return {chat["id"]: chat for chat in person.chats("all")}


def storm(team: Team, each_writes: int, chance: random.Random) -> list[Delivery]:
    now = int(time.time())
    said = [message(c, n, each_writes, now) for n in range(each_writes) for c in range(CLIENTS)]
    batches = [[one] for one in said]
    for _ in range(EACH - 1):
        chance.shuffle(said)
        # As large as the ones before: every message comes once more, some even more often.
        batches += [[one, *chance.sample(said, 2)] for one in said]
    chance.shuffle(batches)
    return [team.whatsapp.value({"messages": batch}) for batch in batches]


def test_a_storm_of_retries_after_an_hour_of_silence_shows_each_message_once_and_in_order(
    house: Installation, team: Team, second: str
) -> None:
    """M1, M2, M5, V1"""
    before, ana = house.head, team.people[0]
    each_writes = WEBHOOKS // (CLIENTS * EACH)
    deliveries = storm(team, each_writes, random.Random(7))
    subscriber = Subscriber(
        ana, [{"id": "list", "projection": "chats", "params": {"section": "all"}}]
    )
    with subscriber.listening(house.address):
        for first in range(0, len(deliveries), AT_ONCE):
            some = deliveries[first : first + AT_ONCE]
            assert set(deliver_all(some, [house.address, second], together=30)) == {200}
        until(lambda: subscriber.rows.get("list") == chats_of(ana), PATIENCE)
    assert subscriber.faults == []

    arrived = [r.event for r in house.log(before) if isinstance(r.event, MessageReceived)]
    assert len({event.provider_id for event in arrived}) == len(arrived) == CLIENTS * each_writes
    assert len(chats_of(ana)) == CLIENTS
    for id_ in chats_of(ana):
        shown = [item["text"] for item in ana.messages(id_)]
        assert shown == sorted(shown)
        assert len(shown) == len(set(shown)) > 0
    assert broken_rules(house.log()) == []
