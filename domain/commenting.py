"""The act of commenting: whom it reaches is looked at under the log's write lock (T1, V9)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from domain.access import Scope, can_see
from domain.acts import PlainAct
from domain.chat.commands import AddComment
from domain.chat.decide import decide as decide_chat
from domain.chat.state import Chat
from domain.errors import MentionNotSeen, NotFound
from domain.event import NewEvent
from domain.operator import Operator
from domain.ports import Found, House
from domain.values import ChatId, GroupId, Naming, OperatorId, StreamId, stream_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(PlainAct):
    """
    Something is written for colleagues; who is mentioned must see the chat.

    Of a mentioned group it reaches those who do. Raises `MentionNotSeen` for an operator
    who does not, `NotFound` for a group that there is not.
    """

    chat_id: ChatId
    command: AddComment
    members: Mapping[GroupId, tuple[OperatorId, ...]] = field(default_factory=dict)
    """Of each mentioned group, who is in it for all the asker knows."""

    @property
    def _asked(self) -> list[OperatorId]:
        of_groups = (one for members in self.members.values() for one in members)
        return list(dict.fromkeys((*self.command.mentions, *of_groups)))

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        yield stream_of("chat", self.chat_id)
        yield from (stream_of("group", group) for group in self.command.groups)
        yield from (stream_of("operator", one) for one in self._asked)

    def decide(self, house: House) -> list[NewEvent]:
        chat = house.chat(self.chat_id)
        for group in self.command.groups:
            if not house.group(group).exists:
                raise NotFound("group", group)
        blind = tuple(one for one in self.command.mentions if not _sees(house.operator(one), chat))
        if blind:
            raise MentionNotSeen(self.chat_id, blind)
        command = replace(self.command, mentions=tuple(self._reached(chat, house)))
        events = decide_chat(chat, command, house.now)
        return [NewEvent(stream_of("chat", self.chat_id), event) for event in events]

    def _reached(self, chat: Chat, house: House) -> Iterable[OperatorId]:
        groups = frozenset(self.command.groups)
        for id_ in self._asked:
            operator = house.operator(id_)
            is_member = not groups.isdisjoint(operator.groups) and _sees(operator, chat)
            if id_ in self.command.mentions or is_member:
                yield id_


def _sees(operator: Operator, chat: Chat) -> bool:
    scope = Scope(operator.id, operator.role, operator.groups)
    return operator.exists and operator.active and can_see(scope, chat)
