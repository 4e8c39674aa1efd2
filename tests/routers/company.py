"""A company in memory: a desk that keeps the domain's rules, and a log of what it took."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from domain import entities
from domain.account import Account
from domain.acts import Ask, Assign, Reconfigure, Transfer, ask_chat
from domain.channel import ChannelAccount
from domain.chat.commands import (
    AssignChat,
    ChatCommand,
    OpenChat,
    ReceiveMessage,
    SendMessage,
    TransferChat,
)
from domain.chat.state import Chat
from domain.client.state import Client
from domain.content import Text
from domain.entities import State
from domain.errors import LeaseLost, Refused
from domain.event import NewEvent, Recorded
from domain.field import Field
from domain.group import ChangeGroup, CreateGroup, Group, GroupSettings
from domain.operator import ChangeOperator, ChangePresence, CreateOperator, Operator
from domain.ports import Act, Found, Receipt
from domain.routing import Reason
from domain.saved_filter import SavedFilter, Tabs
from domain.tag import Tag
from domain.template import Template
from domain.values import (
    ACCOUNT_STREAM,
    ChannelAccountId,
    ChatId,
    ClientId,
    FieldId,
    FilterId,
    GroupId,
    Meta,
    Naming,
    OperatorId,
    Presence,
    Role,
    StreamId,
    TagId,
    TemplateId,
    Timestamp,
    WebhookId,
    stream_of,
)
from domain.webhook import Webhook
from routers.policies import BUILT_IN
from routers.policies.base import Policy
from routers.records import Expected
from routers.rounds import PolicyFailed, Round, decide_along, decide_due, decide_round
from routers.state import Routing

S = TypeVar("S")

NINE: Final = datetime(2030, 1, 2, 9, 0, tzinfo=UTC)
META: Final = Meta("test")


class MemoryHouse:
    """What the acts of one moment may look at; see `domain.ports.House`."""

    def __init__(self, desk: "MemoryDesk") -> None:
        self._desk = desk
        self.naming = Naming(b"salt")

    @property
    def now(self) -> Timestamp:
        return self._desk.now

    def find(self, key: str) -> Found | None:
        return None

    def chat(self, id_: ChatId) -> Chat:
        return self._state(stream_of("chat", id_), Chat)

    def client(self, id_: ClientId) -> Client:
        return self._state(stream_of("client", id_), Client)

    def operator(self, id_: OperatorId) -> Operator:
        return self._state(stream_of("operator", id_), Operator)

    def group(self, id_: GroupId) -> Group:
        return self._state(stream_of("group", id_), Group)

    def channel(self, id_: ChannelAccountId) -> ChannelAccount:
        return self._state(stream_of("channel", id_), ChannelAccount)

    def account(self) -> Account:
        return self._state(ACCOUNT_STREAM, Account)

    def field(self, id_: FieldId) -> Field:
        return self._state(stream_of("field", id_), Field)

    def tag(self, id_: TagId) -> Tag:
        return self._state(stream_of("tag", id_), Tag)

    def template(self, id_: TemplateId) -> Template:
        return self._state(stream_of("template", id_), Template)

    def webhook(self, id_: WebhookId) -> Webhook:
        return self._state(stream_of("webhook", id_), Webhook)

    def filter(self, id_: FilterId) -> SavedFilter:
        return self._state(stream_of("filter", id_), SavedFilter)

    def tabs(self, id_: OperatorId) -> Tabs:
        return self._state(stream_of("tabs", id_), Tabs)

    def load(self, operator_id: OperatorId) -> int:
        return self._desk.loads[operator_id]

    def _state(self, stream: str, type_: type[S]) -> S:
        state = self._desk.state(stream)
        assert isinstance(state, type_)
        return state


class MemoryDesk:
    """A desk that commits at once; `fails` makes the next acts raise instead."""

    def __init__(self) -> None:
        self.now: Timestamp = NINE
        self.log: list[Recorded] = []
        self.loads: Counter[str] = Counter()
        self.on_commit: Callable[[Sequence[Recorded]], None] = lambda _: None
        self.fails: list[Exception] = []
        self.asked: list[Act] = []
        self.fenced = False
        """True when another process holds the lease that this desk was built with."""
        self._states: dict[str, State] = {}

    def state(self, stream: str) -> State:
        return self._states.get(stream) or entities.initial(stream)

    async def submit(self, act: Act) -> Receipt:
        self.asked.append(act)
        if self.fails:
            raise self.fails.pop(0)
        if self.fenced:
            raise LeaseLost("router")
        return self.do(act)

    def do(self, act: Act) -> Receipt:
        """Return the receipt of an act, or raise why the rules refuse it."""
        events = act.decide(MemoryHouse(self))
        before = len(self.log)
        for new in events:
            self._record(new, act.meta)
        if events:
            self.on_commit(self.log[before:])
        stream = events[0].stream if events else None
        version = self.state(stream).version if stream else 0
        return Receipt(stream, version, len(self.log), added=len(events))

    def _record(self, new: NewEvent, meta: Meta) -> None:
        before = self.state(new.stream)
        after = entities.evolve(new.stream, before, new.event)
        self._states[new.stream] = after
        for state, step in ((before, -1), (after, 1)):
            if isinstance(state, Chat) and state.occupies is not None:
                self.loads[state.occupies] += step
        position, version = len(self.log) + 1, after.version
        self.log.append(Recorded(position, new.stream, version, meta, None, new.event))

    def chats(self) -> list[Chat]:
        return [state for state in self._states.values() if isinstance(state, Chat)]


class Company:
    """Short words for what people do in a company."""

    def __init__(self) -> None:
        self.desk = MemoryDesk()
        self._messages = 0

    def at(self, seconds: float) -> None:
        """Have it be so many seconds after nine."""
        self.desk.now = NINE + timedelta(seconds=seconds)

    def settings(self, **changes: Any) -> None:
        self.desk.do(Reconfigure(changes=changes, meta=META))

    def group(self, name: str, **settings: Any) -> GroupId:
        command = CreateGroup(name=name, settings=GroupSettings(**settings))
        self._ask(stream_of("group", name), command)
        return GroupId(name)

    def change_group(self, name: str, **settings: Any) -> None:
        self._ask(stream_of("group", name), ChangeGroup(settings=GroupSettings(**settings)))

    def operator(
        self, name: str, *groups: str, capacity: int = 5, role: Role = Role.OPERATOR
    ) -> OperatorId:
        skills = {GroupId(group): 50 for group in groups}
        command = CreateOperator(
            email=f"{name}@ipe.test", name=name, role=role, skills=skills, capacity=capacity
        )
        self._ask(stream_of("operator", name), command)
        return OperatorId(name)

    def change_operator(self, name: str, **changes: Any) -> None:
        self._ask(stream_of("operator", name), ChangeOperator(**changes))

    def presence(self, name: str, presence: Presence, *, lost: bool = False) -> None:
        self._ask(stream_of("operator", name), ChangePresence(presence=presence, lost=lost))

    def online(self, *names: str) -> None:
        for name in names:
            self.presence(name, Presence.ONLINE)

    def offline(self, name: str, *, lost: bool = False) -> None:
        self.presence(name, Presence.OFFLINE, lost=lost)

    def writes(self, chat: str, group: str | None = None, *, client: str | None = None) -> ChatId:
        """Have a client write; his first message opens the chat."""
        chat_id = ChatId(chat)
        self._messages += 1
        opening = OpenChat(
            account_id=ChannelAccountId("whatsapp-main"),
            channel="whatsapp",
            client_id=ClientId(client or f"client-{chat}"),
            thread=chat,
            address="+55 11 90000-0000",
            episode=1,
            group_id=None if group is None else GroupId(group),
        )
        self.chat(chat, opening)
        received = ReceiveMessage(
            provider_id=f"m{self._messages}", parts=(Text(text="Oi"),), sent_at=self.desk.now
        )
        self.chat(chat, received)
        return chat_id

    def answers(self, chat: str, operator: str) -> None:
        self._messages += 1
        sent = SendMessage(
            message_id=f"m{self._messages}",
            operator_id=OperatorId(operator),
            parts=(Text(text="Bom dia"),),
        )
        self.chat(chat, sent)

    def pulls(self, chat: str, operator: str) -> None:
        command = AssignChat(operator_id=OperatorId(operator), reason=Reason("pulled"))
        self.desk.do(Assign(chat_id=ChatId(chat), command=command, meta=META))

    def transfers(
        self,
        chat: str,
        by: str,
        *,
        to_operator: str | None = None,
        to_group: str | None = None,
        forced: bool = False,
    ) -> None:
        command = TransferChat(
            by_operator=OperatorId(by),
            to_operator=None if to_operator is None else OperatorId(to_operator),
            to_group=None if to_group is None else GroupId(to_group),
            comment="por favor",
            forced=forced,
        )
        self.desk.do(Transfer(chat_id=ChatId(chat), command=command, meta=META))

    def chat(self, chat: str, command: ChatCommand) -> None:
        self.desk.do(ask_chat(ChatId(chat), command, META))

    def has(self, chat: str) -> Chat:
        """Return a chat as the log tells it."""
        state = self.desk.state(stream_of("chat", chat))
        assert isinstance(state, Chat)
        return state

    def owners(self) -> dict[str, str]:
        return {c.id: c.operator_id for c in self.desk.chats() if c.operator_id is not None}

    def _ask(self, stream: StreamId, command: Any) -> None:
        self.desk.do(Ask(stream=stream, command=command, meta=META))


class Desked:
    """A router without its process: folds the company's log, and hands in what it decides."""

    def __init__(self, company: Company, state: Routing | None = None) -> None:
        self.desk = company.desk
        self.state = state or Routing()
        self.decided: list[Assign] = []
        self.failures: list[PolicyFailed] = []
        self.policies: Mapping[str, Policy] = BUILT_IN

    def decide(self) -> list[Assign]:
        """Return what is decided on what is in the log and on the time, and hand in nothing."""
        round_ = Round()
        for recorded in self.desk.log[self.state.position :]:
            round_.add(decide_along(self.state, recorded, self.policies))
        round_.add(decide_due(self.state, self.desk.now, self.policies))
        position = self.state.position
        round_.add(decide_round(self.state, self.desk.now, position, self.policies))
        self.failures += round_.failures
        return [act for act in round_.acts if self._stands(act)]

    def _stands(self, act: Assign) -> bool:
        expected = self.state.expected.get(act.chat_id)
        decided = Expected(act.command.operator_id, act.command.seen_version or 0)
        return expected == decided

    def hand_in(self, acts: Sequence[Assign]) -> list[Refused]:
        """Return what the desk refused of them."""
        refused: list[Refused] = []
        for act in acts:
            self.decided.append(act)
            try:
                self.desk.do(act)
            except Refused as error:
                refused.append(error)
        return refused

    def route(self) -> list[Assign]:
        """Decide and hand in until nothing is left to decide; return what was decided."""
        decided: list[Assign] = []
        while acts := self.decide():
            self.hand_in(acts)
            decided += acts
        return decided
