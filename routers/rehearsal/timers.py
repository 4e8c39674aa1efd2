"""What the passing of time does to chats in a rehearsal: R9's overflow, R11's taking back."""

from collections.abc import Iterator

from domain.chat.events import ChatReleased, ChatTransferred, ReleaseReason
from domain.passing import PassToOverflow
from domain.values import ChatId, Timestamp
from routers.escalation import Kind, next_due, take_overdue
from routers.state import Routing


def next_timer(state: Routing) -> Timestamp | None:
    """Return when a timer may move a chat next; None where no settings make one do so."""
    moves = any(
        pool.settings.overflow is not None or pool.answer_within(state.settings) is not None
        for pool in state.pools.values()
    )
    return next_due(state) if moves else None


def take_moves(
    state: Routing, now: Timestamp
) -> Iterator[tuple[ChatId, ChatReleased | ChatTransferred]]:
    """
    Yield the chats that a timer moves at `now`.

    That a client has waited too long moves nothing. A chat put aside is woken as it really was.
    """
    for overdue in take_overdue(state, now):
        owner = state.chats[overdue.chat_id].operator_id
        if overdue.kind is Kind.UNREAD and owner is not None:
            reason = ReleaseReason.NOT_READ_IN_TIME
            released = ChatReleased(at=now, operator_id=owner, reason=reason, left_out=(owner,))
            yield overdue.chat_id, released
        elif isinstance(overdue.act, PassToOverflow) and owner is None:
            to, left = overdue.act.command.to_group, overdue.act.command.from_group
            yield overdue.chat_id, ChatTransferred(at=now, seq=0, to_group=to, overflowed_from=left)
