"""Acts as a company makes them, and what a log has to look like after them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, Protocol

from domain.acts import Ask, Assign, Transfer
from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.state import Chat, evolve
from domain.content import Parts, Text
from domain.event import NewEvent, Recorded
from domain.inbound import MessageArrived, Peer
from domain.intake import TakeIn, take_in
from domain.operator import ChangePresence, CreateOperator
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
