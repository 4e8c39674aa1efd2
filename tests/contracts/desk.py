"""What every desk keeps, whatever it stores in. A subclass gives the fixture `ground`."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from domain.acts import Ask, Reconfigure, Transfer
from domain.chat import commands as c
from domain.chat import events as e
from domain.errors import (
    ChatMovedOn,
    IdentityReused,
    NotFound,
    OperatorIsFull,
    OperatorIsNotAvailable,
    Refused,
)
from domain.group import CreateGroup
from domain.operator import ChangeOperator, ChangePresence, CreateOperator
from domain.ports import Act, Receipt
from domain.values import (
    ChatId,
    OperatorId,
    Presence,
    Priority,
    Role,
    stream_of,
)
from tests.contracts.company import (
    LONG_AGO,
    META,
    SALES,
    Broken,
    Ground,
    Traffic,
    assign,
    chat_of,
    check_log,
    gathered,
    loads_told_by,
    receipts,
)


class DeskContract:
    """The suite. Everything is told by what a desk answers and what its log then holds."""

    async def test_four_first_messages_of_twenty_new_clients(self, ground: Ground) -> None:
        """S17, S1: eighty messages, twenty chats, twenty clients; each in order."""
        acts = [ground.message(f"+55119{n:08}", f"{n}-{m}") for m in range(4) for n in range(20)]
        Random(7).shuffle(acts)
        told = receipts(await gathered(ground.desk, acts))

        log = ground.recorded()
        check_log(log)
        topics = Counter(recorded.event.TOPIC for recorded in log)
        assert topics == {"client-created.v1": 20, "chat-opened.v1": 20, "message-received.v1": 80}
        assert len({receipt.stream for receipt in told}) == 20
        assert Counter(receipt.number for receipt in told) == {1: 20, 2: 20, 3: 20, 4: 20}

    async def test_a_receipt_tells_where_to_find_it(self, ground: Ground) -> None:
        receipt = await ground.desk.submit(ground.message("+5511900000001", "w1"))
        log = ground.recorded()
        last = log[-1]
        assert last.event.TOPIC == "message-received.v1"
        assert receipt == Receipt(last.stream, last.version, last.position, 1, len(log))

    async def test_what_is_refused_leaves_nothing(self, ground: Ground) -> None:
        """R8: neither do its neighbours of the same instant suffer."""
        chat_id = ground.chat("+5511900000001")
        before = len(ground.recorded())
        nobody = assign(chat_id, "nobody", None)
        nowhere = assign(ChatId("nowhere"), "ana", None)
        fine = [ground.message("+5511900000001", f"w{n}") for n in range(5)]
        outcomes = await gathered(ground.desk, [nobody, *fine[:3], nowhere, *fine[3:]])

        assert [type(outcome) for outcome in outcomes] == [
            NotFound,
            Receipt,
            Receipt,
            Receipt,
            NotFound,
            Receipt,
            Receipt,
        ]
        assert len(ground.recorded()) == before + 5
        check_log(ground.recorded())

    async def test_what_comes_again_is_recorded_once(self, ground: Ground) -> None:
        """M1, S2: and is told what became of it the first time."""
        act = ground.message("+5511900000001", "w1")
        first = await ground.desk.submit(act)
        for _ in range(2):
            again = await ground.desk.submit(act)
            assert again == replace(first, added=0, repeated=True)
        assert len(ground.recorded()) == first.position

    async def test_what_comes_many_times_at_once_is_recorded_once(self, ground: Ground) -> None:
        """M1"""
        act = ground.message("+5511900000001", "w1")
        told = receipts(await gathered(ground.desk, [act] * 30))
        assert sorted(receipt.repeated for receipt in told) == [False] + [True] * 29
        assert {(r.stream, r.position, r.number) for r in told} == {
            (told[0].stream, 3, 1),
        }
        assert len(ground.recorded()) == 3

    async def test_a_repeat_is_told_the_first_position_whatever_followed(
        self, ground: Ground
    ) -> None:
        """All that the act added lies at or before it: a reader who waits for it sees it all."""
        chat_id = ground.chat("+5511900000001")
        ground.ask("chat", chat_id, c.SnoozeChat(until=LONG_AGO))
        waking = ground.message("+5511900000001", "w2")
        create = Ask(
            meta=META,
            identity="key-1",
            stream=stream_of("operator", "ana"),
            command=CreateOperator(
                email="ana@ipe.test", name="Ana", role=Role.OPERATOR, capacity=9
            ),
        )
        for act in (waking, create):
            first = await ground.desk.submit(act)
            again = await ground.desk.submit(act)
            assert (again.repeated, again.stream) == (True, first.stream)
            assert again.position == first.position

    async def test_an_identity_with_other_content_is_refused(self, ground: Ground) -> None:
        """M1: the first stands, the other is told apart."""
        act = ground.message("+5511900000001", "w1", "Oi")
        other = ground.message("+5511900000001", "w1", "Tchau")
        first, second = await gathered(ground.desk, [act, other])
        assert isinstance(first, Receipt)
        assert isinstance(second, IdentityReused)
        with pytest.raises(IdentityReused):
            await ground.desk.submit(other)
        assert len(ground.recorded()) == 3

    async def test_a_refused_identity_may_come_again(self, ground: Ground) -> None:
        """What was not recorded was not done."""
        chat_id = ground.chat("+5511900000001")
        act = replace(assign(chat_id, "ana", None), identity="key-1")
        with pytest.raises(NotFound):
            await ground.desk.submit(act)
        ground.operator("ana")
        receipt = await ground.desk.submit(act)
        assert (receipt.added, receipt.repeated) == (1, False)

    async def test_acts_of_one_instant_see_each_other(self, ground: Ground) -> None:
        chat_id = ground.chat("+5511900000001")
        create = CreateOperator(email="ana@ipe.test", name="Ana", role=Role.OPERATOR)
        acts: list[Act] = [
            Ask(meta=META, stream=stream_of("operator", "ana"), command=create),
            assign(chat_id, "ana", None),
            Ask(meta=META, stream=stream_of("chat", chat_id), command=c.CloseChat()),
        ]
        assert [r.added for r in receipts(await gathered(ground.desk, acts))] == [1, 1, 1]
        assert ground.of(chat_id).last_operator == "ana"

    async def test_capacity_holds_under_any_number_of_routers(self, ground: Ground) -> None:
        """R3, S16: sixty chats, three operators with room for five each, everybody races."""
        names = ("ana", "bia", "caio")
        for name in names:
            ground.operator(name)
        acts = [ground.message(f"+55119{n:08}", f"w{n}") for n in range(60)]
        chats = {chat_of(r): r.version for r in receipts(await gathered(ground.desk, acts))}
        tries = [assign(chat, name, seen) for chat, seen in chats.items() for name in names]
        Random(16).shuffle(tries)
        outcomes = await gathered(ground.desk, [*tries, *tries])

        log = ground.recorded()
        check_log(log)
        given = Counter(
            recorded.event.operator_id
            for recorded in log
            if isinstance(recorded.event, e.ChatAssigned)
        )
        assert given == dict.fromkeys(names, 5)
        assert [ground.load(name) for name in names] == [5, 5, 5]
        assert {type(o) for o in outcomes} == {Receipt, OperatorIsFull, ChatMovedOn}
        assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 15

    async def test_capacity_comes_back_when_a_chat_is_closed_or_sleeps(
        self, ground: Ground
    ) -> None:
        """R3"""
        ground.operator("ana", capacity=1)
        one, two = ground.chat("+5511900000001"), ground.chat("+5511900000002")
        await ground.desk.submit(assign(one, "ana", ground.of(one).version))
        with pytest.raises(OperatorIsFull):
            await ground.desk.submit(assign(two, "ana", ground.of(two).version))
        ground.ask("chat", one, c.SnoozeChat(until=LONG_AGO))
        await ground.desk.submit(assign(two, "ana", ground.of(two).version))
        assert ground.load("ana") == 1
        ground.ask("chat", one, c.WakeChat(reason=e.WakeReason.DUE))
        assert ground.load("ana") == 2
        ground.ask("chat", two, c.CloseChat())
        ground.ask("chat", one, c.CloseChat())
        assert ground.load("ana") == 0

    @pytest.mark.parametrize("seed", range(3))
    async def test_whatever_happens_owners_and_loads_are_right(
        self, ground: Ground, seed: int
    ) -> None:
        """S3, R3: bursts, hands and routers at once; the loads equal a recount of the log."""
        names = ("ana", "bia", "caio")
        for name in names:
            ground.operator(name, capacity=4)
        ground.ask("group", SALES, CreateGroup(name="Vendas"))
        traffic = Traffic(ground.desk.naming, Random(seed))
        for _ in range(15):
            outcomes = await gathered(ground.desk, traffic.acts(20))
            traffic.noted(outcomes)
            for outcome in outcomes:
                assert isinstance(outcome, Receipt | Refused), outcome

        log = ground.recorded()
        check_log(log)
        told = loads_told_by(log)
        assert {name: ground.load(name) for name in names} == {n: told[n] for n in names}

    async def test_a_decision_on_an_older_version_is_discarded(self, ground: Ground) -> None:
        """R8, S4"""
        ground.operator("ana")
        chat_id = ground.chat("+5511900000001")
        seen = ground.of(chat_id).version
        ground.ask("chat", chat_id, c.SetPriority(priority=Priority.HIGH))
        before = len(ground.recorded())
        with pytest.raises(ChatMovedOn) as refused:
            await ground.desk.submit(assign(chat_id, "ana", seen))
        assert (refused.value.seen, refused.value.version) == (seen, seen + 1)
        assert len(ground.recorded()) == before

    @pytest.mark.parametrize("presence", [Presence.AWAY, Presence.OFFLINE])
    async def test_who_is_not_there_gets_nothing_by_himself(
        self, ground: Ground, presence: Presence
    ) -> None:
        """R2"""
        ground.operator("ana", presence=Presence.ONLINE)
        ground.ask("operator", "ana", ChangePresence(presence=presence))
        chat_id = ground.chat("+5511900000001")
        with pytest.raises(OperatorIsNotAvailable):
            await ground.desk.submit(assign(chat_id, "ana", ground.of(chat_id).version))

    async def test_who_is_not_of_the_group_gets_nothing_by_himself(self, ground: Ground) -> None:
        """R2"""
        ground.operator("ana")
        ground.ask("group", SALES, CreateGroup(name="Vendas"))
        chat_id = ground.chat("+5511900000001")
        passed = c.TransferChat(by_operator=OperatorId("bia"), to_group=SALES)
        await ground.desk.submit(Transfer(meta=META, chat_id=chat_id, command=passed))
        with pytest.raises(OperatorIsNotAvailable):
            await ground.desk.submit(assign(chat_id, "ana", ground.of(chat_id).version))
        ground.ask("operator", "ana", ChangeOperator(skills={SALES: 50}))
        await ground.desk.submit(assign(chat_id, "ana", ground.of(chat_id).version))
        assert ground.of(chat_id).operator_id == "ana"

    async def test_a_transfer_to_who_is_offline_has_to_be_forced(self, ground: Ground) -> None:
        """R9"""
        ground.operator("ana")
        ground.operator("bia")
        ground.ask("operator", "bia", ChangePresence(presence=Presence.OFFLINE))
        chat_id = ground.chat("+5511900000001")
        command = c.TransferChat(by_operator=OperatorId("ana"), to_operator=OperatorId("bia"))
        with pytest.raises(OperatorIsNotAvailable):
            await ground.desk.submit(Transfer(meta=META, chat_id=chat_id, command=command))
        forced = replace(command, forced=True)
        await ground.desk.submit(Transfer(meta=META, chat_id=chat_id, command=forced))
        assert ground.of(chat_id).operator_id == "bia"

    async def test_one_broken_act_is_nobody_elses_trouble(self, ground: Ground) -> None:
        """M4: what cannot be dealt with never blocks what is handed in beside it."""
        for place in ("decide", "keys", "streams", "seats"):
            fine = [ground.message("+5511900000001", f"{place}-{n}") for n in range(4)]
            acts: list[Act] = [*fine[:2], Broken(place), *fine[2:]]
            outcomes = await gathered(ground.desk, acts)
            broken = outcomes.pop(2)
            assert [receipt.repeated for receipt in receipts(outcomes)] == [False] * 4
            if place == "decide":
                assert isinstance(broken, ZeroDivisionError)

    async def test_settings_change_one_by_one(self, ground: Ground) -> None:
        changes: list[dict[str, Any]] = [
            {"patience": timedelta(minutes=3)},
            {"warmup": 7},
            {"name": "Loja Ipê"},
        ]
        acts = [Reconfigure(meta=META, changes=change) for change in changes]
        await gathered(ground.desk, acts)
        last = ground.recorded()[-1].event
        settings = getattr(last, "settings", None)
        assert settings is not None
        assert (settings.patience, settings.warmup, settings.name) == (
            timedelta(minutes=3),
            7,
            "Loja Ipê",
        )
