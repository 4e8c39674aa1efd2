"""
The erasure of a client: everything that is his ends in one act (A4).

What was said stays in the log, and nobody can read it, since his key is destroyed with the
certificate. Whoever writes again afterwards is somebody new.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.acts import PlainAct
from domain.chat.events import (
    ChatClosed,
    ChatErased,
    ChatEvent,
    MessageState,
    MessageStateChanged,
)
from domain.chat.state import Chat
from domain.client.events import ClientErased
from domain.client.state import Client
from domain.errors import ClientIsHeld, ClientIsMerged, NotFound
from domain.event import NewEvent
from domain.ports import Found, House
from domain.values import ChatId, ClientId, Naming, StreamId, Timestamp, stream_of

NO_LONGER: frozenset[MessageState] = frozenset({MessageState.QUEUED, MessageState.UNKNOWN})
"""States of messages that might still be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseClient(PlainAct):
    """
    A client is erased, with the records that are merged into his and their chats.

    Open chats are closed, and what was to be sent is not. Raises `ClientIsHeld` where any of
    the records is held, `ClientIsMerged` for one that goes on in another.
    """

    client_id: ClientId
    parts: tuple[ClientId, ...] = ()
    """Those merged into him, as far as the asker knows; all that there are belong to him."""
    chats: tuple[ChatId, ...] = ()
    """His chats, as far as the asker knows."""
    basis: str = "request"
    only_over: bool = False
    """Nothing happens where any of his chats goes on, or a new one has begun."""

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        yield from (stream_of("client", id_) for id_ in (self.client_id, *self.parts))
        yield from (stream_of("chat", id_) for id_ in self.chats)

    def decide(self, house: House) -> list[NewEvent]:
        people = _people(house, self.client_id)
        for one in people:
            if one.held is not None:
                raise ClientIsHeld(self.client_id, one.held)
        chats = [house.chat(id_) for id_ in self.chats]
        if self.only_over and any(_goes_on(house, chat, self.chats) for chat in chats):
            return []
        return [event for one in people for event in _erased(house, one, chats, self.basis)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseAgain(PlainAct):
    """
    A client who had been erased is back from an older copy of the log: he is erased again.

    It is he alone, whoever was merged with him when the copy was made, and also where he was
    held then: what was decided later stands.
    """

    client_id: ClientId
    chats: tuple[ChatId, ...] = ()
    """His chats, as far as the asker knows."""

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        yield stream_of("client", self.client_id)
        yield from (stream_of("chat", id_) for id_ in self.chats)

    def decide(self, house: House) -> list[NewEvent]:
        client = house.client(self.client_id)
        if not client.exists:
            return []
        chats = [house.chat(id_) for id_ in self.chats]
        return list(_erased(house, client, chats, "restored"))


def _erased(house: House, client: Client, chats: Sequence[Chat], basis: str) -> Iterator[NewEvent]:
    """Yield the end of what is his among the chats, and the certificate, unless there is one."""
    his = [chat for chat in chats if chat.client_id == client.id and not chat.is_erased]
    for chat in his:
        stream = stream_of("chat", chat.id)
        yield from (NewEvent(stream, event) for event in _ended(chat, house.now))
    if not client.erased:
        said = sum(chat.last_seq for chat in his)
        certificate = ClientErased(at=house.now, basis=basis, chats=len(his), messages=said)
        yield NewEvent(stream_of("client", client.id), certificate)


def _people(house: House, client_id: ClientId) -> list[Client]:
    client = house.client(client_id)
    if not client.exists:
        raise NotFound("client", client_id)
    if client.merged_into is not None:
        raise ClientIsMerged(client_id, client.merged_into)
    return [client, *(house.client(id_) for id_ in sorted(client.took_in))]


def _goes_on(house: House, chat: Chat, known: Sequence[ChatId]) -> bool:
    """Return whether a client's talk is not over: the chat is open, or followed by another."""
    latest = house.find(chat.thread)
    streams = {stream_of("chat", id_) for id_ in known}
    return chat.is_open or (latest is not None and latest.stream not in streams)


def _ended(chat: Chat, now: Timestamp) -> Iterator[ChatEvent]:
    for seq, state in chat.deliveries.items():
        if state in NO_LONGER:
            yield MessageStateChanged(at=now, seq=seq, state=MessageState.FAILED)
    if chat.is_open:
        yield ChatClosed(at=now, operator_id=chat.operator_id)
    yield ChatErased(at=now, up_to=chat.last_seq)
