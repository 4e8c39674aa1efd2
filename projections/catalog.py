"""Who and what there is: operators, groups, channel accounts, the account's settings."""

from typing import NamedTuple

from domain import operator as o
from domain.account import AccountConfigured, AccountSettings
from domain.channel import ChannelAdded, ChannelConfigured, ChannelPaused, ChannelResumed
from domain.event import Recorded
from domain.group import GroupConfigured, GroupCreated, GroupRenamed, GroupSettings
from domain.values import (
    ChannelAccountId,
    GroupId,
    OperatorId,
    Presence,
    Role,
    Timestamp,
    split_stream,
)
from projections.rows import replacing


class OperatorRow(NamedTuple):
    id: OperatorId
    version: int
    changed: int
    renamed: int = 0
    email: str = ""
    name: str = ""
    role: Role = Role.OPERATOR
    skills: tuple[tuple[GroupId, int], ...] = ()
    """Skill, 1 to 100, in each group he is in; by group."""
    capacity: int = o.DEFAULT_CAPACITY
    presence: Presence = Presence.OFFLINE
    online_since: Timestamp | None = None
    online_at: int = 0
    """Position at which he came online last: what follows it counts for the warm-up (R7)."""
    active: bool = True
    sees_new: bool = True

    @property
    def key(self) -> tuple[str]:
        return (self.id,)


class GroupRow(NamedTuple):
    id: GroupId
    version: int
    changed: int
    renamed: int = 0
    name: str = ""
    settings: GroupSettings = GroupSettings()

    @property
    def key(self) -> tuple[str]:
        return (self.id,)


class ChannelRow(NamedTuple):
    id: ChannelAccountId
    version: int
    changed: int
    name: str = ""
    kind: str = ""
    group_id: GroupId | None = None
    paused: str | None = None
    """Why nothing is sent, None where all is well."""

    @property
    def key(self) -> tuple[str]:
        return (self.id,)


class SettingsRow(NamedTuple):
    id: str
    version: int
    changed: int
    settings: AccountSettings = AccountSettings()

    @property
    def key(self) -> tuple[str]:
        return (self.id,)


_operator = replacing(OperatorRow)
_group = replacing(GroupRow)
_channel = replacing(ChannelRow)


def _id(recorded: Recorded) -> str:
    return split_stream(recorded.stream)[1]


def apply_operator(row: OperatorRow | None, recorded: Recorded) -> OperatorRow | None:
    """Return the row after one more event of its operator."""
    if row is None:
        row = OperatorRow(OperatorId(_id(recorded)), recorded.version, recorded.position)
    row = _operator(row, version=recorded.version, changed=recorded.position)
    match recorded.event:
        case o.OperatorCreated(email=email, name=name, role=role):
            return _operator(row, email=email, name=name, role=role, renamed=recorded.position)
        case o.OperatorRenamed(name=name):
            return _operator(row, name=name, renamed=recorded.position)
        case o.RoleGiven(role=role):
            return _operator(row, role=role)
        case o.MembershipChanged(skills=skills):
            return _operator(row, skills=tuple(sorted(skills.items())))
        case o.CapacityChanged(capacity=capacity):
            return _operator(row, capacity=capacity)
        case o.NewChatsSwitched(sees_new=sees_new):
            return _operator(row, sees_new=sees_new)
        case o.PresenceChanged(presence=presence, at=at):
            return _present(row, presence, at, recorded.position)
        case o.OperatorDeactivated():
            return _operator(row, active=False, presence=Presence.OFFLINE)
        case o.OperatorReactivated():
            return _operator(row, active=True)
        case _:
            return row


def _present(row: OperatorRow, presence: Presence, at: Timestamp, position: int) -> OperatorRow:
    if presence is Presence.ONLINE and row.presence is not Presence.ONLINE:
        return _operator(row, presence=presence, online_since=at, online_at=position)
    return _operator(row, presence=presence)


def apply_group(row: GroupRow | None, recorded: Recorded) -> GroupRow | None:
    """Return the row after one more event of its group."""
    if row is None:
        row = GroupRow(GroupId(_id(recorded)), recorded.version, recorded.position)
    row = _group(row, version=recorded.version, changed=recorded.position)
    match recorded.event:
        case GroupCreated(name=name) | GroupRenamed(name=name):
            return _group(row, name=name, renamed=recorded.position)
        case GroupConfigured(settings=settings):
            return _group(row, settings=settings)
        case _:
            return row


def apply_channel(row: ChannelRow | None, recorded: Recorded) -> ChannelRow | None:
    """Return the row after one more event of its channel account."""
    if row is None:
        row = ChannelRow(ChannelAccountId(_id(recorded)), recorded.version, recorded.position)
    row = _channel(row, version=recorded.version, changed=recorded.position)
    match recorded.event:
        case ChannelAdded(name=name, channel=kind, group_id=group_id):
            return _channel(row, name=name, kind=kind, group_id=group_id)
        case ChannelConfigured(group_id=group_id):
            return _channel(row, group_id=group_id)
        case ChannelPaused(reason=reason):
            return _channel(row, paused=reason)
        case ChannelResumed():
            return _channel(row, paused=None)
        case _:
            return row


def apply_settings(row: SettingsRow | None, recorded: Recorded) -> SettingsRow | None:
    """Return the row after one more event of the account."""
    match recorded.event:
        case AccountConfigured(settings=settings):
            return SettingsRow(_id(recorded), recorded.version, recorded.position, settings)
        case _:
            return row
