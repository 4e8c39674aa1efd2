"""Messages that arrive at the same instant, at several processes, again and again."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import httpx
import psycopg
import pytest

from domain.chat.events import ChatOpened
from tests.scenarios.conftest import Newcomer
from tests.scenarios.deliveries import Delivery
from tests.scenarios.installation import Installation, Team
from tests.scenarios.log_rules import broken_rules, received
from tests.scenarios.waiting import at_once, deliver_all, until


def chats_with(team: Team, house: Installation, after: int) -> dict[str, list[str]]:
    """Return the texts of every chat that was opened on the team's channels, in order."""
    log = house.log(after)
    texts: dict[str, list[str]] = {
        r.stream: []
        for r in log
        if isinstance(r.event, ChatOpened) and r.event.group_id == team.group_id
    }
    for stream, _, text in received(log):
        if stream in texts:
            texts[stream].append(text)
    return texts


def test_who_comes_online_gets_the_oldest_chats_and_not_all_at_once(newcomer: Newcomer) -> None:
    """S5, R1, R5, R7: New while nobody is there; then as many as the warm-up allows."""
    ana = newcomer.person
    mine = until(lambda: m if len(m := ana.mine()) >= 3 else None)
    if len(mine) == 3:  # his first minute may be over, where this test runs late
        assert {chat["last_message"]["text"] for chat in mine} == {*newcomer.chats[:3]}
        new = [chat["last_message"]["text"] for chat in ana.chats("new")]
        assert new == [*newcomer.chats[3:]] or len(ana.mine()) == 5


def test_two_first_messages_to_two_processes_make_one_chat(
    house: Installation, team: Team, second: str
) -> None:
    """S1, R15"""
    before, clients = house.head, range(1, 9)
    for client in clients:
        one, other = (team.whatsapp.text(client, f"m{n}", n) for n in (1, 2))
        answers = at_once([partial(house.post, one), partial(house.post, other, second)])
        assert [answer.status_code for answer in answers] == [200, 200]
    chats = chats_with(team, house, before)
    assert len(chats) == len(clients)
    assert all(sorted(texts) == ["m1", "m2"] for texts in chats.values())
    ana = team.people[0]
    shown = until(lambda: new if len(new := ana.chats("new")) == len(clients) else None)
    for chat in shown:
        messages = ana.messages(chat["id"])
        assert [m["seq"] for m in sorted(messages, key=lambda m: m["seq"])] == [1, 2]
        assert [m["text"] for m in messages] == chats[f"chat-{chat['id']}"]


def test_four_first_messages_of_twenty_clients_make_twenty_chats(
    house: Installation, team: Team, second: str
) -> None:
    """S17"""
    before = house.head
    deliveries = [
        team.telegram.text(client, f"{client}/{n}", n)
        for client in range(100, 120)
        for n in range(1, 5)
    ]
    assert set(deliver_all(deliveries, [house.address, second], together=80)) == {200}
    chats = chats_with(team, house, before)
    assert len(chats) == 20
    for texts in chats.values():
        client = texts[0].partition("/")[0]
        assert sorted(texts) == [f"{client}/{n}" for n in range(1, 5)]


@pytest.mark.parametrize("committed", [False, True])
def test_a_webhook_delivered_again_around_a_crash_is_recorded_once(
    house: Installation, team: Team, *, committed: bool
) -> None:
    """S2, M1, M2: killed before the commit can be, or when nothing holds it back any more."""
    before = house.head
    deliveries = [team.whatsapp.text(200 + n, f"once {n}", 1) for n in range(60)]
    statuses = asyncio.run(around_a_crash(house, deliveries, committed=committed))
    answered = {f"once {n}" for n, status in enumerate(statuses) if status == 200}
    assert answered <= {text for _, _, text in received(house.log(before))}
    assert len(answered) < len(deliveries), "no request was in flight"
    house.until_ready()
    for _ in range(3):
        assert set(deliver_all(deliveries, [house.address])) == {200}
    counted = Counter(text for _, _, text in received(house.log(before)))
    assert counted == {f"once {n}": 1 for n in range(60)}


async def around_a_crash(
    house: Installation, deliveries: list[Delivery], *, committed: bool
) -> list[int]:
    """Return the answers to webhooks in whose midst `serve` is killed; 0 for none."""
    async with httpx.AsyncClient(base_url=house.address, trust_env=False, timeout=20) as http:

        async def post(delivery: Delivery) -> int:
            try:
                answer = await http.post(
                    delivery.path, content=delivery.body, headers=delivery.headers
                )
            except httpx.TransportError:
                return 0
            return answer.status_code

        with log_locked(house) as somebody_waits:
            tasks = [asyncio.create_task(post(delivery)) for delivery in deliveries]
            await asyncio.to_thread(until, somebody_waits)
            if not committed:
                house.kill("serve")
        if committed:
            house.kill("serve")
        return await asyncio.gather(*tasks)


@contextmanager
def log_locked(house: Installation) -> Iterator[Callable[[], bool]]:
    """Hold the log's write lock; yield the question whether somebody waits for it."""
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with psycopg.connect(house.urls.postgres) as holder:
        holder.execute("SELECT 1 FROM recado_head FOR UPDATE")
        with psycopg.connect(house.urls.postgres, autocommit=True) as watcher:
            yield lambda: watcher.execute(waits).fetchone() != (0,)


def test_no_rule_was_broken_while_messages_arrived(house: Installation) -> None:
    """V1, M1, R3, R8: over everything that was recorded so far."""
    assert broken_rules(house.log()) == []
