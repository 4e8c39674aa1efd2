"""What every desk keeps, whatever it stores in. A subclass gives the fixture `ground`."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, Protocol

import pytest

from domain.acts import Ask, Assign, Reconfigure, Transfer
from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.state import Chat, evolve
from domain.content import Parts, Text
from domain.errors import (
    ChatMovedOn,
    IdentityReused,
    NotFound,
    OperatorIsFull,
    OperatorIsNotAvailable,
    Refused,
)
from domain.event import NewEvent, Recorded
from domain.group import CreateGroup
from domain.inbound import MessageArrived, Peer
from domain.intake import TakeIn, take_in
from domain.operator import ChangeOperator, ChangePresence, CreateOperator
from domain.ports import Act, Found, House, Receipt
from domain.routing import Reason
from domain.values import (
    ChannelAccountId,
    ChatId,
    GroupId,
    Identity,
    Meta,
    Naming,
    OperatorId,
    Presence,
    Priority,
    Role,
    StreamId,
    split_stream,
    stream_of,
)

META: Final = Meta("cli", "cli")
PHONE: Final = ChannelAccountId("whatsapp-main")
SALES: Final = GroupId("sales")
LONG_AGO: Final = datetime(2020, 1, 2, tzinfo=UTC)
AUTOMATIC: Final = Reason("least_busy")


class AnyDesk(Protocol):
    @property
    def naming(self) -> Naming: ...
    async def submit(self, act: Act) -> Receipt: ...
    def submit_now(self, act: Act) -> Receipt: ...


@dataclass(frozen=True)
class Ground:
    """A desk, and a way to see what became of it."""

    desk: AnyDesk
    recorded: Callable[[], list[Recorded]]
    load: Callable[[str], int]

    def ask(self, kind: str, id_: str, *commands: Any) -> Receipt:
        acts = [Ask(meta=META, stream=stream_of(kind, id_), command=each) for each in commands]
        return [self.desk.submit_now(act) for act in acts][-1]

    def operator(self, id_: str, capacity: int = 5, presence: Presence = Presence.ONLINE) -> None:
        create = CreateOperator(
            email=f"{id_}@ipe.test", name=id_, role=Role.OPERATOR, capacity=capacity
        )
        self.ask("operator", id_, create, ChangePresence(presence=presence))

    def message(self, sender: str, id_: str, words: str = "Oi") -> TakeIn:
        return message(self.desk.naming, sender, id_, words)

    def chat(self, sender: str) -> ChatId:
        """Return a new chat of a client who has just written."""
        return chat_of(self.desk.submit_now(self.message(sender, f"first-of-{sender}")))

    def of(self, chat_id: str) -> Chat:
        """Return a chat, folded from the log alone."""
        chat = Chat(ChatId(chat_id))
        for recorded in self.recorded():
            if recorded.stream == stream_of("chat", chat_id):
                chat = evolve(chat, recorded.event)  # type: ignore[arg-type]  # a chat's stream holds its events
        return chat


def message(naming: Naming, sender: str, id_: str, words: str = "Oi") -> TakeIn:
    """Return the act of taking a client's message in."""
    arrived = MessageArrived(
        account=None,
        dedup_key=f"m:{id_}",
        occurred_at=LONG_AGO,
        peer=Peer((Identity("whatsapp.phone", sender),), f"Cliente {sender}"),
        provider_id=id_,
        parts=text(words),
    )
    return take_in(naming, PHONE, arrived)


def text(words: str) -> Parts:
    return (Text(text=words),)


def chat_of(receipt: Receipt) -> ChatId:
    assert receipt.stream is not None
    kind, id_ = split_stream(receipt.stream)
    assert kind == "chat"
    return ChatId(id_)


def assign(chat_id: ChatId, operator: str, seen: int | None) -> Assign:
    command = c.AssignChat(operator_id=OperatorId(operator), reason=AUTOMATIC, seen_version=seen)
    return Assign(meta=Meta("router", "router"), chat_id=chat_id, command=command)


@dataclass(frozen=True)
class Broken:
    """An act with a mistake in its own code, at the place asked for."""

    breaks_at: str
    meta: Meta = META
    identity: str | None = None
    fingerprint: str | None = None

    def _do(self, place: str) -> None:
        if self.breaks_at == place:
            raise ZeroDivisionError(place)

    def keys(self, naming: Naming) -> Iterable[str]:
        self._do("keys")
        return ()

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        self._do("streams")
        return ()

    def seats(self) -> Iterable[OperatorId]:
        self._do("seats")
        return ()

    def decide(self, house: House) -> list[NewEvent]:
        self._do("decide")
        return []


