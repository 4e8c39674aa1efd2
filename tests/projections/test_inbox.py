"""The inbox's rows: V1-V4, V6, V8-V11, S8-S10."""

from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chat import commands as c
from domain.chat.events import ReleaseReason, ReopenReason
from domain.hours import Patience
from domain.values import GroupId, OperatorId
from projections.inbox import InboxRow, Section, apply, section
from tests.projections.histories import ByRouting, Log, logs, of_chat, said

ANA, BIA, CAIO = OperatorId("ana"), OperatorId("bia"), OperatorId("caio")
PATIENCE = timedelta(minutes=10)


def row_of(log: Log, chat_id: str = "c1") -> InboxRow:
    row = reduce(apply, of_chat(log, chat_id), None)
    assert row is not None
    return row


def receive(log: Log, text: str = "oi", late: timedelta = timedelta()) -> None:
    command = c.ReceiveMessage(
        provider_id=f"p{len(log.recorded)}", parts=said(text), sent_at=log.now + late
    )
    log.ask("c1", command)


def assign(log: Log, who: OperatorId) -> None:
    log.ask("c1", c.AssignChat(operator_id=who, reason=ByRouting))


def reply(log: Log, who: OperatorId | None) -> None:
    log.ask("c1", c.SendMessage(message_id="m", operator_id=who, parts=said("sim")))


def read(log: Log, who: OperatorId, up_to: int = 10_000) -> None:
    log.ask("c1", c.MarkRead(operator_id=who, up_to=up_to))


@pytest.fixture
def log() -> Log:
    log = Log()
    log.open()
    return log


@pytest.fixture
def anas(log: Log) -> Log:
    """A chat of Ana's with three unread messages, seq 1 to 3."""
    for text in ("um", "dois", "três"):
        receive(log, text)
    assign(log, ANA)
    return log


def test_a_chat_without_operator_is_new_however_late(log: Log) -> None:
    """V1."""
    receive(log)

    assert section(row_of(log), log.now + timedelta(days=9), Patience(PATIENCE)) is Section.NEW


def test_a_chat_is_waiting_from_the_instant_its_clock_reaches_the_patience(anas: Log) -> None:
    """V3, V6."""
    row = row_of(anas)

    assert (
        section(row, anas.now + PATIENCE - timedelta(microseconds=1), Patience(PATIENCE))
        is Section.OPEN
    )
    assert section(row, anas.now + PATIENCE, Patience(PATIENCE)) is Section.WAITING


def test_one_message_every_nine_minutes_is_waiting_ten_minutes_after_the_first(log: Log) -> None:
    """V4, S9."""
    first = log.now
    assign(log, ANA)
    for _ in range(3):
        receive(log)
        log.now += timedelta(minutes=9)

    assert row_of(log).waiting_since == first


@pytest.mark.parametrize(
    "command",
    [
        c.SendMessage(message_id="m", operator_id=None, parts=said("automático")),
        c.AddComment(operator_id=BIA, text="olha"),
        c.TagChat(add=frozenset({"vip"})),
        c.MarkRead(operator_id=ANA, up_to=3),
        c.TransferChat(by_operator=ANA, to_operator=BIA),
        c.TransferChat(by_operator=ANA, to_group=GroupId("vendas")),
        c.ReleaseChat(reason=ReleaseReason.OFFLINE),
    ],
)
def test_only_an_answer_stops_the_waiting_clock(anas: Log, command: c.ChatCommand) -> None:
    """V4."""
    before = row_of(anas).waiting_since

    assert anas.ask("c1", command)
    assert before is not None
    assert row_of(anas).waiting_since == before


@pytest.mark.parametrize(
    "command",
    [
        c.SendMessage(message_id="m", operator_id=BIA, parts=said("já vai")),
        c.SayNoAnswerNeeded(operator_id=ANA),
        c.CloseChat(),
    ],
)
def test_an_answer_stops_the_waiting_clock(anas: Log, command: c.ChatCommand) -> None:
    """V4."""
    anas.ask("c1", command)

    assert row_of(anas).waiting_since is None


def test_what_the_client_wrote_is_unread_after_routing(anas: Log) -> None:
    """V8."""
    assert row_of(anas).unread == 3


def test_reading_part_of_it_leaves_the_rest(anas: Log) -> None:
    """V10."""
    read(anas, ANA, 2)

    assert row_of(anas).unread == 1


def test_a_supervisors_reading_leaves_the_assignees_count(anas: Log) -> None:
    """V10, S8."""
    read(anas, BIA)

    assert row_of(anas).unread == 3


def test_ones_own_reply_clears_and_anothers_does_not(anas: Log) -> None:
    """V8, V9."""
    reply(anas, BIA)
    assert row_of(anas).unread == 3

    reply(anas, ANA)
    assert row_of(anas).unread == 0


@pytest.mark.parametrize(
    "command",
    [
        c.TagChat(add=frozenset({"vip"})),
        c.AddComment(operator_id=BIA, text="sem menção"),
        c.AddComment(operator_id=ANA, text="minha"),
        c.AddComment(operator_id=ANA, text="minha", mentions=(ANA,)),
        c.SendMessage(message_id="m", operator_id=None, parts=said("automático")),
    ],
)
def test_own_acts_tags_and_comments_do_not_make_unread(anas: Log, command: c.ChatCommand) -> None:
    """V9, S10."""
    reply(anas, ANA)

    assert anas.ask("c1", command)
    assert row_of(anas).unread == 0


def test_a_mention_of_me_makes_unread(anas: Log) -> None:
    """V9."""
    reply(anas, ANA)
    anas.ask("c1", c.AddComment(operator_id=BIA, text="@ana", mentions=(ANA,)))

    assert row_of(anas).unread == 1


