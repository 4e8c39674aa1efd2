"""Defects to be found: each puts a plausible mistake in the place of a real function."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

import domain.acts
import domain.chat.decide
import projections.inbox
import projections.seats
import routers.assignment
import routers.moves
import routers.rounds
import tests.simulation.views
from adapters.storage.house import BatchHouse
from domain.chat import events as e
from domain.chat.decide import decide
from domain.errors import LeaseLost, LogIsBusy, Refused
from domain.event import NewEvent
from domain.passing import SendBack
from domain.ports import Receipt
from domain.values import stream_of
from routers.state import Routing
from routers.submissions import Submissions

Plant = Callable[[], AbstractContextManager[Any]]
FORGOTTEN_AFTER: Final = 200
"""Events after which one defect forgets what was delivered."""


def _instead(target: Any, name: str, make: Callable[[Any], Any]) -> Plant:
    """Return what puts `make(the real one)` in the place of a function."""

    @contextmanager
    def planted() -> Iterator[None]:
        with patch.object(target, name, make(getattr(target, name))):
            yield

    return planted


def _no_identity(real: Any) -> Any:
    """Forget under what identity deliveries were recorded."""

    def find(house: Any, key: str) -> Any:
        found = real(house, key)
        return None if found is not None and found.fingerprint else found

    return find


def _short_memory(real: Any) -> Any:
    def find(house: Any, key: str) -> Any:
        found = real(house, key)
        if found is None or not found.fingerprint:
            return found
        return None if found.position < house._base - FORGOTTEN_AFTER else found

    return find


def _any_version(real: Any) -> Any:
    return lambda chat, command, now: real(chat, replace(command, seen_version=None), now)


def _waits_again(real: Any) -> Any:
    return lambda chat, command, now: real(replace(chat, became_waiting=False), command, now)


def _no_patience(real: Any) -> Any:
    def become(chat: Any, command: Any, now: Any) -> Any:
        if chat.became_waiting or chat.waiting_since != command.since:
            return []
        return [e.ChatBecameWaiting(at=now, since=command.since, patience=command.patience)]

    return become


def _wakes_early(real: Any) -> Any:
    def slept(chat: Any, command: Any, now: Any) -> Any:
        until = chat.snoozed_until
        is_early = until is not None and until > now
        return real(replace(chat, snoozed_until=now) if is_early else chat, command, now)

    return slept


def _early_overflow(real: Any) -> Any:
    return lambda chat, command, now: real(chat, replace(command, after=command.after * 0), now)


def _early_release(real: Any) -> Any:
    return lambda chat, command, now: real(chat, replace(command, within=command.within * 0), now)


def _sends_back_blindly(_: Any) -> Any:
    def decided(act: SendBack, house: Any) -> list[NewEvent]:
        events = decide(house.chat(act.chat_id), act.command, house.now)
        return [NewEvent(stream_of("chat", act.chat_id), event) for event in events]

    return decided


def _done_when_busy(_: Any) -> Any:
    async def tried(submissions: Any, act: Any) -> Any:
        try:
            return await submissions._desk.submit(act)
        except LogIsBusy:
            return Receipt(None, 0, 0, added=1)
        except (Refused, LeaseLost) as error:
            return error

    return tried


def _hears_over_holes(real: Any) -> Any:
    def folded(state: Any, recorded: Any) -> None:
        state.position = recorded.position - 1
        real(state, recorded)

    return folded


def _keeps_sender(real: Any) -> Any:
    def transfer(state: Any, chat: Any, event: Any) -> None:
        real(state, chat, event)
        chat.left_out = frozenset()

    return transfer


def _keeps_owner(real: Any) -> Any:
    return lambda row, **changes: real(row, **changes)._replace(operator_id=row.operator_id)


def _fetches_no_messages(real: Any) -> Any:
    return lambda events: {view: keys for view, keys in real(events).items() if view != "messages"}


def _sleepers_count(real: Any) -> Any:
    return lambda before, after, recorded: (
        [] if isinstance(recorded.event, e.ChatSnoozed) else real(before, after, recorded)
    )


def _nothing(_: Any) -> Any:
    return lambda *_: None


def _never(_: Any) -> Any:
    return lambda *_: False


def _one_more(_: Any) -> Any:
    return lambda operator, house: house.load(operator.id) > operator.capacity


def _left_behind_kept(real: Any) -> Any:
    return lambda state: real(state) and []


DEFECTS: Final[dict[str, Plant]] = {
    "deliveries not remembered": _instead(BatchHouse, "find", _no_identity),
    "deliveries soon forgotten": _instead(BatchHouse, "find", _short_memory),
    "no expected version": _instead(domain.chat.decide, "_assign", _any_version),
    "capacity not looked at": _instead(domain.acts, "_is_full", _never),
    "capacity off by one": _instead(domain.acts, "_is_full", _one_more),
    "waiting before its time": _instead(domain.chat.decide, "_become_waiting", _no_patience),
    "waiting twice": _instead(domain.chat.decide, "_become_waiting", _waits_again),
    "woken before its time": _instead(domain.chat.decide, "_sleep", _wakes_early),
    "overflow before its time": _instead(domain.chat.decide, "_overflow", _early_overflow),
    "unread before its time": _instead(domain.chat.decide, "_release_unread", _early_release),
    "sent back though he is there": _instead(SendBack, "decide", _sends_back_blindly),
    "left with who is gone": _instead(routers.assignment, "take_releases", _left_behind_kept),
    "who is free wakes nobody": _instead(Routing, "touch", _nothing),
    "refused for ever": _instead(Routing, "unpark", _nothing),
    "done when the log is busy": _instead(Submissions, "_try", _done_when_busy),
    "holes in the stream": _instead(routers.rounds, "fold", _hears_over_holes),
    "back to the sender": _instead(routers.moves, "_transfer", _keeps_sender),
    "row keeps its owner": _instead(projections.inbox, "_taken_away", _keeps_owner),
    "rows not fetched": _instead(tests.simulation.views, "needs", _fetches_no_messages),
    "sleepers still count": _instead(projections.seats, "changes", _sleepers_count),
}
