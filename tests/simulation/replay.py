"""The log once more through a router that has never heard of it (R13)."""

from collections.abc import Iterator

from domain.chat.events import ChatAssigned
from domain.event import Recorded
from domain.values import split_stream
from routers.fold import ChatIsForgotten, recall
from routers.rounds import Round, decide_along
from routers.state import Routing


def decided_otherwise(log: list[Recorded]) -> Iterator[str]:
    """
    Yield the automatic assignments that do not follow from the events before them, a line each.

    Compared is who was given which version of a chat, where the router had heard everything
    but its own assignments. What it decides when the time has come, with something still on
    its way to it, may differ: a group opens, and a chat is closed at the same moment.
    """
    state, decided, heard_by = Routing(), set[tuple[str, int, str]](), 0
    for recorded in log:
        for act in _decided(state, recorded, log).acts:
            command = act.command
            decided.add((act.chat_id, command.seen_version or 0, command.operator_id))
        event = recorded.event
        if not isinstance(event, ChatAssigned) or not event.reason.position:
            heard_by = recorded.position
        elif event.reason.position >= heard_by:
            what = (split_stream(recorded.stream)[1], recorded.version - 1, event.operator_id)
            if what not in decided:
                yield f"R13 the log alone gives otherwise: position {recorded.position}"


def _decided(state: Routing, recorded: Recorded, log: list[Recorded]) -> Round:
    try:
        return decide_along(state, recorded)
    except ChatIsForgotten:
        recall(state, [r for r in log if r.stream == recorded.stream])
        return decide_along(state, recorded)
