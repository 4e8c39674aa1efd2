"""One operator as routing sees him: how much he has, and why he may get no more."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from domain.values import ChatId, GroupId, OperatorId, Presence, Role, Timestamp
from routers.records import KnownSeat

WARMUP_TIME: Final = timedelta(minutes=1)
"""For how long after coming online an operator gets only `warmup` chats (R7)."""


class Filter(StrEnum):
    """Why a candidate was left out; the first that applies is recorded (R12)."""

    INACTIVE = "inactive"
    """His account is switched off."""
    OFFLINE = "offline"
    AWAY = "away"
    FULL = "full"
    """He has as many chats as his capacity, those just decided for him included (R3)."""
    WARMING_UP = "warming-up"
    """He came online less than a minute ago and got what one may get in that time (R7)."""
    LEFT_OUT = "left-out"
    """He passed this very chat on or did not read it, and is left out of this round (R9, R11)."""
    CLOSED = "closed"
    """It is outside of the group's business hours (R2)."""


class Seat:
    """An operator, his chats, and those that were decided for him and are not in the log yet."""

    __slots__ = ("chats", "expected", "known", "load")

    def __init__(self, known: KnownSeat) -> None:
        self.known = known
        self.chats: dict[ChatId, bool] = {}
        """His open chats, and whether each counts against his capacity (R3)."""
        self.load = 0
        self.expected: dict[ChatId, int] = {}
        """Each with the turn it was decided in, which is later than all in the log."""

    @property
    def id(self) -> OperatorId:
        return self.known.operator_id

    @property
    def is_candidate(self) -> bool:
        """Return whether he is one who may be given chats at all: an auditor is not."""
        return self.known.role is not Role.AUDITOR

    @property
    def is_gone(self) -> bool:
        return not self.known.active or self.known.presence is Presence.OFFLINE

    @property
    def full_load(self) -> int:
        return self.load + len(self.expected)

    @property
    def turn(self) -> int:
        return next(reversed(self.expected.values())) if self.expected else self.known.turn

    def is_in(self, group_id: GroupId | None) -> bool:
        return group_id is None or group_id in self.known.skills

    def excluded_by(self, now: Timestamp, warmup: int) -> Filter | None:
        """Return what keeps him from any chat at `now`, or None."""
        known = self.known
        if not known.active:
            return Filter.INACTIVE
        if known.presence is Presence.OFFLINE:
            return Filter.OFFLINE
        if known.presence is Presence.AWAY:
            return Filter.AWAY
        if self.full_load >= known.capacity:
            return Filter.FULL
        ends = self.warm_at
        given = known.given_since_online + len(self.expected)
        if ends is not None and now < ends and given >= warmup:
            return Filter.WARMING_UP
        return None

    @property
    def warm_at(self) -> Timestamp | None:
        """Return when his first minute online ends or ended; None if he is not online."""
        known = self.known
        if known.presence is not Presence.ONLINE or known.online_since is None:
            return None
        return known.online_since + WARMUP_TIME

    def holds_what_is_expected(self) -> bool:
        """Return whether the desk can still agree to all that was decided for him."""
        known = self.known
        return (
            known.active and known.presence is Presence.ONLINE and self.full_load <= known.capacity
        )
