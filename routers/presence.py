"""What follows when an operator is gone (R10)."""

from domain.acts import Ask
from domain.chat.commands import ReleaseChat
from domain.operator import ChangePresence
from domain.passing import SendBack
from domain.values import Meta, OperatorId, Presence, stream_of
from routers.state import Routing


def take_releases(state: Routing) -> list[SendBack]:
    """
    Return the acts that send unanswered chats of absent operators back to routing.

    They keep their clocks. Answered ones stay until the client writes.
    """
    meta = Meta("router", "router", str(state.position))
    acts = [
        SendBack(
            chat_id=chat_id,
            command=ReleaseChat(reason=reason, operator_id=owner),
            operator_id=owner,
            meta=meta,
        )
        for chat_id, reason in state.releases.items()
        if (owner := state.chats[chat_id].operator_id) is not None
    ]
    state.releases.clear()
    return acts


def judge_again(state: Routing, act: SendBack) -> None:
    """Have a chat released that was not, if its operator is still gone for all we know."""
    if (chat := state.chats.get(act.chat_id)) is not None:
        state.judge_release(chat)


def count_as_offline(operator_id: OperatorId) -> Ask:
    """Return the act that takes an operator for offline whose heartbeat was lost."""
    return Ask(
        stream=stream_of("operator", operator_id),
        command=ChangePresence(presence=Presence.OFFLINE, lost=True),
        meta=Meta("timer", "timer"),
    )
