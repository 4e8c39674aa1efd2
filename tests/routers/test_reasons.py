"""Reasons that stay small, and why nobody has a chat (R12)."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.account import AccountSettings
from domain.chat.state import Chat
from domain.group import GroupSettings
from domain.hours import BusinessHours
from domain.routing import Reason, Seat
from domain.values import ChatId, GroupId, OperatorId, Presence, Role
from routers.ordering import Ranked
from routers.policies import BUILT_IN
from routers.records import KnownChat, KnownSeat, Snapshot
from routers.rounds import decide_round
from routers.standings import MOST_LISTED
from routers.state import Routing
from routers.why import why_nobody
from tests.routers.company import NINE

SALES = GroupId("sales")
PRESENCES = (Presence.ONLINE, Presence.AWAY, Presence.OFFLINE)


def seats(number: int) -> list[KnownSeat]:
    return [
        KnownSeat(OperatorId(f"op-{n:04}"), presence=PRESENCES[n % 3], capacity=5, turn=number - n)
        for n in range(number)
    ]


def reason_of(known: list[KnownSeat], left_out: frozenset[OperatorId] = frozenset()) -> Reason:
    chat = KnownChat(ChatId("chat"), 2, 1, waiting_since=NINE, left_out=left_out)
    state = Routing(Snapshot(position=9, at=NINE, chats=[chat], seats=known))
    (act,) = decide_round(state, NINE, 9).acts
    assert act.command.operator_id in {c.operator_id for c in act.command.reason.candidates}
    return act.command.reason


def test_of_a_thousand_operators_those_are_told_of_who_came_nearest() -> None:
    """R12: a reason stays small, and says how many more there were and why they got nothing."""
    reason = reason_of(seats(1_000))
    size = len(json.dumps(TypeAdapter(Reason).dump_python(reason, mode="json")))
    assert len(reason.candidates) == MOST_LISTED
    assert size < 8_000
    assert all(c.excluded_by is None for c in reason.candidates)
    assert reason.not_listed == {"eligible": 334 - MOST_LISTED, "away": 333, "offline": 333}
    # By the policy's order: of equals, whose turn was longest ago.
    assert min(c.operator_id for c in reason.candidates) > "op-0800"


@pytest.mark.parametrize("number", [1, 3, 59, 60, 61, 100])
def test_nobody_is_told_of_twice_and_nobody_is_lost(number: int) -> None:
    """R12"""
    reason = reason_of(seats(number))
    told = [c.operator_id for c in reason.candidates]
    assert told == sorted(set(told))
    assert len(told) + sum((reason.not_listed or {}).values()) == number
    assert len(told) == min(number, MOST_LISTED)


def test_who_is_left_out_of_this_very_round_is_always_told_of() -> None:
    """R9, R12: he will ask why."""
    sender = OperatorId("op-0000")
    reason = reason_of(seats(1_000), frozenset({sender}))
    (told,) = [c for c in reason.candidates if c.operator_id == sender]
    assert told.excluded_by == "left-out"


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=80), st.integers(0, 30))
def test_the_best_of_an_order_are_its_lowest(changes: list[tuple[int, int]], count: int) -> None:
    """R12: whatever was put, moved and taken out before."""
    order: Ranked[OperatorId, int] = Ranked()
    known: dict[OperatorId, int] = {}
    for number, key in changes:
        id_ = OperatorId(f"op-{number:02}")
        if key == 0:
            order.discard(id_)
            known.pop(id_, None)
        else:
            order.put(id_, key)
            known[id_] = key
    lowest = sorted(known, key=lambda id_: (known[id_], id_))
    assert order.best(count) == lowest[:count]


def test_skills_come_before_load_and_load_decides_between_equals() -> None:
    """R4: of two equally skilled the less busy; with a skill for another group it is none."""
    members = [
        ("ana", {SALES: 60}, 0),
        ("bia", {SALES: 90}, 0),
        ("cleo", {SALES: 90}, 0),
        ("dani", {GroupId("money"): 100}, 0),
    ]
    known = [
        KnownSeat(OperatorId(name), presence=Presence.ONLINE, capacity=2, skills=skills, turn=turn)
        for name, skills, turn in members
    ]
    chats = [KnownChat(ChatId(f"chat-{n}"), 2, n + 1, SALES) for n in range(7)]
    settings = AccountSettings(policy="most_skilled")
    state = Routing(Snapshot(position=9, at=NINE, chats=chats, seats=known, settings=settings))
    acts = decide_round(state, NINE, 9, BUILT_IN).acts
    given_to = [act.command.operator_id for act in acts]
    assert given_to == ["bia", "cleo", "bia", "cleo", "ana", "ana"]
    assert {c.operator_id: c.skill for c in acts[0].command.reason.candidates} == {
        "ana": 60,
        "bia": 90,
        "cleo": 90,
    }


NEW = Chat(ChatId("chat"), 2, group_id=SALES, is_open=True, left_out=frozenset({OperatorId("eva")}))
ACCOUNT = AccountSettings()


def seat(name: str, **more: object) -> Seat:
    at = Seat(OperatorId(name), Presence.ONLINE, 5, groups=frozenset({SALES}), skills={SALES: 70})
    return replace(at, **more)  # type: ignore[arg-type]  # fields of a seat


def test_why_nobody_has_a_chat_is_told_for_everybody_who_might() -> None:
    """R12: with load, capacity, skill and what excludes each."""
    found = why_nobody(
        NEW,
        ACCOUNT,
        GroupSettings(),
        [
            seat("ana", presence=Presence.OFFLINE),
            seat("bia", presence=Presence.AWAY),
            seat("cleo", load=5),
            seat("dani", online_since=NINE, given_since_online=3),
            seat("eva"),
            seat("fabi", groups=frozenset({GroupId("money")})),
            seat("gil", role=Role.AUDITOR),
        ],
        NINE,
    )
    assert found.reasons == ("nobody-eligible",)
    assert {c.operator_id: c.excluded_by for c in found.candidates} == {
        "ana": "offline",
        "bia": "away",
        "cleo": "full",
        "dani": "warming-up",
        "eva": "left-out",
    }
    assert {c.skill for c in found.candidates} == {70}


def test_what_keeps_a_chat_from_all_of_them_is_told_too() -> None:
    """R1, R2, R12"""
    hours = BusinessHours(time_zone="UTC")
    snoozed = replace(NEW, snoozed_until=NINE + timedelta(hours=1))
    off = AccountSettings(auto_assign=False)
    found = why_nobody(snoozed, off, GroupSettings(hours=hours), [seat("ana")], NINE)
    assert found.reasons == (
        "automatic-assignment-off",
        "snoozed",
        "group-closed",
        "nobody-eligible",
    )
    assert (found.candidates[0].excluded_by, found.opens_at) == ("closed", None)
    assert why_nobody(NEW, ACCOUNT, GroupSettings(), [], NINE).reasons == ("no-operators",)
    assert why_nobody(NEW, ACCOUNT, GroupSettings(), [seat("ana")], NINE).reasons == ()


def test_of_many_who_might_only_the_nearest_are_told_of() -> None:
    """R12"""
    many = [seat(f"op-{n:04}", presence=Presence.OFFLINE) for n in range(500)]
    found = why_nobody(NEW, ACCOUNT, GroupSettings(), [*many, seat("zoe", load=9)], NINE)
    assert found.candidates[0].operator_id == "zoe"
    assert found.not_listed == {"offline": 501 - MOST_LISTED}
