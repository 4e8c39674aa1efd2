"""A chat's past, as the tests tell it. Everybody here is invented."""

from datetime import timedelta
from typing import Final

from domain.chat import events as e
from domain.chat.commands import ChatCommand
from domain.chat.decide import decide
from domain.chat.events import ChatEvent
from domain.chat.state import Chat, evolve
from domain.content import Parts, Text
from domain.routing import Reason
from domain.values import ChannelAccountId, ChatId, ClientId, GroupId, OperatorId
from tests.spec import NOW, Spec

ANA: Final = OperatorId("ana")
BIA: Final = OperatorId("bia")
SALES: Final = GroupId("sales")
BILLING: Final = GroupId("billing")
BY_HAND: Final = Reason("assigned")
MINUTE: Final = timedelta(minutes=1)
EARLIER: Final = NOW - timedelta(minutes=30)


def text(words: str) -> Parts:
    return (Text(text=words),)


OPENED: Final = e.ChatOpened(
    at=EARLIER,
    account_id=ChannelAccountId("whatsapp-main"),
    channel="whatsapp",
    client_id=ClientId("fabio"),
    thread="thread-1",
    address="+5511900000001",
    episode=1,
    group_id=SALES,
)


def received(seq: int = 1, words: str = "Oi", minutes: int = 0) -> e.MessageReceived:
    """Return a client's message that came some minutes after the chat was opened."""
    at = EARLIER + minutes * MINUTE
    return e.MessageReceived(
        at=at, seq=seq, provider_id=f"wamid.{seq}", parts=text(words), sent_at=at
    )


def sent(seq: int = 2, operator: OperatorId | None = ANA, minutes: int = 5) -> e.MessageSent:
    """Return an answer from here; by nobody when it is automatic."""
    return e.MessageSent(
        at=EARLIER + minutes * MINUTE,
        seq=seq,
        message_id=f"sent-{seq}",
        operator_id=operator,
        parts=text("Bom dia"),
    )


def became(state: e.MessageState, seq: int = 2) -> e.MessageStateChanged:
    return e.MessageStateChanged(at=EARLIER, seq=seq, state=state)


def assigned(operator: OperatorId = ANA) -> e.ChatAssigned:
    return e.ChatAssigned(at=EARLIER, operator_id=operator, reason=BY_HAND)


CLOSED: Final = e.ChatClosed(at=EARLIER, operator_id=ANA)
SNOOZED: Final = e.ChatSnoozed(at=EARLIER, until=NOW + 60 * MINUTE)

nothing: Final = Spec[Chat, ChatCommand, ChatEvent](Chat(ChatId("chat-1")), decide, evolve)
opened: Final = nothing.given(OPENED)
waiting: Final = opened.given(received())
