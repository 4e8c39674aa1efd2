"""When a client has waited too long (V3 to V7)."""

from datetime import timedelta

from hypothesis import given

from domain.chat.commands import SayNoAnswerNeeded
from domain.chat.events import ChatBecameWaiting
from domain.values import ChatId, OperatorId
from routers.escalation import ask_again, next_due, take_overdue
from routers.fold import fold
from routers.records import KnownChat, Snapshot
from routers.state import Routing
from tests.routers.company import NINE, Company
from tests.routers.stories import STORIES, Deed, founded, play


class Timers:
    """The timers of a company, without a process."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.state = Routing()

    def hear(self) -> None:
        for recorded in self.company.desk.log[self.state.position :]:
            fold(self.state, recorded)

    def ring(self) -> list[str]:
        """Have what is due recorded; return which chats it was asked for."""
        self.hear()
        overdue = take_overdue(self.state, self.company.desk.now)
        for each in overdue:
            self.company.desk.do(each.act)
        self.hear()
        return [each.chat_id for each in overdue]

    def moments(self) -> list[ChatBecameWaiting]:
        log = self.company.desk.log
        return [each.event for each in log if isinstance(each.event, ChatBecameWaiting)]


def test_a_message_every_nine_minutes_is_waiting_ten_minutes_after_the_first() -> None:
    """S9, V4, V6: further messages do not restart the clock, and the moment is told once."""
    company, minute = Company(), 60
    timers = Timers(company)
    for n in range(4):
        company.at(9 * n * minute)
        company.writes("chat")
        timers.ring()
        if n == 0:
            assert next_due(timers.state) == NINE + timedelta(minutes=10)
            company.at(10 * minute - 0.001)
            assert timers.ring() == []
            company.at(10 * minute)
            assert timers.ring() == ["chat"]
    (moment,) = timers.moments()
    assert (moment.at, moment.since) == (NINE + timedelta(minutes=10), NINE)
    assert next_due(timers.state) is None


def test_an_answer_stops_the_clock_and_the_next_message_starts_it_again() -> None:
    """V4: also an explicit "no answer needed"."""
    company = founded()
    timers = Timers(company)
    company.writes("chat")
    company.at(60)
    company.answers("chat", "ana")
    company.at(3_600)
    assert timers.ring() == []
    company.writes("chat")
    company.at(3_700)
    company.chat("chat", SayNoAnswerNeeded(operator_id=OperatorId("ana")))
    company.at(5_000)
    assert timers.ring() == []
    company.writes("chat")
    company.at(5_600)
    assert timers.ring() == ["chat"]


def test_another_patience_applies_at_once_to_running_clocks() -> None:
    """V7: of the account and of a group, shorter and longer."""
    company = founded()
    timers = Timers(company)
    company.writes("sale", "sales")
    company.writes("other")
    company.at(120)
    assert timers.ring() == []
    company.change_group("sales", patience=timedelta(minutes=2))
    assert timers.ring() == ["sale"]
    company.settings(patience=timedelta(hours=1))
    company.at(3_599)
    assert timers.ring() == []
    company.at(3_600)
    assert timers.ring() == ["other"]
    assert [moment.patience for moment in timers.moments()] == [
        timedelta(minutes=2),
        timedelta(hours=1),
    ]


def test_two_timers_and_a_restart_record_the_moment_once() -> None:
    """V6: once for each start of the clock."""
    company = founded()
    first, second = Timers(company), Timers(company)
    company.writes("chat")
    first.hear()
    second.hear()
    company.at(600)
    assert first.ring() == ["chat"]
    overdue = take_overdue(second.state, company.desk.now)
    assert [company.desk.do(each.act).added for each in overdue] == [0]
    restarted = Timers(company)
    restarted.state = Routing(first.state.snapshot())
    assert restarted.ring() == []
    assert len(first.moments()) == 1


def test_what_was_asked_too_early_is_asked_again() -> None:
    """V6: the desk's clock judges; ours may be ahead of it."""
    company = founded()
    timers = Timers(company)
    company.writes("chat")
    timers.hear()
    company.at(599)
    (early,) = take_overdue(timers.state, NINE + timedelta(seconds=601))
    assert company.desk.do(early.act).added == 0
    ask_again(timers.state, early)
    company.at(600)
    assert timers.ring() == ["chat"]
    ask_again(timers.state, early)
    assert timers.ring() == []


@given(STORIES)
def test_every_overdue_chat_is_told_of_and_none_early(story: list[Deed]) -> None:
    """V6: whatever happens, and however it was folded."""
    company = founded()
    timers = Timers(company)
    for deed in story:
        play(company, deed)
        timers.ring()
        for chat in company.desk.chats():
            if chat.waiting_since is not None and not chat.became_waiting:
                patience = timers.state.pool(chat.group_id).patience(timers.state.settings)
                due = patience.due(chat.waiting_since)
                assert due is None or company.desk.now < due


def test_of_a_hundred_thousand_running_clocks_each_rings_at_its_own_second() -> None:
    """V6"""
    chats = [
        KnownChat(ChatId(f"chat-{n}"), 2, n + 1, waiting_since=NINE + timedelta(seconds=n))
        for n in range(100_000)
    ]
    state = Routing(Snapshot(position=200_000, at=NINE, chats=chats))
    for second in range(1_000):
        due = take_overdue(state, NINE + timedelta(seconds=600 + second))
        assert [each.chat_id for each in due] == [f"chat-{second}"]
        assert next_due(state) == NINE + timedelta(seconds=601 + second)
