"""
One operator: who he is, what he may take, whether he is there.

The first half is a storage format: see `domain.chat.events` for its rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from domain.errors import AlreadyExists, NotFound
from domain.event import Event
from domain.signing_in import (
    IssueToken,
    NotePassword,
    NoteSecondFactor,
    PasswordChanged,
    RevokeToken,
    SecondFactorAdded,
    SecondFactorRemoved,
    SignedOutEverywhere,
    SigningInCommand,
    SigningInEvent,
    SignOutEverywhere,
    TokenIssued,
    TokenRevoked,
)
from domain.values import GroupId, OperatorId, PersonalText, Presence, Role, Timestamp

DEFAULT_CAPACITY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorCreated(Event):
    TOPIC = "operator-created.v1"
    email: PersonalText
    name: PersonalText
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRenamed(Event):
    TOPIC = "operator-renamed.v1"
    name: PersonalText


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGiven(Event):
    TOPIC = "role-given.v1"
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipChanged(Event):
    """The groups he is in, with his skill in each: 1 to 100."""

    TOPIC = "membership-changed.v1"
    skills: Mapping[GroupId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityChanged(Event):
    TOPIC = "capacity-changed.v1"
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChatsSwitched(Event):
    """Whether he sees New chats, which an administrator can forbid (V13)."""

    TOPIC = "new-chats-switched.v1"
    sees_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChanged(Event):
    TOPIC = "presence-changed.v1"
    presence: Presence
    lost: bool = False
    """True when nobody chose it: the heartbeat was lost for longer than the grace (R10)."""
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorDeactivated(Event):
    TOPIC = "operator-deactivated.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorReactivated(Event):
    TOPIC = "operator-reactivated.v1"


OperatorEvent = (
    OperatorCreated
    | OperatorRenamed
    | RoleGiven
    | MembershipChanged
    | CapacityChanged
    | NewChatsSwitched
    | PresenceChanged
    | OperatorDeactivated
    | OperatorReactivated
    | SigningInEvent
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOperator:
    email: str
    name: str
    role: Role
    skills: Mapping[GroupId, int] = field(default_factory=dict)
    capacity: int = DEFAULT_CAPACITY
    sees_new: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOperator:
    """What is not None is to be so from now on."""

    name: str | None = None
    role: Role | None = None
    skills: Mapping[GroupId, int] | None = None
    capacity: int | None = None
    sees_new: bool | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePresence:
    presence: Presence
    lost: bool = False
    reason: str | None = None


OperatorCommand = CreateOperator | ChangeOperator | ChangePresence | SigningInCommand


@dataclass(frozen=True, slots=True)
class Operator:
    id: OperatorId
    version: int = 0
    email: str = ""
    name: str = ""
    role: Role = Role.OPERATOR
    skills: Mapping[GroupId, int] = field(default_factory=dict)
    capacity: int = DEFAULT_CAPACITY
    presence: Presence = Presence.OFFLINE
    online_since: Timestamp | None = None
    active: bool = True
    sees_new: bool = True
    second_factor: bool = False
    signed_out_at: int = 0
    """Version at which all his sessions ended last: those that were opened before are no good."""
    left_at: int = 0
    """Version at which he was deactivated last, which ended his tokens, too."""

    @property
    def exists(self) -> bool:
        return self.version > 0

    @property
    def groups(self) -> frozenset[GroupId]:
        return frozenset(self.skills)


def evolve(operator: Operator, event: OperatorEvent) -> Operator:
    """Return the operator after one more event."""
    version = operator.version + 1
    operator = replace(operator, version=version)
    match event:
        case OperatorCreated(email=email, name=name, role=role):
            return replace(operator, email=email, name=name, role=role)
        case OperatorRenamed(name=name):
            return replace(operator, name=name)
        case RoleGiven(role=role):
            return replace(operator, role=role, signed_out_at=version)
        case MembershipChanged(skills=skills):
            return replace(operator, skills=dict(skills))
        case CapacityChanged(capacity=capacity):
            return replace(operator, capacity=capacity)
        case NewChatsSwitched(sees_new=sees_new):
            return replace(operator, sees_new=sees_new)
        case PresenceChanged(presence=presence, at=at):
            came = presence is Presence.ONLINE and operator.presence is not Presence.ONLINE
            since = at if came else operator.online_since
            return replace(operator, presence=presence, online_since=since)
        case OperatorDeactivated():
            gone = replace(operator, active=False, presence=Presence.OFFLINE)
            return replace(gone, signed_out_at=version, left_at=version)
        case OperatorReactivated():
            return replace(operator, active=True)
        case SecondFactorAdded() | SecondFactorRemoved():
            is_there = isinstance(event, SecondFactorAdded)
            return replace(operator, second_factor=is_there, signed_out_at=version)
        case PasswordChanged() | SignedOutEverywhere():
            return replace(operator, signed_out_at=version)
        case TokenIssued() | TokenRevoked():
            return operator
        case _:
            assert_never(event)


def decide(operator: Operator, command: OperatorCommand, now: Timestamp) -> list[OperatorEvent]:
    """Return what happens when `command` is asked of `operator` at `now`."""
    if isinstance(command, CreateOperator):
        return _create(operator, command, now)
    if not operator.exists:
        raise NotFound("operator", operator.id)
    match command:
        case ChangeOperator():
            return _change(operator, command, now)
        case ChangePresence(presence=presence) if not (
            operator.active or presence is Presence.OFFLINE
        ):
            raise NotFound("operator", operator.id)
        case ChangePresence(presence=presence, lost=lost, reason=reason):
            changed = PresenceChanged(at=now, presence=presence, lost=lost, reason=reason)
            return [] if operator.presence is presence else [changed]
        case _:
            return _prove(operator, command, now)


def _prove(operator: Operator, command: SigningInCommand, now: Timestamp) -> list[OperatorEvent]:
    """Return what happens to the ways in which an operator who may come in proves who he is."""
    if not operator.active and isinstance(command, IssueToken):
        raise NotFound("operator", operator.id)
    match command:
        case NotePassword():
            return [PasswordChanged(at=now)]
        case NoteSecondFactor(is_there=is_there):
            changed = SecondFactorAdded(at=now) if is_there else SecondFactorRemoved(at=now)
            return [] if operator.second_factor is is_there else [changed]
        case SignOutEverywhere():
            return [SignedOutEverywhere(at=now)]
        case IssueToken(token=token, scopes=scopes):
            return [TokenIssued(at=now, token=token, scopes=scopes)]
        case RevokeToken(token=token):
            return [TokenRevoked(at=now, token=token)]
        case _:
            assert_never(command)


def _create(operator: Operator, command: CreateOperator, now: Timestamp) -> list[OperatorEvent]:
    if operator.exists:
        raise AlreadyExists("operator", operator.id)
    events: list[OperatorEvent] = [
        OperatorCreated(at=now, email=command.email, name=command.name, role=command.role)
    ]
    if command.skills:
        events.append(MembershipChanged(at=now, skills=dict(command.skills)))
    if command.capacity != DEFAULT_CAPACITY:
        events.append(CapacityChanged(at=now, capacity=command.capacity))
    if not command.sees_new:
        events.append(NewChatsSwitched(at=now, sees_new=False))
    return events


def _change(operator: Operator, command: ChangeOperator, now: Timestamp) -> list[OperatorEvent]:
    events: list[OperatorEvent] = []
    if command.name not in {None, operator.name}:
        events.append(OperatorRenamed(at=now, name=str(command.name)))
    if command.role is not None and command.role != operator.role:
        events.append(RoleGiven(at=now, role=command.role))
    if command.skills is not None and dict(command.skills) != dict(operator.skills):
        events.append(MembershipChanged(at=now, skills=dict(command.skills)))
    if command.capacity is not None and command.capacity != operator.capacity:
        events.append(CapacityChanged(at=now, capacity=command.capacity))
    if command.sees_new not in {None, operator.sees_new}:
        events.append(NewChatsSwitched(at=now, sees_new=bool(command.sees_new)))
    if command.active is True and not operator.active:
        events.append(OperatorReactivated(at=now))
    if command.active is False and operator.active:
        events.append(OperatorDeactivated(at=now))
    return events
