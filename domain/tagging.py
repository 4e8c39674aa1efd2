"""The act of tagging a chat: a tag that was removed cannot be given any more."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from domain.acts import PlainAct
from domain.chat.commands import TagChat
from domain.chat.decide import decide as decide_chat
from domain.errors import TagIsRemoved
from domain.event import NewEvent
from domain.ports import Found, House
from domain.tag import tag_id
from domain.values import ChatId, Naming, StreamId, stream_of


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveTags(PlainAct):
    """
    A chat's tags change. A name that nobody defined is a tag, too.

    Raises `TagIsRemoved` for one that the chat does not bear already.
    """

    chat_id: ChatId
    command: TagChat

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        yield stream_of("chat", self.chat_id)
        yield from (stream_of("tag", tag_id(naming, name)) for name in self.command.add)

    def decide(self, house: House) -> list[NewEvent]:
        chat = house.chat(self.chat_id)
        for name in sorted(self.command.add - chat.tags):
            if house.tag(tag_id(house.naming, name)).is_removed:
                raise TagIsRemoved(name)
        events = decide_chat(chat, self.command, house.now)
        return [NewEvent(stream_of("chat", self.chat_id), event) for event in events]
