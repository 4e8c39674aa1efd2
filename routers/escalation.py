"""
When a client has waited too long: what is due, and when the next thing will be (V3 to V7).

A clock is kept by when it started. When it is due follows from the patience in force at the
moment of asking, so a change of settings applies at once and costs nothing (V7).
"""

from dataclasses import dataclass

from domain.acts import Ask, ask_chat
from domain.chat.commands import NoteWaiting
from domain.values import ChatId, Meta, Timestamp
from routers.state import Routing


@dataclass(frozen=True, slots=True)
class Overdue:
    """A chat whose client has waited for longer than the patience in force."""

    chat_id: ChatId
    command: NoteWaiting

    @property
    def act(self) -> Ask:
        """Return what to ask of the desk, which judges by its own clock once more (V6)."""
        return ask_chat(self.chat_id, self.command, Meta("timer", "timer"))


def next_due(state: Routing) -> Timestamp | None:
    """Return when the next chat becomes waiting; None while no clock runs."""
    dues = [
        first[0] + pool.patience(state.settings)
        for pool in state.pools.values()
        if (first := pool.clocks.first()) is not None
    ]
    return min(dues, default=None)


def take_overdue(state: Routing, now: Timestamp) -> list[Overdue]:
    """Return the chats that became waiting by `now`, each once for each start of its clock."""
    overdue: list[Overdue] = []
    for pool in state.pools.values():
        patience = pool.patience(state.settings)
        while (first := pool.clocks.first()) is not None and first[0] + patience <= now:
            since, chat_id = first
            pool.clocks.discard(chat_id)
            overdue.append(Overdue(chat_id, NoteWaiting(since=since, patience=patience)))
    return overdue


def ask_again(state: Routing, overdue: Overdue) -> None:
    """Have a chat watched again for which nothing was recorded, if its clock still runs."""
    chat = state.chats.get(overdue.chat_id)
    if chat is not None and chat.waiting_since == overdue.command.since:
        state.wind(chat)
