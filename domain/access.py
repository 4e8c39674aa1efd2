"""Who sees which chats (V13): one value, used by queries, counts, feeds and acts alike."""

from dataclasses import dataclass

from domain.chat.state import Chat
from domain.values import GroupId, OperatorId, Role


@dataclass(frozen=True, slots=True)
class Scope:
    """
    What one operator sees.

    An operator: his own chats, and New chats of his groups and of no group. A supervisor:
    all chats, or those of his groups where he is in any. Administrator and auditor: all.
    """

    operator_id: OperatorId
    role: Role
    groups: frozenset[GroupId] = frozenset()

    @property
    def sees_all(self) -> bool:
        unrestricted = self.role is Role.SUPERVISOR and not self.groups
        return unrestricted or self.role in {Role.ADMINISTRATOR, Role.AUDITOR}

    def sees(self, operator_id: str | None, group_id: str | None, *, is_open: bool) -> bool:
        """Return whether a chat with this owner, group and state is visible."""
        if self.sees_all or operator_id == self.operator_id:
            return True
        if self.role is Role.SUPERVISOR:
            return group_id in self.groups
        return operator_id is None and is_open and (group_id is None or group_id in self.groups)

    def may(self, action: str) -> bool:
        """
        Return whether the role may do a kind of thing at all: `act` on chats, `supervise`
        (force, take over, act for others), `administer`, see clients' `documents` in full (C2),
        `replay` the lists as they were (A2).
        """
        return action in _RIGHTS[self.role]


def can_see(scope: Scope, chat: Chat) -> bool:
    """Return whether a chat is visible; a closed one as if who had it last had it (V13)."""
    owner = chat.operator_id if chat.is_open else chat.last_operator
    return chat.exists and scope.sees(owner, chat.group_id, is_open=chat.is_open)


_RIGHTS = {
    Role.AUDITOR: frozenset({"replay"}),
    Role.OPERATOR: frozenset({"act"}),
    Role.SUPERVISOR: frozenset({"act", "supervise", "documents", "replay"}),
    Role.ADMINISTRATOR: frozenset({"act", "supervise", "administer", "documents", "replay"}),
}
