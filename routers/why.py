"""Why a chat is still New: who could get it, and what keeps everybody from it (R12)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from domain.account import AccountSettings
from domain.chat.state import Chat
from domain.group import GroupSettings
from domain.routing import Candidate, Seat
from domain.values import Presence, Role, Timestamp
from routers.seats import WARMUP_TIME, Filter
from routers.standings import ELIGIBLE, MOST_LISTED, NEAREST_FIRST

_NEARNESS: Final = {None: 0, Filter.LEFT_OUT.value: 1} | {
    filter_.value: place for place, filter_ in enumerate(NEAREST_FIRST, 2)
}


@dataclass(frozen=True, slots=True)
class WhyNobody:
    """What keeps a chat in New, as things stand."""

    reasons: tuple[str, ...]
    """In words for programs: `automatic-assignment-off`, `snoozed`, `group-closed`, …"""
    candidates: tuple[Candidate, ...]
    not_listed: Mapping[str, int]
    """How many more there are by what excludes them."""
    opens_at: Timestamp | None
    """When the chat's group opens next; None where it is open or never opens."""


def why_nobody(
    chat: Chat,
    account: AccountSettings,
    group: GroupSettings,
    seats: Iterable[Seat],
    now: Timestamp,
) -> WhyNobody:
    """Return what keeps a New chat from everybody who might get it."""
    is_open = group.hours is None or group.hours.is_open(now)
    candidates = sorted(
        (
            _candidate(seat, chat, account, now, is_open=is_open)
            for seat in seats
            if seat.role is not Role.AUDITOR
            and (chat.group_id is None or chat.group_id in seat.groups)
        ),
        key=lambda c: (_NEARNESS.get(c.excluded_by, len(_NEARNESS)), c.operator_id),
    )
    told, more = candidates[:MOST_LISTED], candidates[MOST_LISTED:]
    opens_at = None if is_open or group.hours is None else group.hours.next_opening(now)
    return WhyNobody(
        tuple(_reasons(chat, account, candidates, is_open=is_open)),
        tuple(told),
        Counter(c.excluded_by or ELIGIBLE for c in more),
        opens_at,
    )


def _reasons(
    chat: Chat, account: AccountSettings, candidates: list[Candidate], *, is_open: bool
) -> Iterable[str]:
    if not account.auto_assign:
        yield "automatic-assignment-off"
    if chat.snoozed_until is not None:
        yield "snoozed"
    if not is_open:
        yield "group-closed"
    if not candidates:
        yield "no-operators"
    elif all(candidate.excluded_by is not None for candidate in candidates):
        yield "nobody-eligible"


def _candidate(
    seat: Seat, chat: Chat, account: AccountSettings, now: Timestamp, *, is_open: bool
) -> Candidate:
    why = _excluded_by(seat, account, now)
    if why is None and seat.operator_id in chat.left_out:
        why = Filter.LEFT_OUT
    if why is None and not is_open:
        why = Filter.CLOSED
    skill = None if chat.group_id is None else seat.skills.get(chat.group_id)
    excluded_by = None if why is None else why.value
    return Candidate(seat.operator_id, seat.load, seat.capacity, excluded_by, skill)


def _excluded_by(seat: Seat, account: AccountSettings, now: Timestamp) -> Filter | None:
    if seat.presence is not Presence.ONLINE:
        return Filter.OFFLINE if seat.presence is Presence.OFFLINE else Filter.AWAY
    if seat.load >= seat.capacity:
        return Filter.FULL
    is_new = seat.online_since is not None and now < seat.online_since + WARMUP_TIME
    return Filter.WARMING_UP if is_new and seat.given_since_online >= account.warmup else None
