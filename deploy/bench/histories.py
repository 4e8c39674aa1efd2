"""
One client's chat as it may have gone, by the rules of the domain.

What is said and done is drawn by lot from a seed; whatever the rules make of it is what
happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from deploy.bench.payloads import name, phone, text
from domain.chat import commands as c
from domain.chat.decide import decide as decide_chat
from domain.chat.events import MessageState
from domain.chat.state import Chat
from domain.chat.state import evolve as evolve_chat
from domain.client.commands import MeetClient
from domain.client.decide import decide as decide_client
from domain.client.state import Client
from domain.client.state import evolve as evolve_client
from domain.content import Text
from domain.entities import State
from domain.event import Event
from domain.lookup import thread_key
from domain.routing import Candidate, Reason
from domain.values import (
    ChannelAccountId,
    ChatId,
    GroupId,
    Identity,
    Meta,
    Naming,
    OperatorId,
    stream_of,
)

TAGS: Final = ("boleto", "entrega", "troca", "vip", "orçamento")


@dataclass(frozen=True, slots=True)
class Happened:
    """An event before it has a place in the log, and the state that it led to."""

    at: datetime
    stream: str
    event: Event
    after: State
    meta: Meta


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part: names of this installation."""

    naming: Naming
    account_id: ChannelAccountId
    group_id: GroupId
    operators: Sequence[OperatorId]

    def operator(self, number: int) -> OperatorId:
        """Return who answers the nth client."""
        return self.operators[number % len(self.operators)]


@dataclass(slots=True)
class Story:
    """The nth client's chat, told from a moment on."""

    cast: Cast
    number: int
    now: datetime
    turns: float
    """How often the client writes and is answered, on average."""
    stays_open: bool
    _lot: Random = field(init=False)
    _chat: Chat = field(init=False)
    _told: list[Happened] = field(default_factory=list)

    def tell(self) -> list[Happened]:
        """Return all that happened, in order."""
        self._lot = Random(self.number)  # noqa: S311 - a story, not a secret
        operator = self.cast.operator(self.number)
        self._open()
        self._receive()
        self._ask(self._assignment(operator), Meta("router", "router"))
        by_operator = Meta(f"operator:{operator}", "http")
        for turn in range(self._how_many_turns()):
            if turn:
                self._receive()
            self._answer(operator, by_operator)
        if self._lot.random() < 0.1:  # noqa: PLR2004 - one in ten
            self._ask(c.AddComment(operator_id=operator, text="Já pago, ver nota."), by_operator)
        if self._lot.random() < 0.2:  # noqa: PLR2004 - one in five
            self._ask(c.TagChat(add=frozenset({self._lot.choice(TAGS)})), by_operator)
        if not self.stays_open:
            self._ask(c.CloseChat(), by_operator)
        return self._told

    def _how_many_turns(self) -> int:
        whole = int(self.turns)
        return whole + (self._lot.random() < self.turns - whole)

    def _open(self) -> None:
        naming, account_id = self.cast.naming, self.cast.account_id
        identity = Identity("whatsapp.phone", phone(self.number))
        client = Client(naming.client(identity))
        command = MeetClient(identities=(identity,), name=name(self.number))
        by_channel = Meta(f"channel:{account_id}", "webhook")
        for met in decide_client(client, command, self.now):
            client = evolve_client(client, met)
            stream = stream_of("client", client.id)
            self._told.append(Happened(self.now, stream, met, client, by_channel))
        thread = thread_key(naming, account_id, client.id, "")
        self._chat = Chat(ChatId(naming.chat(account_id, thread, 1)))
        open_ = c.OpenChat(
            account_id=account_id,
            channel="whatsapp",
            client_id=client.id,
            thread=thread,
            address=phone(self.number),
            episode=1,
            group_id=self.cast.group_id,
        )
        self._ask(open_, by_channel)

    def _receive(self) -> None:
        id_ = f"wamid.{self.number:08d}.{self._chat.last_seq + 1}"
        said = (Text(text=text(self.number)),)
        command = c.ReceiveMessage(provider_id=id_, parts=said, sent_at=self.now)
        self._ask(command, Meta(f"channel:{self.cast.account_id}", "webhook"))

    def _assignment(self, operator: OperatorId) -> c.AssignChat:
        candidates = tuple(Candidate(id_, 3, 5) for id_ in self.cast.operators)
        reason = Reason("least_busy", position=1, candidates=candidates)
        return c.AssignChat(operator_id=operator, reason=reason, seen_version=self._chat.version)

    def _answer(self, operator: OperatorId, by_operator: Meta) -> None:
        read = c.MarkRead(operator_id=operator, up_to=self._chat.last_seq)
        self._ask(read, by_operator)
        name = f"{self._chat.id}.{self._chat.last_seq + 1}"
        said = (Text(text=text(self.number)),)
        self._ask(c.SendMessage(message_id=name, operator_id=operator, parts=said), by_operator)
        seq = self._chat.last_seq
        sent = c.ReportDelivery(seq=seq, state=MessageState.SENT, provider_ids=(f"wamid.{name}",))
        self._ask(sent, Meta("dispatcher", "dispatcher"))
        delivered = c.ReportDelivery(seq=seq, state=MessageState.DELIVERED)
        self._ask(delivered, Meta(f"channel:{self.cast.account_id}", "webhook"))

    def _ask(self, command: Any, meta: Meta) -> None:
        for event in decide_chat(self._chat, command, self.now):
            self._chat = evolve_chat(self._chat, event)
            stream = stream_of("chat", self._chat.id)
            self._told.append(Happened(self.now, stream, event, self._chat, meta))
        self.now += timedelta(seconds=self._lot.uniform(1, 60))
