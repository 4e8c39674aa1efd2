"""Nobody is there, then somebody comes: oldest first, and not all at once."""

import pytest

from domain.chat.events import ChatAssigned
from domain.operator import PresenceChanged
from tests.scenarios.installation import Installation
from tests.scenarios.log_rules import broken_rules
from tests.scenarios.waiting import deliver_all, holds_for, until

FIRST_MINUTE = 60.0


@pytest.mark.slow
def test_who_comes_online_gets_the_oldest_chats_a_few_in_his_first_minute(
    house: Installation,
) -> None:
    """S5, R5, R7: the default of three, then as many as he can take."""
    house.settings(warmup=3)
    team = house.team(operators=1, capacity=5)
    (ana,) = team.people
    before = house.head
    try:
        for client in range(700, 708):
            deliver_all([team.telegram.text(client, f"oi {client}", 1)], [house.address])
        until(lambda: len(ana.chats("new")) == 8)
        assert ana.mine() == []
        ana.presence("online")
        until(lambda: len(ana.mine()) == 3)
        first = {chat["last_message"]["text"] for chat in ana.mine()}
        assert first == {"oi 700", "oi 701", "oi 702"}
        holds_for(lambda: len(ana.mine()) == 3, 1.0)
        assert [c["last_message"]["text"] for c in ana.chats("new")] == [
            f"oi {client}" for client in range(703, 708)
        ]
        until(lambda: len(ana.mine()) == 5, FIRST_MINUTE + 15)
        log = house.log(before)
        came = next(r.event.at for r in log if isinstance(r.event, PresenceChanged))
        given = [r.event.at for r in log if isinstance(r.event, ChatAssigned)]
        after = [(at - came).total_seconds() for at in given]
        assert [seconds < FIRST_MINUTE for seconds in after] == [True] * 3 + [False] * 2
        late = {c["last_message"]["text"] for c in ana.mine()} - first
        assert late == {"oi 703", "oi 704"}
        assert broken_rules(house.log()) == []
    finally:
        house.settings(warmup=100)
        ana.presence("offline")
