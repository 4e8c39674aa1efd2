"""
Who may see and do what (V13): one function, asked by commands, queries, counts, search,
exports, attachments and live feeds alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Self, assert_never

from domain.chat.state import Chat
from domain.values import GroupId, OperatorId, Role


class Action(StrEnum):
    """A kind of thing to do. API tokens are given some of them as their scopes."""

    READ = "read"
    ACT = "act"
    """Talk to clients, move chats, change records of clients."""
    SUPERVISE = "supervise"
    """Force, take over, act for others."""
    ADMINISTER = "administer"
    AUDIT = "audit"
    """See who looked at what, and export the log."""
    DOCUMENTS = "documents"
    """See clients' CPF and CNPJ in full (C2)."""
    REPLAY = "replay"
    """See the lists as they were (A2)."""


CHANGES: Final = frozenset({Action.ACT, Action.SUPERVISE, Action.ADMINISTER})
"""Without any of these one changes nothing."""

ACTIONS_OF: Final = {
    Role.AUDITOR: frozenset({Action.READ, Action.AUDIT, Action.REPLAY}),
    Role.OPERATOR: frozenset({Action.READ, Action.ACT}),
    Role.SUPERVISOR: frozenset(Action) - {Action.ADMINISTER, Action.AUDIT},
    Role.ADMINISTRATOR: frozenset(Action),
}


@dataclass(frozen=True, slots=True)
class ChatPlace:
    """Where a chat is: whoever has it (had it last, where it is closed), and its group."""

    operator_id: str | None
    group_id: str | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Belonging:
    """Something kept for one person, for a group, or, with neither, for everybody."""

    owner: str | None = None
    group_id: str | None = None
    kept_by: Action = Action.ADMINISTER
    """What it takes, besides seeing all, to change what is everybody's."""


@dataclass(frozen=True, slots=True)
class Office:
    """That somebody has the role that he has, and is let in at all."""

    operator_id: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """An operator, as somebody who deals with operators sees him."""

    operator_id: str
    groups: frozenset[GroupId] = frozenset()


@dataclass(frozen=True, slots=True)
class Workload:
    """How many chats an operator, or all of a group, has: seen as far as those chats are."""

    groups: frozenset[GroupId]
    operator_id: str | None = None


Resource = ChatPlace | Belonging | Office | Colleague | Workload


@dataclass(frozen=True, slots=True)
class Scope:
    """
    Who asks: an operator's role and groups, and what his token limits him to.

    An operator sees his own chats, and New chats of his groups and of no group unless a switch
    of his forbids it. A supervisor: all chats, or those of his groups where he is in any.
    Administrator and auditor: all.
    """

    operator_id: OperatorId
    role: Role
    groups: frozenset[GroupId] = frozenset()
    sees_new: bool = True
    actions: frozenset[Action] = field(default=frozenset(Action))
    """What a token was given; none of it goes beyond the role."""

    @property
    def rights(self) -> list[str]:
        """Return the names of all that may be done at all."""
        return [action.value for action in Action if can(self, action)]

    @property
    def sees_all(self) -> bool:
        unrestricted = self.role is Role.SUPERVISOR and not self.groups
        return unrestricted or self.role in {Role.ADMINISTRATOR, Role.AUDITOR}

    def sees(self, operator_id: str | None, group_id: str | None, *, is_open: bool) -> bool:
        """Return `can(…, READ, …)` of the chat with this owner, group and state."""
        return can(self, Action.READ, ChatPlace(operator_id, group_id, is_open))

    def may(self, action: str) -> bool:
        """Return `can` for an action's name; False where there is no such action."""
        return action in {*Action} and can(self, Action(action))

    def limited_to(self, actions: Iterable[str]) -> Self:
        """Return the same person with no more than these actions, and reading."""
        wanted = {Action.READ, *(Action(one) for one in actions)}
        return replace(self, actions=self.actions & wanted)

    def among_colleagues(self) -> Self:
        """Return one that all have who see the same of operators."""
        if self.sees_all:
            return self.shared()
        if not self.groups:
            return self
        return replace(self, operator_id=OperatorId(""), role=Role.OPERATOR, sees_new=True)

    def shared(self) -> Self:
        """Return one that all have who see the same, for what is made once for all of them."""
        if not self.sees_all:
            return self
        return replace(self, operator_id=OperatorId(""), groups=frozenset(), sees_new=True)


def can_see(scope: Scope, chat: Chat) -> bool:
    """Return whether a chat is visible; a closed one as if who had it last had it (V13)."""
    owner = chat.operator_id if chat.is_open else chat.last_operator
    return chat.exists and scope.sees(owner, chat.group_id, is_open=chat.is_open)


def can(actor: Scope, action: Action, resource: Resource | None = None) -> bool:
    """
    Return whether somebody may do something, to a resource or at all.

    Without a resource it says whether there is anything that he may do it to. To do something
    to a resource takes seeing it: who gets no here for `READ` is told that there is none.
    """
    if action not in ACTIONS_OF[actor.role] & actor.actions:
        return False
    match resource:
        case None:
            return True
        case ChatPlace():
            return _sees_chat(actor, resource)
        case Belonging():
            return _can_share(actor, action, resource)
        case Office(operator_id=id_):
            # Nobody takes the administration from himself, so that somebody always has it.
            return id_ != actor.operator_id or action not in CHANGES
        case Colleague(operator_id=id_, groups=groups):
            is_his = _oversees(actor) and not groups.isdisjoint(actor.groups)
            return is_his or actor.sees_all or id_ == actor.operator_id
        case Workload(operator_id=id_, groups=groups):
            is_near = id_ == actor.operator_id or not groups.isdisjoint(actor.groups)
            return is_near or actor.sees_all
        case _:
            assert_never(resource)


def _sees_chat(actor: Scope, chat: ChatPlace) -> bool:
    if actor.sees_all or chat.operator_id == actor.operator_id:
        return True
    if _oversees(actor):
        return chat.group_id in actor.groups
    is_new = chat.operator_id is None and chat.is_open
    return is_new and actor.sees_new and (chat.group_id is None or chat.group_id in actor.groups)


def _can_share(actor: Scope, action: Action, shared: Belonging) -> bool:
    """What is a group's is seen by its members and changed by their supervisors."""
    if shared.owner is not None:
        return shared.owner == actor.operator_id
    is_change = action in CHANGES
    if shared.group_id is None:
        return not is_change or (actor.sees_all and can(actor, shared.kept_by))
    is_his = actor.sees_all or shared.group_id in actor.groups
    return is_his and (not is_change or can(actor, Action.SUPERVISE))


def _oversees(actor: Scope) -> bool:
    return actor.role is Role.SUPERVISOR
