"""Suite: all views made anew from a long log."""

import time
from typing import Final

from adapters.storage.postgres.rebuild import rebuild
from deploy.bench.place import Place
from deploy.bench.report import Report
from deploy.bench.suite import Scale

EVENTS_OF_A_CHAT: Final = 10
_STILL_OPEN: Final = 20
"""One chat in so many."""


def run(place: Place, scale: Scale) -> Report:
    """Make a log, and rebuild all views from it a few times."""
    events, rounds = (1_000, 1) if scale.is_quick else (scale.events, 3)
    chats = events // EVENTS_OF_A_CHAT
    began = time.monotonic()
    added = place.fill(chats, max(1, chats // _STILL_OPEN), turns=1.2)
    made_in = time.monotonic() - began
    url, seconds = place.servers().postgres, []
    for _ in range(rounds):
        began = time.monotonic()
        rebuild(url)
        seconds.append(time.monotonic() - began)
    report = Report("rebuild")
    report.add("all views", [added / one for one in seconds], "events/s", least=100_000)
    report.add("time", seconds, "s")
    report.notes += [
        (f"{added:,} events of {chats:,} chats, as the rules make them (made in {made_in:.0f} s)"),
        "from the log to tables with indexes and statistics in the place of the old ones",
    ]
    return report
