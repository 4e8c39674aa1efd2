"""One group as routing sees it: the chats that wait in it, its clocks, and who may take them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from domain.account import AccountSettings
from domain.group import GroupSettings
from domain.hours import OPENING_WITHIN, Patience
from domain.values import ChatId, GroupId, Timestamp
from routers.clocks import Clocks
from routers.ordering import Ordered
from routers.records import KnownChat
from routers.standings import Standings

QueueKey = tuple[int, bool, Timestamp, int]

_NO_CLOCK: Final = datetime.max.replace(tzinfo=UTC)


def queue_key(chat: KnownChat) -> QueueKey:
    """
    Return a chat's place among those that wait: priority, then age (R5).

    Chats whose last message was answered come after those with a running clock; clocks
    that started at the same instant go in the order in which the chats were opened.
    """
    since = chat.waiting_since
    return (-chat.priority.rank, since is None, since or _NO_CLOCK, chat.opened)


class Pool:
    """A group's chats and operators; with None for a group, chats of none, and every operator."""

    __slots__ = ("clocks", "group_id", "queue", "settings", "standings")

    def __init__(self, group_id: GroupId | None) -> None:
        self.group_id = group_id
        self.settings = GroupSettings()
        self.queue: Ordered[ChatId, QueueKey] = Ordered()
        """New chats, oldest first."""
        self.clocks = Clocks()
        self.standings = Standings(group_id)

    def policy_name(self, account: AccountSettings) -> str:
        return self.settings.policy or account.policy

    def patience(self, account: AccountSettings) -> Patience:
        """Return how long a client may go unanswered here (V3, V5)."""
        return self.settings.patience_in(account)

    def sticky(self, account: AccountSettings) -> timedelta:
        """Return for how long a client goes back to his last operator (R4); zero for never."""
        own = self.settings.sticky
        return (account.sticky if own is None else own) or timedelta(0)

    def answer_within(self, account: AccountSettings) -> timedelta | None:
        """Return how soon an operator must look into what he is given (R11); None: no matter."""
        own = self.settings.answer_within
        return account.answer_within if own is None else own

    def is_open(self, now: Timestamp) -> bool:
        """Return whether its chats may be given to anybody at `now` (R2)."""
        hours = self.settings.hours
        return hours is None or hours.is_open(now)

    def next_opening(self, after: Timestamp) -> Timestamp | None:
        """Return when to look whether it has opened, of a group with business hours (R6)."""
        hours = self.settings.hours
        return None if hours is None else hours.next_opening(after) or after + OPENING_WITHIN
