"""Seats and counts are sums over chats: R3, R7, S18."""

from collections import Counter
from datetime import timedelta

from hypothesis import given

from domain.chat import commands as c
from domain.event import Recorded
from domain.operator import OperatorCreated, PresenceChanged
from domain.values import OperatorId, Presence, Role
from projections.counts import ACCOUNT
from projections.seats import SeatRow, seat
from projections.sheets import Sheets
from tests.projections.histories import OPERATORS, ByHand, ByRouting, Log, logs, said

ANA = OPERATORS[0]


def folded(recorded: list[Recorded]) -> Sheets:
    sheets = Sheets()
    for one in recorded:
        sheets.fold(one)
    sheets.settle()
    return sheets


def come_online(log: Log, who: OperatorId = ANA) -> None:
    log.record(f"operator-{who}", PresenceChanged(at=log.now, presence=Presence.ONLINE))


def assign(log: Log, chat: str, *, by_hand: bool = False) -> None:
    log.open(chat)
    reason = ByHand if by_hand else ByRouting
    log.ask(chat, c.AssignChat(operator_id=ANA, reason=reason))


def seat_of(log: Log, who: OperatorId = ANA) -> SeatRow:
    return folded(log.recorded).seats[(who,)]


@given(log=logs(chats=3, most=50))
def test_loads_are_what_the_rules_count(log: Log) -> None:
    """R3: assigned, not closed, not snoozed."""
    seats = folded(log.recorded).seats
    loads = Counter(chat.occupies for chat in log.chats.values() if chat.occupies)

    assert {s.operator_id: s.load for s in seats.values() if s.load} == loads


@given(log=logs(chats=3, most=50))
def test_counts_are_true_counts(log: Log) -> None:
    """S18."""
    sheets = folded(log.recorded)
    chats = [chat for chat in log.chats.values() if chat.is_open]
    unread = [row for row in sheets.inbox.values() if row.unread]
    account = sheets.counts[ACCOUNT]

    assert account.new == sum(chat.operator_id is None for chat in chats)
    assert account.assigned == sum(chat.operator_id is not None for chat in chats)
    late = (chat.became_waiting and chat.operator_id is not None for chat in chats)
    assert account.waiting == sum(late)
    assert account.unread == len(unread)
    for kind in ("group", "operator"):
        of_kind = [row for row in sheets.counts.values() if row.kind == kind]
        assert sum(row.assigned for row in of_kind) == account.assigned
        assert sum(row.unread for row in of_kind) == account.unread


@given(log=logs(chats=3, most=50))
def test_chats_can_be_folded_one_after_the_other(log: Log) -> None:
    """V12: this is what lets a rebuild go stream by stream."""
    by_stream = sorted(log.recorded, key=lambda r: (r.stream, r.version))
    one, other = folded(log.recorded), folded(by_stream)

    assert one.inbox == other.inbox
    assert one.messages == other.messages
    assert one.seats == other.seats
    assert one.counts == other.counts


def test_the_warm_up_counts_what_routing_gave_since_he_came() -> None:
    """R7."""
    log = Log()
    assign(log, "before")
    come_online(log)
    assign(log, "pulled", by_hand=True)
    assign(log, "routed")
    assert (seat_of(log).load, seat_of(log).given_since_online) == (3, 1)

    log.record("operator-ana", PresenceChanged(at=log.now, presence=Presence.AWAY))
    come_online(log)
    assert seat_of(log).given_since_online == 0


def test_a_chat_that_wakes_up_was_not_given_again() -> None:
    """R4: round robin goes by who was given a chat last."""
    log = Log()
    assign(log, "c1")
    given_at = log.now
    log.ask("c1", c.SnoozeChat(until=log.now + timedelta(hours=1)))
    assert seat_of(log).load == 0

    log.now += timedelta(minutes=5)
    log.ask("c1", c.ReceiveMessage(provider_id="p", parts=said("oi"), sent_at=log.now))
    assert (seat_of(log).load, seat_of(log).last_assigned_at) == (1, given_at)


def test_a_seat_is_the_operator_and_what_chats_did_to_him() -> None:
    """R2."""
    log = Log()
    created = OperatorCreated(at=log.now, email="a@ipe.test", name="Ana", role=Role.OPERATOR)
    log.record("operator-ana", created)
    come_online(log)
    assign(log, "c1")
    sheets = folded(log.recorded)
    found = seat(sheets.operators[(ANA,)], sheets.seats[(ANA,)])

    assert (found.presence, found.load, found.capacity) == (Presence.ONLINE, 1, 5)
    assert (found.online_since, found.given_since_online) == (log.now, 1)
