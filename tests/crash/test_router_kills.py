"""
The router is killed again and again under load: nobody is forgotten, no chat is given twice.

`ROUTER_KILLS=100` makes it a bench, and the rule's ten seconds strict: a few kills on a busy
machine say little about time.
"""

import os
import random
import time
from datetime import timedelta

import pytest

from domain.chat.events import ChatAssigned
from tests.crash.load import Load
from tests.crash.neglect import neglected
from tests.crash.soundness import found_by_verify, has_caught_up, until_idle
from tests.prepared import run_sql
from tests.routers.company import Company
from tests.scenarios.installation import Installation
from tests.scenarios.log_rules import broken_rules
from tests.scenarios.providers import Providers
from tests.scenarios.waiting import until

KILLS = int(os.environ.get("ROUTER_KILLS", "2"))
LONGEST_WITHOUT_ANYBODY = 10.0 if "ROUTER_KILLS" in os.environ else 45.0
SEED = 11


@pytest.mark.slow
def test_no_chat_is_without_an_operator_or_given_twice_for_a_killed_router() -> None:
    """R3, R5, R6, R14, V1, S3"""
    with Providers() as providers, Installation() as house:
        team = house.team(operators=3, capacity=4, api_base=providers.base)
        providers.graph(team.whatsapp, providers.receipts_to(house.address, team.whatsapp))
        providers.telegram(team.telegram)
        for person in team.people:
            person.presence("online")
        with Load(house.address, (team.whatsapp, team.telegram), team.people) as load:
            kill_the_router(house, load)
            house.until_ready()
        # What is to be sent may wait for its next try longer than routing takes.
        until_idle(house, 120, has_caught_up)
        log = house.log()
        assert given(house) > KILLS
        assert broken_rules(log) == []
        assert neglected(log, LONGEST_WITHOUT_ANYBODY) == {}
        assert found_by_verify(house.urls) == []


def kill_the_router(house: Installation, load: Load) -> None:
    """Kill the process that routes, as soon as chats are given again, at any instant."""
    choose = random.Random(SEED)
    for kill in range(KILLS):
        before, given_before = load.answered, given(house)

        def goes_on(before: int = before, given_before: int = given_before) -> bool:
            return load.answered > before + 5 and given(house) > given_before

        until(goes_on, 120, f"after {kill} kills")
        time.sleep(choose.uniform(0, 0.5))  # any instant will do
        house.kill("work")


def given(house: Installation) -> int:
    """Return how many assignments there are; under this load routing makes all of them."""
    statement = "SELECT count(*) FROM recado_events WHERE topic = %s"
    count: int = run_sql(house.urls.postgres, statement, ChatAssigned.TOPIC)[0][0]
    return count


def test_a_chat_that_waits_while_somebody_is_free_is_found() -> None:
    """The judge can fail: full, away and foreign operators are no excuse for nobody else."""
    company = Company()
    company.group("sales")
    company.operator("ana", "sales", capacity=1)
    company.operator("bia")
    company.online("ana", "bia")
    company.at(10)
    company.writes("quick", "sales")
    company.pulls("quick", "ana")
    company.writes("slow", "sales")
    company.at(40)
    company.offline("ana")
    company.at(50)
    company.change_operator("ana", capacity=2)
    company.online("ana")
    company.desk.now += timedelta(seconds=12)
    company.pulls("slow", "ana")
    assert neglected(company.desk.log, 10) == {"slow": 12}
    assert neglected(company.desk.log, 13) == {}
