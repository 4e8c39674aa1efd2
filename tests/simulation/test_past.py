"""A2: the past of a simulated company, from keyframes, is what its views held at each moment."""

import os
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Final

from adapters.storage.postgres.keyframes import packed, unpacked
from domain.event import Recorded
from domain.values import StreamId
from projections.inbox_row import InboxRow, TransferNote
from projections.panel import Panel, fold
from projections.sheets import Sheets
from tests.simulation.world import live

MOMENTS: Final = int(os.environ.get("RECADO_PAST_MOMENTS", "100"))
EVERY: Final = 50
SEED: Final = 4
SECONDS: Final = 60.0


def without_words(row: InboxRow) -> InboxRow:
    last, note = row.last_message, row.note
    return row._replace(
        last_message=last and replace(last, text=""), note=note and TransferNote(note.by, None)
    )


def test_any_moment_of_a_company_is_reached_from_the_keyframe_before_it() -> None:
    log = live(SEED, SECONDS).office.store.recorded

    def recall(stream: StreamId, up_to: int) -> Iterable[Recorded]:
        return [one for one in log[:up_to] if one.stream == stream]

    rng = Random(SEED)
    moments = sorted(rng.choices(range(1, len(log) + 1), k=MOMENTS))
    shown: dict[int, dict[str, InboxRow]] = {}
    frames: list[tuple[int, bytes]] = [(0, packed(Panel()))]
    views, panel = Sheets(), Panel()
    for recorded in log:
        views.fold(recorded)
        fold(panel, recorded, recall)
        if recorded.position % EVERY == 0:
            frames.append((recorded.position, packed(panel)))
        if recorded.position in moments:
            rows = (row for row in views.inbox.values() if row.is_open)
            shown[recorded.position] = {row.chat_id: without_words(row) for row in rows}
    rng.shuffle(moments)
    for position in moments:
        at, data = frames[bisect_right(frames, position, key=lambda frame: frame[0]) - 1]
        past = unpacked(data)
        for recorded in log[at:position]:
            fold(past, recorded, recall)
        assert {id_: chat.row for id_, chat in past.chats.items()} == shown[position]
    assert any(shown.values())
