"""Where in VK a talk goes on: with one person, or in a chat of many."""

from dataclasses import dataclass
from typing import Final, Self

from adapters.channels.reading import Object, int_of
from domain.inbound import Peer
from domain.values import Identity

FIRST_CHAT: Final = 2_000_000_000
"""Peers from here on are chats of many."""


@dataclass(frozen=True, slots=True)
class Place:
    peer: int

    @classmethod
    def of_message(cls, message: Object) -> Self | None:
        """Return where a message stands; without a peer, with him who wrote it."""
        author = author_of(message)
        return cls.named(int_of(message, "peer_id") or (author if _is_person(author) else None))

    @classmethod
    def named(cls, peer: int | None) -> Self | None:
        return cls(peer) if peer else None

    @property
    def is_private(self) -> bool:
        return self.peer < FIRST_CHAT

    @property
    def thread(self) -> str | None:
        """Return the address of a chat; a private talk goes on with the person himself."""
        return None if self.is_private else str(self.peer)

    def message_id(self, message: Object) -> str | None:
        """
        Return a message's id: its number in the talk, which everybody who takes part sees.

        The other number, the community's own, is zero in chats of many and stands in only
        where the first is not given.
        """
        number = int_of(message, "conversation_message_id") or int_of(message, "cmid")
        if number:
            return f"{self.peer}:{number}"
        own = int_of(message, "id") or int_of(message, "message_id")
        return f"{self.peer}:id{own}" if own else None


def author_of(message: Object) -> int | None:
    """Return who wrote; before version 5.80 it was called otherwise."""
    return int_of(message, "from_id") or int_of(message, "user_id")


def peer_of(who: int | None) -> Peer | None:
    """Return a person, a community or a chat of many as a peer; None where it is nobody."""
    if not who:
        return None
    scheme = "vk.user" if _is_person(who) else "vk.group" if who < 0 else "vk.chat"
    return Peer((Identity(scheme, str(who)),))


def _is_person(number: int | None) -> bool:
    return number is not None and 0 < number < FIRST_CHAT
