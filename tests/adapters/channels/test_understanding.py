"""What a check tells of recorded bodies: how much of them was not understood."""

import json
from pathlib import Path
from typing import Any

from adapters.channels.conformance import subject_of
from adapters.channels.conformance.understanding import understanding
from adapters.channels.telegram import Telegram

CASES = Path(__file__).with_name("cases") / "telegram"
MESSAGE = {"message_id": 5, "chat": {"id": 77}, "from": {"id": 77}, "date": 1893574800}


def test_what_was_missed_is_counted_by_its_name_apart_from_what_was_withheld(
    tmp_path: Path,
) -> None:
    """M4"""
    contents: list[dict[str, Any]] = [
        {"text": "Oi"},
        {"hologram": {"x": 1}},
        {"ephemeral": {"x": 1}},
        {"photo": "x"},
    ]
    for number, content in enumerate(contents):
        body = {"update_id": number, "message": {**MESSAGE, **content}}
        (tmp_path / f"{number}.json").write_text(json.dumps(body))
    (tmp_path / "4.json").write_text(json.dumps({"raw": '{"update_id": 4, "gate": {}}'}))
    told = understanding(subject_of(Telegram, CASES, tmp_path))
    assert (told.bodies, told.things, told.withheld) == (5, 5, 1)
    assert told.missed == {"hologram": 1, "photo": 1, "gate": 1}
    assert told.rate == 3 / 5
