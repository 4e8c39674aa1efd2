"""A play goes through exactly the panels that there were (A2, V6, V7)."""

from collections.abc import Iterable
from datetime import timedelta

from hypothesis import given, settings

from domain.account import AccountConfigured, AccountSettings
from domain.chat import commands as c
from domain.event import Recorded
from domain.values import StreamId
from projections.inbox_row import section
from projections.panel import Panel, fold
from projections.play import Place, Play
from tests.adapters.storage.view_logs import company, others
from tests.projections.histories import OPERATORS, START, ByHand, Log, logs, said


class Recall:
    def __init__(self, log: Log) -> None:
        self._log = log

    def __call__(self, stream: StreamId, up_to: int) -> Iterable[Recorded]:
        return [r for r in self._log.recorded if r.stream == stream and r.position <= up_to]


def places(panel: Panel, now: object) -> dict[str, Place]:
    of = panel.patience_of()
    return {
        id_: Place(
            section(chat.row, now, of(chat.row.group_id)).value,  # type: ignore[arg-type]
            chat.row.operator_id,
            chat.row.unread,
        )
        for id_, chat in panel.chats.items()
    }


@settings(max_examples=60, deadline=None)
@given(logs(chats=3, most=40, others=others))
def test_its_moves_lead_from_each_panel_to_the_next(log: Log) -> None:
    """Whatever happens: applied one after another, the moves give the last panel."""
    until = log.now + timedelta(minutes=5)
    shown: dict[str, Place] = {}
    for move in Play(Panel(), START, Recall(log)).moves(log.recorded, until):
        assert shown.get(move.chat_id) == move.before
        shown.pop(move.chat_id, None)
        if move.after is not None:
            shown[move.chat_id] = move.after
    panel = Panel()
    for recorded in log.recorded:
        fold(panel, recorded, Recall(log))
    assert shown == places(panel, until)


def test_a_clock_that_runs_out_is_a_move_of_its_own() -> None:
    """V6, V7: by the patience in force, which may change while the clock runs."""
    log = company(Log())
    log.open("c1", None)
    command = c.ReceiveMessage(provider_id="p", parts=said("oi"), sent_at=log.now)
    log.ask("c1", command)
    log.ask("c1", c.AssignChat(operator_id=OPERATORS[0], reason=ByHand))
    began = log.now
    log.now += timedelta(minutes=2)
    shorter = AccountSettings(name="Ipê", patience=timedelta(minutes=5))
    log.record("account-main", AccountConfigured(at=log.now, settings=shorter))
    moves = list(Play(Panel(), START, Recall(log)).moves(log.recorded, began + timedelta(hours=1)))
    assert moves[-1].cause is None
    assert moves[-1].at == began + timedelta(minutes=5)
    assert [place and place.section for place in moves[-1][3:]] == ["open", "waiting"]
