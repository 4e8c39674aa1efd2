"""PostgreSQL and NATS lost while everything runs."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import psycopg
import pytest

from deploy.embedded.leftovers import processes_in
from tests.crash.soundness import until_idle
from tests.scenarios.deliveries import Delivery
from tests.scenarios.installation import Installation
from tests.scenarios.log_rules import broken_rules, received
from tests.scenarios.waiting import until

REFUSED_WITHIN = 7.0
"""Seconds; the desk has three, and machines that run tests are busy."""


@pytest.fixture(scope="module")
def breakable() -> Iterator[Installation]:
    """An installation that only this module's tests break."""
    with Installation() as installation:
        yield installation


@pytest.fixture
def own(breakable: Installation) -> Installation:
    """The same, whole again."""
    breakable.until_ready()
    return breakable


@contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """Stop processes from doing anything, for as long as the block lasts."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def stays_away(own: Installation) -> Iterator[None]:
    """Kill PostgreSQL, and let nobody start it again while the block lasts."""
    with frozen(own.process.pid):
        own.kill("postgres")
        until(lambda: not answers(own.urls.postgres))
        yield


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def refused(own: Installation, text: Delivery) -> float:
    """Return the seconds it took to be told to come again."""
    began = monotonic()
    answer = own.post(text)
    took = monotonic() - began
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    return took


def test_while_postgresql_is_gone_webhooks_are_told_to_come_again(own: Installation) -> None:
    """M2: 503 with Retry-After, nothing half recorded, and no part has to be started again."""
    team, before = own.team(), own.head
    others = {part: own.pid(part) for part in ("serve", "work", "nats-server")}
    assert own.post(team.telegram.text(1, "before", 1)).status_code == 200
    with stays_away(own):
        assert refused(own, team.telegram.text(1, "during", 2)) < REFUSED_WITHIN
        assert refused(own, team.telegram.text(1, "during", 2)) < REFUSED_WITHIN
    until(lambda: own.post(team.telegram.text(1, "during", 2)).status_code == 200, 60)
    assert [text for _, _, text in received(own.log(before))] == ["before", "during"]
    until(lambda: len(team.people[0].chats("new")) == 1, 30)
    assert {part: own.pid(part) for part in others} == others


def test_while_postgresql_says_nothing_webhooks_are_told_to_come_again(own: Installation) -> None:
    """M2: a server that hangs is worse than one that is gone."""
    team, before = own.team(), own.head
    assert own.post(team.telegram.text(1, "before", 1)).status_code == 200
    with frozen(*processes_in(own.data / "postgres" / "cluster")):
        assert refused(own, team.telegram.text(1, "during", 2)) < REFUSED_WITHIN
    until(lambda: own.post(team.telegram.text(1, "during", 2)).status_code == 200, 60)
    assert [text for _, _, text in received(own.log(before))] == ["before", "during"]


def test_while_the_log_is_locked_webhooks_are_told_to_come_again(own: Installation) -> None:
    """M2: a session that got stuck with the write lock must not hold up providers."""
    team, before = own.team(), own.head
    assert own.post(team.telegram.text(1, "before", 1)).status_code == 200
    with psycopg.connect(own.urls.postgres) as stuck:
        stuck.execute("SELECT 1 FROM recado_head FOR UPDATE")
        assert refused(own, team.telegram.text(1, "during", 2)) < 2 * REFUSED_WITHIN
    until(lambda: own.post(team.telegram.text(1, "during", 2)).status_code == 200, 60)
    assert [text for _, _, text in received(own.log(before))] == ["before", "during"]


def test_an_account_that_cannot_be_looked_up_is_not_said_to_be_unknown(own: Installation) -> None:
    """M2: connected a moment ago, and PostgreSQL is gone before its first webhook."""
    team = own.team()
    with stays_away(own):
        refused(own, team.telegram.text(3, "hi", 1))
    until(lambda: own.post(team.telegram.text(3, "hi", 1)).status_code == 200, 60)


def test_postgresql_that_is_killed_comes_back_and_nothing_answered_is_lost(
    own: Installation,
) -> None:
    """M2"""
    team = own.team()
    assert own.post(team.whatsapp.text(2, "0", 0)).status_code == 200
    own.kill("postgres")
    statuses = [own.post(team.whatsapp.text(2, f"{n}", n)).status_code for n in range(3)]
    assert set(statuses) <= {200, 503}
    for number in range(3):
        text = team.whatsapp.text(2, f"{number}", number)
        until(lambda text=text: own.post(text).status_code == 200, 60)  # type: ignore[misc]  # bound by default
    ours = [t for _, id_, t in received(own.log()) if team.whatsapp.name in id_]
    assert sorted(ours) == ["0", "1", "2"]


def test_without_nats_webhooks_go_on_and_everything_catches_up(own: Installation) -> None:
    """House: NATS is never the truth."""
    team = own.team()
    ana = team.people[0]
    ana.presence("online")
    nats = until(lambda: own.pid("nats-server"))
    with frozen(nats):
        for client in range(10, 14):
            assert own.post(team.telegram.text(client, "hi", 1)).status_code == 200
    until(lambda: len(ana.mine()) == 4, 60)
    own.kill("nats-server")
    assert own.post(team.telegram.text(14, "hi", 1)).status_code == 200
    until(lambda: len(ana.mine()) == 5, 60)
    until_idle(own)
    assert broken_rules(own.log()) == []
    verified = own.command("verify")
    assert verified.returncode == 0, verified.stdout
