"""Anything that may happen in a small company, for property tests."""

from contextlib import suppress
from datetime import timedelta
from typing import Final

from hypothesis import strategies as st

from domain.chat.commands import (
    CloseChat,
    MarkRead,
    NoteWaiting,
    ReleaseChat,
    ReopenChat,
    SayNoAnswerNeeded,
    SetPriority,
    SnoozeChat,
    WakeChat,
)
from domain.chat.events import ReleaseReason, ReopenReason, WakeReason
from domain.errors import Refused
from domain.group import NobodyOnline
from domain.hours import BusinessHours, Span
from domain.values import GroupId, OperatorId, Presence, Priority, Role
from tests.routers.company import Company

OPERATORS: Final = ("ana", "bia", "cleo", "dani")
GROUPS: Final = ("sales", "money")
DEEDS: Final = (
    *("writes",) * 6,
    *("appears",) * 5,
    *("answers",) * 2,
    *("closes",) * 2,
    *("transfers",) * 2,
    "pulls",
    "passes",
    "reopens",
    "sets-priority",
    "snoozes",
    "wakes",
    "waits",
    "needs-no-answer",
    "capacity",
    "membership",
    "role",
    "active",
    "group",
    "account",
    "hours",
    "reads",
    "gives-back",
    "overflows",
    "loses-patience",
)

OFFICE_HOURS: Final = (
    BusinessHours(time_zone="UTC"),
    BusinessHours(time_zone="America/Sao_Paulo", week=((Span(540, 1080),),) * 7),
    BusinessHours(time_zone="UTC", week=((Span(0, 1440),),) * 7),
    BusinessHours(time_zone="Asia/Kathmandu", week=((Span(1200, 1500),),) * 6),
)

Deed = tuple[str, int, int, int]
"""What, and three numbers: to which chat, by or to whom, and how."""

STORIES: Final = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.integers(0, 11), st.integers(0, 3), st.integers(0, 3)),
    max_size=60,
)


def founded() -> Company:
    """Return a company with two groups and four operators, two of them online."""
    company = Company()
    for group in GROUPS:
        company.group(group)
    company.operator("ana", "sales", capacity=2)
    company.operator("bia", "money", "sales", capacity=1)
    company.operator("cleo", "money")
    company.operator("dani")
    company.online("ana", "cleo")
    return company


def play(company: Company, deed: Deed) -> None:
    """Have one thing happen a second later; what the rules refuse does not."""
    company.desk.now += timedelta(seconds=1)
    with suppress(Refused):
        _play(company, deed)


def _play(company: Company, deed: Deed) -> None:
    what, number, who, how = deed
    chat, operator = f"chat-{number}", OPERATORS[who]
    match what:
        case "writes" if company.has(chat).exists and not company.has(chat).is_open:
            company.chat(chat, ReopenChat(reason=ReopenReason.CLIENT_WROTE))
        case "writes":
            company.writes(chat, (None, *GROUPS, None)[how])
        case "answers":
            company.answers(chat, operator)
        case "pulls":
            company.pulls(chat, operator)
        case "transfers":
            company.transfers(chat, operator, to_group=GROUPS[how % 2])
        case "passes":
            to = OPERATORS[how]
            company.transfers(chat, operator, to_operator=to, forced=number % 2 == 0)
        case "closes":
            company.chat(chat, CloseChat())
        case "reopens":
            given = OperatorId(operator) if how else None
            company.chat(chat, ReopenChat(reason=ReopenReason.BY_HAND, operator_id=given))
        case "reads":
            company.chat(chat, MarkRead(operator_id=OperatorId(operator), up_to=number))
        case "gives-back":
            company.chat(chat, ReleaseChat(reason=ReleaseReason.GIVEN_BACK))
        case "sets-priority":
            company.chat(chat, SetPriority(priority=list(Priority)[how]))
        case "snoozes":
            company.chat(chat, SnoozeChat(until=company.desk.now + timedelta(hours=1)))
        case "wakes":
            company.chat(chat, WakeChat(reason=WakeReason.BY_HAND))
        case "needs-no-answer":
            company.chat(chat, SayNoAnswerNeeded(operator_id=OperatorId(operator)))
        case "waits":
            since = company.has(chat).waiting_since or company.desk.now
            company.chat(chat, NoteWaiting(since=since, patience=timedelta(seconds=how)))
        case _:
            _change(company, what, operator, number, how)


def _change(company: Company, what: str, operator: str, number: int, how: int) -> None:
    match what:
        case "appears":
            presence = (Presence.ONLINE, *Presence)[how]
            company.presence(operator, presence, lost=number % 2 == 0)
        case "capacity":
            company.change_operator(operator, capacity=how)
        case "membership":
            groups = (GROUPS, GROUPS[:1], GROUPS[1:], ())[how]
            company.change_operator(operator, skills={GroupId(group): number for group in groups})
        case "role":
            company.change_operator(operator, role=list(Role)[how])
        case "active":
            company.change_operator(operator, active=how > 0)
        case "group":
            policy = (None, "least_busy", "round_robin", "most_skilled")[how]
            patience = timedelta(minutes=number + 1)
            hours = None if number < 8 else OFFICE_HOURS[how]
            company.change_group(
                GROUPS[number % 2],
                policy=policy,
                patience=patience,
                hours=hours,
                clock_in_hours=number % 3 == 0,
                sticky=(None, timedelta(hours=1))[number % 2],
            )
        case "overflows":
            company.change_group(
                GROUPS[0],
                on_nobody_online=NobodyOnline.OVERFLOW,
                overflow_to=GroupId(GROUPS[1]),
                overflow_after=timedelta(seconds=5 * how + 1),
                answer_within=timedelta(seconds=30) if number % 2 else None,
            )
        case "loses-patience":
            within = (None, timedelta(seconds=20), None, timedelta(hours=2))[how]
            company.settings(answer_within=within, sticky=timedelta(hours=number))
        case "account":
            auto = number > 2
            company.settings(
                auto_assign=auto, warmup=how, policy="round_robin" if how else "least_busy"
            )
        case "hours":
            company.desk.now += timedelta(seconds=(10, 60, 3600, 80_000)[how])
        case _:
            raise AssertionError(what)
