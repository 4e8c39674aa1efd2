"""What somebody who comes online gets in his first minute, and after it."""

import pytest

from domain.chat.events import ChatAssigned
from domain.operator import PresenceChanged
from tests.scenarios.conftest import Newcomer
from tests.scenarios.log_rules import broken_rules
from tests.scenarios.waiting import until

FIRST_MINUTE = 60.0


@pytest.mark.slow
def test_after_the_first_minute_he_gets_as_many_as_he_can_take(newcomer: Newcomer) -> None:
    """S5, R5, R7: three of the oldest in the first minute, two more after it."""
    ana, house = newcomer.person, newcomer.house
    until(lambda: len(ana.mine()) == 5, FIRST_MINUTE + 15)
    assert {chat["last_message"]["text"] for chat in ana.mine()} == {*newcomer.chats[:5]}
    assert [chat["last_message"]["text"] for chat in ana.chats("new")] == [*newcomer.chats[5:]]
    log = house.log()
    came = next(r.event.at for r in log if isinstance(r.event, PresenceChanged))
    given = [r.event.at for r in log if isinstance(r.event, ChatAssigned)]
    early = [(at - came).total_seconds() < FIRST_MINUTE for at in given]
    assert early == [True, True, True, False, False]
    assert broken_rules(log) == []
