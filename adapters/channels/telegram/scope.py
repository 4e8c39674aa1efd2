"""What is known around one thing in an update: what it came in, and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adapters.channels.reading import (
    Object,
    content_key,
    int_of,
    moment_of,
    object_of,
    raw_text,
    short,
)
from adapters.channels.telegram.content import name_of
from adapters.channels.telegram.place import Place
from domain.inbound import Notice, Peer
from domain.values import Identity


@dataclass(frozen=True, slots=True)
class Scope:
    update: Object
    kind: str
    bot_id: str
    now: datetime
    """Stands in for a time that is not given."""

    def key(self, *which: int) -> str:
        """Return the key of a thing that is not a new message: its update's content."""
        return content_key("u", self.update, self.kind, *which)

    def note(
        self,
        code: str,
        what: Object,
        why: Literal["notice", "unknown", "unreadable"] = "notice",
    ) -> Notice:
        """Return the record of something that no chat is told about."""
        return Notice(
            account=None,
            dedup_key=self.key(),
            occurred_at=moment_of(what, "date", self.now),
            code=short(code),
            raw=raw_text(what),
            why=why,
        )


def peer_of(sender: Object, place: Place) -> Peer | None:
    """
    Return who is at the other end; None where it is not said.

    In a private chat that is whom the chat is with, and the chat has his id and his name.
    """
    number = place.chat if place.is_private else int_of(sender, "id")
    if number is None:
        return None
    scheme = "telegram.user" if number > 0 else "telegram.chat"
    return Peer((Identity(scheme, str(number)),), name_of(sender))


def direct_client_of(message: Object) -> Object:
    """Return whom direct messages to a channel are with; nobody, where it is none."""
    return object_of(object_of(message, "direct_messages_topic"), "user")


def sender_of(message: Object, place: Place) -> Object:
    """
    Return whose talk it is: who wrote, or whose topic of direct messages it stands in.

    In a group a channel may speak, and then `from` is a stand-in.
    """
    if place.direct is not None and (client := direct_client_of(message)):
        return client
    if not place.is_private and (channel := object_of(message, "sender_chat")):
        return channel
    return object_of(message, "from")
