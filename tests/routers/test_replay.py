"""The same log gives the same assignments (R13)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.acts import Assign
from domain.chat.events import ChatAssigned
from domain.event import Recorded
from domain.values import split_stream
from routers.rounds import decide_along
from routers.state import Routing
from tests.routers.company import Company, Desked
from tests.routers.stories import STORIES, Deed, founded, play

Given = tuple[str, ChatAssigned]


def recorded_assignments(log: list[Recorded]) -> list[Given]:
    return [
        (split_stream(each.stream)[1], each.event)
        for each in log
        if isinstance(each.event, ChatAssigned) and each.event.reason.position > 0
    ]


def lived(story: list[Deed], batches: list[int]) -> Company:
    """Return a company whose router looked now and then, and heard several events at once."""
    company = founded()
    router = Desked(company)
    pauses = iter(batches)
    pause = 0
    for deed in story:
        play(company, deed)
        if pause == 0:
            router.route()
            pause = next(pauses, 0)
        else:
            pause -= 1
    return company


@settings(max_examples=300)
@given(STORIES, st.lists(st.integers(0, 4), max_size=30))
def test_what_was_assigned_is_decided_again_by_whoever_reads_the_log(
    story: list[Deed], batches: list[int]
) -> None:
    """R13: each recorded assignment, with its whole reason, follows from the events before it."""
    log = lived(story, batches).desk.log
    state = Routing()
    decided: dict[tuple[str, int], list[Assign]] = {}
    for recorded in log:
        for act in decide_along(state, recorded).acts:
            key = (act.chat_id, act.command.reason.position)
            decided.setdefault(key, []).append(act)
    for chat_id, event in recorded_assignments(log):
        answers = decided[chat_id, event.reason.position]
        assert any(
            act.command.operator_id == event.operator_id and act.command.reason == event.reason
            for act in answers
        )


@given(STORIES, st.lists(st.integers(0, 4), max_size=30))
def test_no_automatic_assignment_ever_exceeds_a_capacity(
    story: list[Deed], batches: list[int]
) -> None:
    """R3, R12: each reason shows its choice as eligible, with room for one more."""
    for _, event in recorded_assignments(lived(story, batches).desk.log):
        (chosen,) = [c for c in event.reason.candidates if c.operator_id == event.operator_id]
        assert chosen.excluded_by is None
        assert chosen.load < chosen.capacity


def test_what_only_the_time_made_possible_is_decided_again_at_its_own_moment() -> None:
    """R7, R13: who hears late decides as who was there when the first minute ended."""
    company = founded()
    company.settings(warmup=1)
    company.at(100)
    company.online("dani")
    for chat in ("first", "second"):
        company.writes(chat)
    router = Desked(company)
    company.offline("ana")
    company.offline("cleo")
    router.route()
    company.at(160)
    (act,) = router.route()
    company.at(170)
    company.online("bia")

    state, decided = Routing(), list[Assign]()
    for recorded in company.desk.log:
        decided += decide_along(state, recorded).acts
    assert decided[-1] == act
