"""What routing knows: of one chat, of one operator, and of all at one position of the log."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import timedelta
from hashlib import blake2b
from typing import Final, Protocol

from domain.account import AccountSettings
from domain.group import GroupSettings
from domain.operator import DEFAULT_CAPACITY
from domain.values import (
    ChatId,
    ClientId,
    GroupId,
    OperatorId,
    Presence,
    Priority,
    Role,
    Timestamp,
)

KEPT_CLOSED: Final = timedelta(hours=24)
"""How long a closed chat is remembered, since most that reopen do so within hours."""


@dataclass(slots=True)
class KnownChat:
    id: ChatId
    version: int
    opened: int
    """Position of its first event."""
    group_id: GroupId | None = None
    operator_id: OperatorId | None = None
    client_id: ClientId | None = None
    is_open: bool = True
    snoozed_until: Timestamp | None = None
    priority: Priority = Priority.NORMAL
    waiting_since: Timestamp | None = None
    became_waiting: bool = False
    left_out: frozenset[OperatorId] = frozenset()
    kept: bool = False
    """
    Given to its operator while he was offline, and the client has not written since: what
    somebody forced is not undone at once by R10.
    """
    closed_at: Timestamp | None = None
    new_since: Timestamp | None = None
    """Since when it has been with nobody in its group (R9)."""
    unread_since: Timestamp | None = None
    """When its operator was given it, until he looks into it (R11)."""
    back_to: OperatorId | None = None
    """Who had it before it was closed or he left: it is his again if he may take it (R10, R15)."""

    @property
    def snoozed(self) -> bool:
        return self.snoozed_until is not None

    @property
    def is_new(self) -> bool:
        """Return whether routing may give it to somebody (V1); a sleeping chat is left alone."""
        return self.is_open and self.operator_id is None and not self.snoozed


@dataclass(slots=True)
class KnownSeat:
    operator_id: OperatorId
    role: Role = Role.OPERATOR
    active: bool = True
    presence: Presence = Presence.OFFLINE
    lost: bool = False
    """He is offline because his heartbeat was lost, not because he chose to be."""
    online_since: Timestamp | None = None
    capacity: int = DEFAULT_CAPACITY
    skills: Mapping[GroupId, int] = field(default_factory=dict)
    turn: int = 0
    """Position of the last event that gave him a chat: assigned, passed on or reopened."""
    given_since_online: int = 0
    """Chats given automatically since he came online (R7)."""


@dataclass(frozen=True, slots=True)
class Expected:
    """An assignment that was decided; the log will show it, or show that it was overtaken."""

    operator_id: OperatorId
    seen_version: int


LastOperator = tuple[ClientId, OperatorId, Timestamp]
"""Who had a client's chat last, and until when."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that routing knows at one position of the log, so that it need not start at 1."""

    position: int = 0
    at: Timestamp | None = None
    """When the event at `position` happened; None for an empty log."""
    chats: Sequence[KnownChat] = ()
    """Every open chat, and those closed in the last 24 hours (`KEPT_CLOSED`)."""
    seats: Sequence[KnownSeat] = ()
    groups: Mapping[GroupId, GroupSettings] = field(default_factory=dict)
    settings: AccountSettings = field(default_factory=AccountSettings)
    last_operators: Sequence[LastOperator] = ()
    """Of the clients that were last with somebody, the longest ago first (R4)."""

    def digest(self) -> str:
        """Return a fingerprint: two folds that know the same have the same one."""
        said = [
            _words(self.position, self.at),
            *sorted(_words(*astuple(chat)) for chat in self.chats if chat.is_open),
            *sorted(_words(*astuple(seat)) for seat in self.seats),
            *sorted(_words(id_, *astuple(settings)) for id_, settings in self.groups.items()),
            _words(*astuple(self.settings)),
            *(_words(*last) for last in self.last_operators),
        ]
        return blake2b("\n".join(said).encode(), digest_size=16).hexdigest()


def _words(*values: object) -> str:
    return "|".join(_word(value) for value in values)


def _word(value: object) -> str:
    match value:
        case frozenset():
            return ",".join(sorted(map(_word, value)))
        case Mapping():
            return ",".join(sorted(f"{_word(key)}={_word(of)}" for key, of in value.items()))
        case _:
            return str(value)


class LoadSnapshot(Protocol):
    """Where a router starts: everything above as of one position, as near the end as may be."""

    async def __call__(self) -> Snapshot: ...
