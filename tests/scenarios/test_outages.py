"""PostgreSQL and NATS lost while everything runs."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest

from deploy.embedded.leftovers import processes_in
from tests.crash.soundness import until_idle
from tests.scenarios.installation import Installation
from tests.scenarios.log_rules import broken_rules, received
from tests.scenarios.waiting import until

REFUSED_WITHIN = 7.0


@pytest.fixture(scope="module")
def own() -> Iterator[Installation]:
    """An installation that only this module's tests break."""
    with Installation() as installation:
        yield installation


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


def test_while_postgresql_does_not_answer_webhooks_are_told_to_come_again(
    own: Installation,
) -> None:
    """M2: 503 with Retry-After, nothing half recorded, and no restart is needed."""
    team = own.team()
    serving = own.pid("serve")
    assert own.post(team.telegram.text(1, "before", 1)).status_code == 200
    postgres = own.data / "postgres" / "cluster"
    with frozen(*processes_in(postgres)):
        began = monotonic()
        answer = own.post(team.telegram.text(1, "during", 2))
        took = monotonic() - began
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    until(lambda: own.post(team.telegram.text(1, "during", 2)).status_code == 200, 30)
    texts = [text for _, _, text in received(own.log())]
    assert texts == ["before", "during"]
    assert own.pid("serve") == serving
    assert took < REFUSED_WITHIN


def test_postgresql_that_is_killed_comes_back_and_nothing_answered_is_lost(
    own: Installation,
) -> None:
    """M2"""
    team = own.team()
    others = {part: own.pid(part) for part in ("serve", "work", "nats-server")}
    own.kill("postgres")
    statuses = [own.post(team.whatsapp.text(2, f"{n}", n)).status_code for n in range(3)]
    assert set(statuses) <= {200, 503}
    for number in range(3):
        text = team.whatsapp.text(2, f"{number}", number)
        until(lambda text=text: own.post(text).status_code == 200, 60)  # type: ignore[misc]  # bound by default
    ours = [t for _, id_, t in received(own.log()) if team.whatsapp.name in id_]
    assert sorted(ours) == ["0", "1", "2"]
    until(lambda: len(team.people[0].chats("new")) == 1, 30)
    assert {part: own.pid(part) for part in others} == others


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