def test_a_transfer_to_me_is_unread_beside_what_nobody_answered(anas: Log) -> None:
    """V9."""
    anas.ask("c1", c.TransferChat(by_operator=ANA, to_operator=BIA, comment="vê?"))

    assert row_of(anas).unread == 4


def test_an_answered_chat_that_is_transferred_has_one_thing_to_read(anas: Log) -> None:
    """V9."""
    reply(anas, ANA)
    anas.ask("c1", c.TransferChat(by_operator=ANA, to_operator=BIA))

    assert row_of(anas).unread == 1


def test_a_transfer_by_way_of_a_group_counts_for_whoever_gets_it(anas: Log) -> None:
    """V9, R9."""
    reply(anas, ANA)
    transfer = c.TransferChat(by_operator=ANA, to_group=GroupId("vendas"), comment="fim")
    anas.ask("c1", transfer)
    new = row_of(anas)
    assign(anas, BIA)

    assert (new.unread, new.group_id, new.operator_id) == (0, "vendas", None)
    assert new.note is not None
    assert (new.note.by, new.note.comment) == (ANA, "fim")
    assert row_of(anas).unread == 1
    assert row_of(anas).note is None


def test_a_transfer_that_comes_back_to_its_sender_is_not_unread(anas: Log) -> None:
    """V9: my own acts do not."""
    reply(anas, ANA)
    anas.ask("c1", c.TransferChat(by_operator=ANA, to_group=GroupId("vendas")))
    assign(anas, ANA)

    assert row_of(anas).unread == 0


def test_what_the_next_operator_has_read_already_is_not_unread_for_him(anas: Log) -> None:
    """V8."""
    read(anas, BIA, 2)
    anas.ask("c1", c.ReleaseChat(reason=ReleaseReason.GIVEN_BACK))
    assign(anas, BIA)

    assert row_of(anas).unread == 1


def test_marked_unread_is_at_least_one(anas: Log) -> None:
    """V10."""
    read(anas, ANA)
    anas.ask("c1", c.MarkUnread(operator_id=ANA))
    assert row_of(anas).unread == 1

    receive(anas)
    assert row_of(anas).unread == 1

    read(anas, ANA)
    assert row_of(anas).unread == 0


def test_another_ones_mark_is_his_own(anas: Log) -> None:
    """V10."""
    read(anas, ANA)
    anas.ask("c1", c.MarkUnread(operator_id=BIA))

    assert row_of(anas).unread == 0


def test_a_message_that_comes_late_is_not_the_last_one(log: Log) -> None:
    """M5."""
    receive(log, "segunda")
    receive(log, "primeira", timedelta(minutes=-5))
    last = row_of(log).last_message

    assert last is not None
    assert (last.text, row_of(log).last_seq) == ("segunda", 2)


def test_an_edit_of_the_last_message_shows_in_the_list(log: Log) -> None:
    """M9."""
    receive(log, "preço 10")
    log.ask("c1", c.EditReceived(seq=1, parts=said("preço 12"), sent_at=log.now))
    last = row_of(log).last_message

    assert last is not None
    assert last.text == "preço 12"


def test_a_closed_chat_is_nobodys_and_remembers_who_had_it(anas: Log) -> None:
    anas.ask("c1", c.CloseChat())
    row = row_of(anas)

    assert section(row, anas.now, Patience(PATIENCE)) is Section.CLOSED
    assert (row.operator_id, row.seen_as, row.unread) == (None, ANA, 0)


def test_a_reopened_chat_has_only_new_things_to_read(anas: Log) -> None:
    anas.ask("c1", c.CloseChat())
    anas.ask("c1", c.ReopenChat(reason=ReopenReason.BY_HAND, operator_id=BIA))
    receive(anas)

    assert (row_of(anas).operator_id, row_of(anas).unread) == (BIA, 1)


@given(log=logs())
def test_the_row_agrees_with_the_chats_own_state(log: Log) -> None:
    """V1, V4, V12."""
    row, chat = row_of(log), log.chats["c1"]

    assert row.version == chat.version
    assert row.last_seq == chat.last_seq
    assert row.operator_id == chat.operator_id
    assert row.last_operator == chat.last_operator
    assert row.group_id == chat.group_id
    assert row.is_open == chat.is_open
    assert row.occupies == chat.occupies
    assert row.waiting_since == chat.waiting_since
    assert row.became_waiting == chat.became_waiting
    assert row.priority == chat.priority
    assert set(row.tags) == chat.tags
    assert row.snoozed_until == chat.snoozed_until
    assert row.changed == log.recorded[-1].position


@given(log=logs(), later=st.timedeltas(timedelta(), timedelta(hours=2)))
def test_every_chat_is_in_exactly_one_section(log: Log, later: timedelta) -> None:
    """V2."""
    row = row_of(log)
    shown = section(row, log.now + later, Patience(PATIENCE))

    assert (shown is Section.CLOSED) == (row.closed_at is not None)
    assert (shown is Section.NEW) == (row.is_open and row.operator_id is None)
    if row.waiting_since is None:
        assert shown is not Section.WAITING


@given(log=logs(most=40))
def test_having_read_all_leaves_nothing_unread(log: Log) -> None:
    """V8, V10: for whoever has it, whatever happened before."""
    row = row_of(log)
    assert row.unread >= 0
    if row.operator_id is None:
        assert row.unread == 0
        return

    read(log, row.operator_id)
    assert row_of(log).unread == 0


@given(log=logs(most=40))
def test_nobody_has_more_to_read_than_was_said(log: Log) -> None:
    """V8."""
    row = row_of(log)

    assert row.unread <= max(row.last_seq, 1)
