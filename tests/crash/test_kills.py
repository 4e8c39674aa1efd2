"""Everything is killed again and again under load, and then must be as if nothing had been."""

import random
import time
from collections import Counter

import pytest

from domain.chat.events import MessageSent, MessageState, MessageStateChanged
from domain.content import words_of
from domain.event import Recorded
from tests.crash.load import Load
from tests.crash.soundness import found_by_verify, until_idle
from tests.scenarios.installation import Installation
from tests.scenarios.log_rules import broken_rules, received
from tests.scenarios.processes import PARTS
from tests.scenarios.providers import Providers
from tests.scenarios.waiting import until

KILLS = 20
SEED = 7


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_invented_by_twenty_kills() -> None:
    """M1, M2, M5, M6, V1, V12, R3, R8, R14, S2, S3"""
    with Providers() as providers, Installation() as house:
        team = house.team(operators=3, capacity=4, api_base=providers.base)
        providers.graph(team.whatsapp, providers.receipts_to(house.address, team.whatsapp))
        providers.telegram(team.telegram)
        for person in team.people:
            person.presence("online")
        with Load(house.address, (team.whatsapp, team.telegram), team.people) as load:
            kill_parts(house, load)
            house.until_ready()
        until_idle(house, 120)
        log = house.log()
        assert_all_is_there_once(load, log)
        assert broken_rules(log) == []
        assert_sent_once_or_said_unknown(providers, log)
        assert found_by_verify(house.urls) == []
        assert load.statuses <= {200, 503}


def kill_parts(house: Installation, load: Load) -> None:
    """Kill each part five times, in a random order, as soon as there is traffic again."""
    choose = random.Random(SEED)
    victims = [*PARTS] * (KILLS // len(PARTS))
    choose.shuffle(victims)
    for victim in victims:
        before = load.answered
        until(lambda before=before: load.answered > before + 10, 60, f"before {victim} is killed")  # type: ignore[misc]  # bound by default
        time.sleep(choose.uniform(0, 0.3))  # any instant will do
        house.kill(victim)


def assert_all_is_there_once(load: Load, log: list[Recorded]) -> None:
    """What was answered 2xx is in the log once, in order; what is in the log was sent."""
    there: dict[tuple[str, int], list[str]] = {client: [] for client in load.clients}
    for _, _, words in received(log):
        channel, number, _ = words.split("/")
        there[channel, int(number)].append(words)
    for client, sent in load.clients.items():
        assert sent.answered, client
        assert there[client] == sent.tried == sent.answered, client
    assert load.answered > 10 * KILLS


def assert_sent_once_or_said_unknown(providers: Providers, log: list[Recorded]) -> None:
    """Every answer has one true state, and what was sent twice was said to be unknown."""
    left = Counter(sent.text for sent in providers.sent)
    words: dict[tuple[str, int], str] = {}
    states: dict[tuple[str, int], list[MessageState]] = {}
    for recorded in log:
        match recorded.event:
            case MessageSent(seq=seq, parts=parts):
                words[recorded.stream, seq] = words_of(parts)
                states[recorded.stream, seq] = [MessageState.QUEUED]
            case MessageStateChanged(seq=seq, state=state):
                states[recorded.stream, seq].append(state)
            case _:
                pass
    assert len(words) == len(set(words.values())) > KILLS
    for message, told in states.items():
        times = left[words[message]]
        allowed = {0, 1} if MessageState.UNKNOWN in told else {1}
        assert told[-1] is not MessageState.QUEUED, message
        assert told[-1] is not MessageState.FAILED, message
        assert times in allowed, (message, told, times)
    assert set(left) <= set(words.values())
