"""
Acts on chats as people ask for them: the domain's act, with what the asker may see and do
looked at under the log's write lock, where it cannot be stale.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from adapters.channels.capabilities import Capabilities
from adapters.channels.carrying import Obstacle, fitted
from domain.access import Scope, can_see
from domain.chat.commands import SendMessage
from domain.chat.decide import decide
from domain.errors import AlreadyAssigned, CannotBeCarried, ChatMovedOn, NotFound
from domain.event import NewEvent
from domain.ports import Act, Found, House
from domain.values import ChannelAccountId, ChatId, Meta, Naming, OperatorId, StreamId, stream_of


@dataclass(frozen=True, slots=True)
class AsSeen:
    """An act on a chat that must be visible to who asks, at the version that he saw."""

    act: Act
    chat_id: ChatId
    scope: Scope
    seen_version: int | None = None
    """None where any version will do."""
    is_pull: bool = False
    """Who may have seen the chat as New is told that somebody was quicker, not that it is gone."""

    @property
    def meta(self) -> Meta:
        return self.act.meta

    @property
    def identity(self) -> str | None:
        return self.act.identity

    @property
    def fingerprint(self) -> str | None:
        return self.act.fingerprint

    def keys(self, naming: Naming) -> Iterable[str]:
        return self.act.keys(naming)

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        yield stream_of("chat", self.chat_id)
        yield from self.act.streams(find, naming)

    def seats(self) -> Iterable[OperatorId]:
        return self.act.seats()

    def decide(self, house: House) -> list[NewEvent]:
        chat = house.chat(self.chat_id)
        if not can_see(self.scope, chat):
            was_new = self.scope.sees(None, chat.group_id, is_open=chat.is_open)
            if self.is_pull and was_new and chat.operator_id is not None:
                raise AlreadyAssigned(self.chat_id, chat.operator_id)
            raise NotFound("chat", self.chat_id)
        if self.seen_version is not None and self.seen_version != chat.version:
            raise ChatMovedOn(self.chat_id, self.seen_version, chat.version)
        return self.act.decide(house)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to the client that his channel can carry, while it takes answers (M10)."""

    chat_id: ChatId
    command: SendMessage
    capabilities_of: Callable[[ChannelAccountId], Capabilities | None]
    meta: Meta
    identity: str | None = None
    fingerprint: str | None = None

    def keys(self, naming: Naming) -> Iterable[str]:
        return ()

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return (stream_of("chat", self.chat_id),)

    def seats(self) -> Iterable[OperatorId]:
        return ()

    def decide(self, house: House) -> list[NewEvent]:
        chat = house.chat(self.chat_id)
        command = self.command
        can = self.capabilities_of(chat.account_id)
        if can is not None:
            parts = fitted(command.parts, can)
            if isinstance(parts, Obstacle):
                raise CannotBeCarried(self.chat_id, parts.what, parts.why)
            command = replace(command, parts=parts, window=can.reply_window)
        stream = stream_of("chat", self.chat_id)
        return [NewEvent(stream, event) for event in decide(chat, command, house.now)]
