"""Retention: who was not heard of for as long as he is kept is erased, and nobody else (A4)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.storage.postgres.recorder import migrate
from adapters.storage.postgres.views import migrate as migrate_views
from adapters.storage.retaining import META as BY_POLICY
from adapters.storage.retaining import Retaining
from domain.account import Retention
from domain.acts import Reconfigure
from domain.chat import commands as c
from domain.client.commands import EndHold, HoldClient
from domain.client.events import ClientErased
from domain.client.record import MergeClients
from domain.content import Text
from domain.values import ClientId, Identity, stream_of
from tests.adapters.storage.sealed_database import SealedDatabase
from tests.erasing_ground import Ground, company_at_work
from tests.small_company import META

LATER = timedelta(days=400)


@pytest.fixture
async def ground(fresh_database: str, tmp_path: Path) -> AsyncIterator[Ground]:
    migrate(fresh_database)
    migrate_views(fresh_database)
    async with company_at_work(SealedDatabase(fresh_database), tmp_path / "attachments") as ground:
        yield ground


def keep(ground: Ground, **days: int) -> None:
    kept = tuple(Retention(channel, number) for channel, number in days.items())
    ground.desk.submit_now(Reconfigure(changes={"retention": kept}, meta=META))


def spoke(ground: Ground, number: int, *, closed: bool = True) -> tuple[ClientId, str]:
    who = Identity("whatsapp.phone", f"55110000{number}")
    chat = ground.writes(who, 1, (Text(text=f"sou o {number}"),))
    if closed:
        ground.ask(chat, c.CloseChat())
    return ground.desk.naming.client(who), chat


async def test_who_is_idle_on_all_channels_goes_and_nobody_else(ground: Ground) -> None:
    """A4: off by default; open chats and holds win; a second sweep finds nothing."""
    gone, _ = spoke(ground, 1)
    held, _ = spoke(ground, 2)
    spoke(ground, 3, closed=False)
    merged, chat = spoke(ground, 4, closed=False)
    other, _ = spoke(ground, 5)
    ground.desk.submit_now(MergeClients(client_id=merged, other=other, meta=META))
    ground.ask(stream_of("client", held), HoldClient(reason="processo 123"))
    retaining = Retaining(ground.pool, ground.erasing)
    now = datetime.now(UTC) + LATER

    await ground.views_follow()
    assert await retaining.due(now) == []
    keep(ground, telegram=1)
    await ground.views_follow()
    assert await retaining.due(now) == []
    keep(ground, telegram=1, whatsapp=365)
    await ground.views_follow()
    assert await retaining.due(now - LATER) == []
    due = await retaining.due(now)
    assert sorted((one.client, one.held) for one in due) == sorted([(gone, False), (held, True)])

    assert await retaining.sweep(now) == 1
    assert await retaining.sweep(now) == 0
    text = ground.opened()
    assert [f"sou o {number}" in text for number in range(1, 6)] == [False, *[True] * 4]
    assert "sou o 1" not in ground.dump()
    ends = [one for one in ground.database.recorded() if isinstance(one.event, ClientErased)]
    assert [(one.stream, one.meta) for one in ends] == [(stream_of("client", gone), BY_POLICY)]
    assert [one.event.basis for one in ends if isinstance(one.event, ClientErased)] == ["retention"]

    ground.ask(chat, c.CloseChat())
    ground.ask(stream_of("client", held), EndHold())
    await ground.views_follow()
    assert await retaining.sweep(now) == 2
    text = ground.opened()
    assert [f"sou o {number}" in text for number in range(1, 6)] == [False, False, True] + [
        False
    ] * 2


async def test_a_channels_own_word_goes_before_its_kinds_and_that_before_all(
    ground: Ground,
) -> None:
    spoke(ground, 1)
    retaining = Retaining(ground.pool, ground.erasing)
    now = datetime.now(UTC) + LATER
    for kept, goes in (
        ({"*": 300}, 1),
        ({"*": 300, "whatsapp": 500}, 0),
        ({"whatsapp": 500, "loja": 300}, 1),
    ):
        keep(ground, **kept)
        await ground.views_follow()
        assert len(await retaining.due(now)) == goes


async def test_who_writes_in_the_last_moment_stays(ground: Ground) -> None:
    """A4: what the views did not know yet is looked at under the log's lock."""
    client, _ = spoke(ground, 1)
    writes_again = Identity("whatsapp.phone", "551100001")
    ground.writes(writes_again, 2, (Text(text="voltei"),))
    assert await ground.erasing.expire(client, BY_POLICY) == 0
    assert "voltei" in ground.opened()