async def gathered(desk: AnyDesk, acts: Sequence[Act]) -> list[Receipt | BaseException]:
    """Hand everything in at the same instant; return receipts and errors in that order."""
    return await asyncio.gather(*(desk.submit(act) for act in acts), return_exceptions=True)


def receipts(outcomes: Iterable[Receipt | BaseException]) -> list[Receipt]:
    """Return the receipts of outcomes among which there may be no error."""
    found = []
    for outcome in outcomes:
        assert isinstance(outcome, Receipt), outcome
        found.append(outcome)
    return found


def check_log(log: Sequence[Recorded]) -> None:
    """Positions and versions have no hole; time does not go back; S3: one owner, always."""
    assert [recorded.position for recorded in log] == list(range(1, len(log) + 1))
    versions = Counter[str]()
    owners: dict[str, str | None] = {}
    for before, recorded in zip([None, *log], log, strict=False):
        versions[recorded.stream] += 1
        assert recorded.version == versions[recorded.stream]
        assert before is None or before.event.at <= recorded.event.at
        _follow_owner(owners, recorded)


def _follow_owner(owners: dict[str, str | None], recorded: Recorded) -> None:
    stream, owner = recorded.stream, owners.get(recorded.stream)
    match recorded.event:
        case e.ChatAssigned(operator_id=to):
            assert owner is None
            owners[stream] = to
        case e.ChatReopened(operator_id=to):
            assert owner is None
            owners[stream] = to
        case e.ChatReleased(operator_id=whose) | e.ChatClosed(operator_id=whose):
            assert owner == whose
            owners[stream] = None
        case e.ChatTransferred(from_operator=whose, to_operator=to):
            assert owner == whose
            owners[stream] = to
        case _:
            pass


def loads_told_by(log: Iterable[Recorded]) -> Counter[str]:
    """Count from the log alone how many chats take each operator's capacity (R3)."""
    chats: dict[str, Chat] = {}
    for recorded in log:
        if recorded.stream.startswith("chat-"):
            chat = chats.get(recorded.stream) or Chat(ChatId(""))
            chats[recorded.stream] = evolve(chat, recorded.event)  # type: ignore[arg-type]  # a chat's stream holds its events
    return Counter(chat.occupies for chat in chats.values() if chat.occupies is not None)


@dataclass
class Traffic:
    """Acts as a busy company makes them: clients, hands and a router, by a seed."""

    naming: Naming
    random: Random
    clients: int = 12
    operators: Sequence[str] = ("ana", "bia", "caio")
    seen: dict[ChatId, int] = field(default_factory=dict)
    sent: int = 0

    def noted(self, outcomes: Iterable[Receipt | BaseException]) -> None:
        """Remember the chats that there are, at the versions that were told."""
        for outcome in outcomes:
            if isinstance(outcome, Receipt) and (outcome.stream or "").startswith("chat-"):
                self.seen[chat_of(outcome)] = outcome.version

    def acts(self, number: int) -> list[Act]:
        return [self.act() for _ in range(number)]

    def act(self) -> Act:
        if not self.seen or self.random.random() < 0.3:
            self.sent += 1
            sender = f"+551190000{self.random.randrange(self.clients):04}"
            return message(self.naming, sender, f"w{self.random.random()}-{self.sent}")
        chat_id = self.random.choice([*self.seen])
        if self.random.random() < 0.4:
            operator = self.random.choice(self.operators)
            seen = self.random.choice([self.seen[chat_id], None])
            return assign(chat_id, operator, seen)
        command = self.random.choice(self.commands())
        if isinstance(command, c.TransferChat):
            return Transfer(meta=META, chat_id=chat_id, command=command)
        return Ask(meta=META, stream=stream_of("chat", chat_id), command=command)

    def commands(self) -> list[c.ChatCommand]:
        some, other = (OperatorId(self.random.choice(self.operators)) for _ in range(2))
        send = c.SendMessage(message_id=f"m{self.sent}", operator_id=some, parts=text("Bom dia"))
        return [
            send,
            c.ReleaseChat(reason=e.ReleaseReason.GIVEN_BACK),
            c.TransferChat(by_operator=some, to_operator=other, comment="cuida"),
            c.TransferChat(by_operator=some, to_group=SALES),
            c.SnoozeChat(until=LONG_AGO + timedelta(days=self.random.randrange(9))),
            c.WakeChat(reason=e.WakeReason.BY_HAND),
            c.CloseChat(),
            c.ReopenChat(reason=e.ReopenReason.BY_HAND, operator_id=some),
            c.SetPriority(priority=self.random.choice([*Priority])),
        ]


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
