"""What each operator was given, shift by shift (R12), over the histories of a small company."""

from datetime import timedelta

import pytest

from domain.chat.commands import CloseChat, ReleaseChat, SnoozeChat
from domain.chat.events import ReleaseReason
from domain.values import GroupId, Presence
from projections.fairness import MOST_POSITIONS, Fairness, Shift, What
from tests.routers.company import NINE, Company, Desked

SALES = GroupId("sales")


class Day:
    def __init__(self, **capacity: int) -> None:
        self.company = Company()
        self.company.settings(warmup=10_000)
        self.company.group("sales")
        for name in ("ana", "bia"):
            self.company.operator(name, "sales", capacity=capacity.get(name, 5))

    def at(self, seconds: float) -> Company:
        self.company.at(seconds)
        return self.company

    def route(self) -> None:
        Desked(self.company).route()

    def told(self, since: float, until: float) -> list[Shift]:
        """Return the report of a span; the events before are known, the others not read."""
        fairness = Fairness()
        start, end = (NINE + timedelta(seconds=seconds) for seconds in (since, until))
        log = self.company.desk.log
        for recorded in sorted(log, key=lambda one: (one.stream, one.version)):
            if recorded.event.at < start:
                fairness.know(recorded)
        fairness.begin(start)
        for recorded in log:
            if start <= recorded.event.at < end:
                fairness.fold(recorded)
        fairness.end(end)
        return fairness.shifts


def counts(shift: Shift) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, what, reason), counted in shift.counts.items():
        name = what.value if reason is None else f"{what.value} {reason}"
        found[name] = found.get(name, 0) + counted.count
    return found


def seconds(shift: Shift) -> tuple[float, float, float]:
    times = (shift.online, shift.away, shift.at_capacity)
    return tuple(time.total_seconds() for time in times)  # type: ignore[return-value]  # three


def test_a_shift_is_from_coming_online_to_going_offline() -> None:
    day = Day()
    day.at(10).online("ana")
    day.at(40).presence("ana", Presence.AWAY)
    day.at(50).online("ana")
    day.at(70).offline("ana")
    day.at(100).online("ana")
    first, second = day.told(0, 120)
    assert (first.began, first.ended) == (
        NINE + timedelta(seconds=10),
        NINE + timedelta(seconds=70),
    )
    assert seconds(first) == (50, 10, 0)
    assert seconds(second) == (20, 0, 0)
    assert second.ended is None
    assert second.began_at is not None


def test_each_way_of_getting_and_losing_a_chat_is_counted_on_its_own() -> None:
    day = Day(bia=1)
    day.at(10).online("ana")
    day.at(11).writes("offered", "sales")
    day.route()
    day.at(12).writes("pulled", "sales")
    day.company.pulls("pulled", "ana")
    day.at(13).presence("bia", Presence.AWAY)
    day.at(14).transfers("offered", "ana", to_operator="bia")
    day.at(15).chat("pulled", ReleaseChat(reason=ReleaseReason.GIVEN_BACK))
    ana, bia = day.told(0, 20)
    assert counts(ana) == {
        "offered": 1,
        "pulled": 1,
        "transferred_out": 1,
        "taken_back given-back": 1,
    }
    assert counts(bia) == {"transferred_in": 1}
    (given,) = [c for (_, what, _), c in ana.counts.items() if what is What.OFFERED]
    event = day.company.desk.log[given.positions[0] - 1]
    assert event.stream == "chat-offered"


def test_minutes_at_capacity_know_the_chats_from_before() -> None:
    day = Day(ana=1)
    day.at(10).online("ana")
    day.at(20).writes("one", "sales")
    day.route()
    day.at(60).chat("one", CloseChat())
    day.at(100).writes("two", "sales")
    day.route()
    (ana,) = day.told(30, 130)
    assert seconds(ana) == (100, 0, 60)
    assert ana.began == NINE + timedelta(seconds=10)
    assert counts(ana) == {"offered": 1}


def test_a_snoozed_chat_leaves_room() -> None:
    """R3"""
    day = Day(ana=1)
    day.at(10).online("ana")
    day.at(20).writes("one", "sales")
    day.route()
    until = NINE + timedelta(hours=1)
    day.at(50).chat("one", SnoozeChat(until=until))
    (ana,) = day.told(0, 100)
    assert seconds(ana) == (90, 0, 30)


def test_what_happens_to_who_is_offline_is_told_outside_of_his_shifts() -> None:
    day = Day()
    day.at(10).online("ana")
    day.at(20).writes("one", "sales")
    day.route()
    day.at(30).transfers("one", "ana", to_operator="bia", forced=True)
    outside = [shift for shift in day.told(0, 50) if shift.operator_id == "bia"]
    assert [shift.began for shift in outside] == [None]
    assert counts(outside[0]) == {"transferred_in": 1}


@pytest.mark.parametrize("group", [None, "sales"])
def test_what_is_counted_names_the_chats_group(group: str | None) -> None:
    day = Day()
    day.at(10).online("ana")
    day.at(20).writes("one", group)
    day.route()
    (ana,) = day.told(15, 50)
    assert [key[0] for key in ana.counts] == [group]


def test_positions_are_bounded_and_counts_are_not() -> None:
    day = Day(ana=10_000)
    day.at(10).online("ana")
    for number in range(MOST_POSITIONS + 3):
        day.at(20 + number).writes(f"c{number}", "sales")
    day.route()
    (ana,) = day.told(0, 10_000)
    (offered,) = ana.counts.values()
    assert offered.count == MOST_POSITIONS + 3
    assert len(offered.positions) == MOST_POSITIONS
