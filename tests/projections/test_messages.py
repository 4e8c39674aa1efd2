"""What was said, row by row: M5-M7, M9."""

from datetime import timedelta

import pytest
from hypothesis import given

from domain.chat import commands as c
from domain.chat.events import MessageState
from domain.content import Media, MediaKind, Text
from domain.values import GroupId
from projections.messages import MessageRow
from projections.sheets import Sheets
from tests.projections.histories import OPERATORS, START, Log, logs, said

ANA = OPERATORS[0]


def rows(log: Log) -> list[MessageRow]:
    sheets = Sheets()
    for recorded in log.recorded:
        sheets.fold(recorded)
    return list(sheets.messages.values())


@pytest.fixture
def log() -> Log:
    log = Log()
    log.open()
    received = c.ReceiveMessage(
        provider_id="p1", parts=said("preço 10"), sent_at=START - timedelta(seconds=5)
    )
    log.ask("c1", received)
    return log


def test_a_message_keeps_the_providers_time_and_id(log: Log) -> None:
    """M5."""
    (row,) = rows(log)

    assert (row.kind, row.text, row.direction, row.seq) == ("text", "preço 10", "in", 1)
    assert (row.at - row.sent_at, row.provider_ids) == (timedelta(seconds=5), ("p1",))


def test_a_reply_shows_what_became_of_it(log: Log) -> None:
    """M6."""
    log.ask("c1", c.SendMessage(message_id="m1", operator_id=ANA, parts=said("sim")))
    assert (rows(log)[1].state, rows(log)[1].author) == ("queued", "operator:ana")

    failed = c.ReportDelivery(seq=2, state=MessageState.FAILED, reason="blocked: não")
    log.ask("c1", failed)
    assert (rows(log)[1].state, rows(log)[1].reason) == ("failed", "blocked: não")

    log.ask("c1", c.RetryMessage(seq=2))
    sent = c.ReportDelivery(seq=2, state=MessageState.SENT, provider_ids=("a", "b"))
    log.ask("c1", sent)
    row = rows(log)[1]
    assert (row.state, row.reason, row.provider_ids) == ("sent", None, ("a", "b"))


def test_edits_and_deletions_keep_the_original(log: Log) -> None:
    """M9."""
    log.ask("c1", c.EditReceived(seq=1, parts=said("preço 12"), sent_at=START))
    log.ask("c1", c.React(seq=1, emoji="👍"))
    assert (rows(log)[0].text, rows(log)[0].reaction) == ("preço 12", "👍")

    log.ask("c1", c.DeleteReceived(seq=1, sent_at=START))
    (row,) = rows(log)
    assert (row.text, row.reaction, row.deleted_at) == ("", None, START)
    assert [version.text for version in row.history] == ["preço 10", "preço 12"]


def test_a_transfers_comment_is_said_once_and_inside(log: Log) -> None:
    """R9, M7."""
    transfer = c.TransferChat(by_operator=ANA, to_group=GroupId("vendas"), comment="segunda via")
    log.ask("c1", transfer)
    told = [row for row in rows(log) if "segunda via" in repr(row)]

    assert [(r.kind, r.direction, r.text) for r in told] == [
        ("transfer", "internal", "segunda via")
    ]
    assert repr(told[0]).count("segunda via") == 1


def test_media_are_told_by_their_kind_and_keep_their_parts(log: Log) -> None:
    """M8."""
    parts = (Text(text="a nota"), Media(media=MediaKind.IMAGE, name="nota.png"))
    log.ask("c1", c.ReceiveMessage(provider_id="p2", parts=parts, sent_at=START))
    row = rows(log)[1]

    assert (row.kind, row.text, row.parts) == ("image", "a nota", parts)


@given(log=logs(most=40))
def test_every_seq_of_the_chat_has_its_row(log: Log) -> None:
    """T1: messages, comments and transfers are one numbered stream."""
    assert [row.seq for row in rows(log)] == list(range(1, log.chats["c1"].last_seq + 1))


@given(log=logs(most=40))
def test_states_are_those_that_the_rules_follow(log: Log) -> None:
    """M6."""
    states = {row.seq: row.state for row in rows(log)}
    for seq, state in log.chats["c1"].deliveries.items():
        assert states[seq] == state.value


@given(log=logs(most=40))
def test_nothing_internal_is_ever_marked_as_sent(log: Log) -> None:
    """M7."""
    for row in rows(log):
        if row.kind in {"comment", "transfer"}:
            assert (row.direction, row.state, row.message_id) == ("internal", None, None)
