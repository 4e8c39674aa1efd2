"""Channels that are asked: each thing once, nothing lost, and no account slows another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import orjson
import pytest

from adapters.channels.base import InboundEvent, Pulled, RawRequest
from adapters.channels.pulling import Puller
from adapters.storage.desk import LogDesk
from adapters.storage.postgres.pull_cursors import PullCursors
from deploy.installation import prepare_database
from domain.acts import Ask
from domain.channel import ConnectChannel, PayloadKept
from domain.chat.events import MessageReceived
from domain.content import Text, words_of
from domain.event import Event
from domain.inbound import MessageArrived, Peer
from domain.values import Identity, Meta, stream_of
from tests.adapters.channels.plain import Accounts, Plain
from tests.prepared import MAPPER, Pool, desk_on, eventually, pool_on, reader_on, run_sql
from tests.spec import NOW

OFTEN: Final = 0.02


class Mailbox(Plain):
    """A mailbox of texts, whose cursor is how many were read."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "http://nowhere.test")
        self.texts: list[str] = []
        self.asked: list[str | None] = []
        self.fails_at: int | None = None
        self.hangs = False

    async def pull(self, cursor: str | None) -> AsyncIterator[Pulled]:
        self.asked.append(cursor)
        if self.hangs:
            await asyncio.sleep(60)
        for number in range(int(cursor or 0), len(self.texts)):
            if number == self.fails_at:
                raise OSError("the password is hush")
            body = orjson.dumps([self.name, number, self.texts[number]])
            yield Pulled(f"{number + 1}", RawRequest("PULL", "", (), (), body, NOW, ""))

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        name, number, text = orjson.loads(request.body)
        if text == "garbage":
            return []
        arrived = MessageArrived(
            account=None,
            dedup_key=f"m:{name}.{number}",
            occurred_at=NOW,
            peer=Peer((Identity("mail", f"{name}@cliente.test"),)),
            provider_id=f"{name}.{number}",
            parts=(Text(text=text),),
        )
        return [arrived]


@dataclass
class House:
    url: str
    pool: Pool
    desk: LogDesk
    boxes: list[Mailbox] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.pool)

    def mailbox(self, name: str, *texts: str) -> Mailbox:
        box = Mailbox(name)
        box.texts += texts
        id_ = self.accounts.connect(box)
        command = ConnectChannel(name=name, channel="plain", group_id=None, fingerprint="f")
        act = Ask(stream=stream_of("channel", id_), command=command, meta=Meta("cli"))
        self.desk.submit_now(act)
        return box

    @asynccontextmanager
    async def pulling(self) -> AsyncIterator[None]:
        lost = asyncio.Event()
        puller = Puller(self.accounts, self.desk, PullCursors(self.pool), OFTEN)
        running = asyncio.create_task(puller.run(lost))
        try:
            yield
            assert not running.done(), running.exception()
        finally:
            lost.set()
            await running

    def events(self) -> list[Event]:
        with reader_on(self.url) as reader:
            rows = [raw[:5] for raw in reader.raw()]
        return [MAPPER.decode(*row).event for row in rows]

    def texts(self) -> list[str]:
        return [words_of(e.parts) for e in self.events() if isinstance(e, MessageReceived)]

    def cursors(self) -> dict[str, str]:
        return dict(run_sql(self.url, "SELECT account_id, cursor FROM recado_pull_cursors"))


@pytest.fixture
async def house(fresh_database: str) -> AsyncIterator[House]:
    await asyncio.to_thread(prepare_database, fresh_database)
    with desk_on(fresh_database) as desk:
        async with pool_on(fresh_database) as pool:
            yield House(fresh_database, pool, desk)


async def test_what_is_new_is_taken_in_once_and_in_order(house: House) -> None:
    """M1"""
    box = house.mailbox("a", "um", "dois")
    async with house.pulling():
        await eventually(lambda: house.texts() == ["um", "dois"])
        box.texts.append("três")
        await eventually(lambda: house.texts() == ["um", "dois", "três"])
        await eventually(lambda: house.cursors() == {"account-a": "3"})
        again = len(box.asked)
        await eventually(lambda: len(box.asked) > again + 2)
    assert house.texts() == ["um", "dois", "três"]


async def test_a_cursor_that_was_not_moved_repeats_nothing(house: House) -> None:
    """M1: a crash between the commit and the cursor."""
    house.mailbox("a", "um", "dois")
    async with house.pulling():
        await eventually(lambda: house.cursors() == {"account-a": "2"})
    run_sql(house.url, "DELETE FROM recado_pull_cursors")
    async with house.pulling():
        await eventually(lambda: house.cursors() == {"account-a": "2"})
    assert house.texts() == ["um", "dois"]


async def test_a_failure_in_the_middle_loses_nothing(house: House) -> None:
    """M2: the cursor stands at what was committed."""
    box = house.mailbox("a", "um", "dois", "três")
    box.fails_at = 1
    async with house.pulling():
        await eventually(lambda: house.cursors() == {"account-a": "1"})
        await eventually(lambda: len(box.asked) > 2)
        box.fails_at = None
        await eventually(lambda: house.texts() == ["um", "dois", "três"])
    assert box.asked[1] == "1"


async def test_what_cannot_be_read_is_kept_and_blocks_nothing(house: House) -> None:
    """M4"""
    house.mailbox("a", "um", "garbage", "três")
    async with house.pulling():
        await eventually(lambda: house.texts() == ["um", "três"])
    assert len([e for e in house.events() if isinstance(e, PayloadKept)]) == 1


async def test_a_broken_or_hanging_account_keeps_no_other_waiting(house: House) -> None:
    broken, hanging = house.mailbox("broken", "x"), house.mailbox("hanging", "y")
    broken.fails_at, hanging.hangs = 0, True
    house.mailbox("well", "um")
    async with house.pulling():
        await eventually(lambda: house.texts() == ["um"])
    assert hanging.asked == [None]


async def test_an_account_that_is_connected_later_is_asked_too(house: House) -> None:
    async with house.pulling():
        house.mailbox("late", "oi")
        await eventually(lambda: house.texts() == ["oi"])


async def test_an_account_that_is_configured_anew_is_asked_in_its_new_way(house: House) -> None:
    old = house.mailbox("a", "um")
    old.hangs = True
    async with house.pulling():
        await eventually(lambda: old.asked == [None])
        house.mailbox("a", "um", "dois")
        await eventually(lambda: house.texts() == ["um", "dois"])
