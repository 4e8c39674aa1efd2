"""A small company at work: acts that leave a bit of everything in a log."""

from datetime import UTC, datetime
from typing import Any, Final

from adapters.storage.desk import LogDesk
from domain.acts import Ask, Assign, Reconfigure
from domain.channel import ConnectChannel
from domain.chat.commands import AssignChat, CloseChat, ReportDelivery, RetryMessage, SendMessage
from domain.chat.events import MessageState
from domain.content import Text
from domain.group import CreateGroup
from domain.inbound import EchoArrived, MessageArrived, Peer
from domain.intake import take_in
from domain.operator import ChangePresence, CreateOperator
from domain.ports import Receipt
from domain.routing import Reason
from domain.values import (
    ChannelAccountId,
    ChatId,
    GroupId,
    Identity,
    Meta,
    OperatorId,
    Presence,
    Role,
    StreamId,
    split_stream,
    stream_of,
)

META: Final = Meta("cli", "cli")
PHONE: Final = ChannelAccountId("phone")
ANA: Final = OperatorId("ana")
SENT_AT: Final = datetime(2030, 1, 2, 9, tzinfo=UTC)


class SmallCompany:
    """One channel, one operator; its clients are known by numbers."""

    def __init__(self, desk: LogDesk) -> None:
        self._desk = desk

    def open(self) -> None:
        connect = ConnectChannel(name="loja", channel="whatsapp", group_id=None, fingerprint="f")
        self.ask(stream_of("channel", PHONE), connect)
        self.ask(stream_of("group", "sales"), CreateGroup(name="Vendas"))
        self._desk.submit_now(Reconfigure(changes={"name": "Loja"}, meta=META))
        self.come_online(ANA)

    def come_online(self, id_: OperatorId) -> None:
        create = CreateOperator(
            email=f"{id_}@ipe.test", name=id_, role=Role.OPERATOR, skills={GroupId("sales"): 50}
        )
        self.ask(stream_of("operator", id_), create)
        self.be(id_, Presence.ONLINE)

    def be(self, id_: OperatorId, presence: Presence) -> None:
        self.ask(stream_of("operator", id_), ChangePresence(presence=presence))

    def write(self, client: int, words: str = "Oi") -> StreamId:
        """Let a client write; return his chat."""
        arrived = MessageArrived(
            account=None,
            dedup_key=f"m:{client}:{words}",
            occurred_at=SENT_AT,
            peer=_peer(client),
            provider_id=f"{client}:{words}",
            parts=(Text(text=words),),
        )
        return _stream(self._desk.submit_now(take_in(self._desk.naming, PHONE, arrived)))

    def write_elsewhere(self, client: int, words: str) -> int:
        """Let a colleague answer in the provider's own app; return the message's seq."""
        echo = EchoArrived(
            account=None,
            dedup_key=f"m:echo:{client}:{words}",
            occurred_at=SENT_AT,
            peer=_peer(client),
            provider_id=f"echo:{client}:{words}",
            parts=(Text(text=words),),
        )
        return self._desk.submit_now(take_in(self._desk.naming, PHONE, echo)).number

    def give(self, chat: StreamId, to: OperatorId = ANA) -> None:
        command = AssignChat(operator_id=to, reason=Reason("by-hand"))
        chat_id = ChatId(split_stream(chat)[1])
        self._desk.submit_now(Assign(chat_id=chat_id, command=command, meta=META))

    def answer(self, chat: StreamId, words: str, reply_to: int | None = None) -> int:
        """Let the operator answer; return the message's seq."""
        command = SendMessage(
            message_id=f"{chat}:{words}",
            operator_id=ANA,
            parts=(Text(text=words),),
            reply_to=reply_to,
        )
        return self.ask(chat, command).number

    def report(self, chat: StreamId, seq: int, state: MessageState, *ids: str) -> None:
        self.ask(chat, ReportDelivery(seq=seq, state=state, provider_ids=ids))

    def try_again(self, chat: StreamId, seq: int) -> None:
        self.ask(chat, RetryMessage(seq=seq))

    def close(self, chat: StreamId) -> None:
        self.ask(chat, CloseChat())

    def ask(self, stream: StreamId, command: Any) -> Receipt:
        return self._desk.submit_now(Ask(stream=stream, command=command, meta=META))

    def work(self, clients: int) -> list[StreamId]:
        """Let so many clients write, and half of them be answered; return their chats."""
        self.open()
        chats = [self.write(n) for n in range(clients)]
        for chat in chats[: clients // 2]:
            self.give(chat)
            seq = self.answer(chat, "Bom dia!")
            self.report(chat, seq, MessageState.SENT, f"sent:{chat}")
        return chats


def _peer(client: int) -> Peer:
    return Peer((Identity("whatsapp.phone", f"55119{client:08d}"),), f"Cliente {client}")


def _stream(receipt: Receipt) -> StreamId:
    assert receipt.stream is not None
    return receipt.stream
