"""All suites, and how they are run one after the other."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy.bench import feed, growth, ingest, live, memory, pipeline, rebuild
from deploy.bench.place import Place
from deploy.bench.report import Report
from deploy.bench.suite import Scale, Suite

SUITES: Final = {
    suite.name: suite
    for suite in (
        Suite("ingest", "webhooks accepted, against the stock recorder", ingest.run),
        Suite("rebuild", "all views from a long log", rebuild.run),
        Suite("growth", "cost of a message as the installation grows", growth.run),
        Suite("live", "from a webhook to the live feed", live.run),
        Suite("pipeline", "messages a second through everything", pipeline.run),
        Suite("feed", "thousands of subscribers", feed.run),
        Suite("memory", "everything, with many open chats", memory.run),
    )
}


class UnknownSuite(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is no suite {name}: {', '.join(SUITES)}")
        self.name = name


def run(names: Sequence[str], scale: Scale, parent: Path | None = None) -> Iterator[Report]:
    """
    Yield each suite's report as soon as it is done; all suites, if none is named.

    Each has an installation of its own below `parent`; to be quick they share one. Raises
    `UnknownSuite` before anything starts, and `BenchFailed`.
    """
    for name in names:
        if name not in SUITES:
            raise UnknownSuite(name)
    suites = [SUITES[name] for name in names or SUITES]
    if scale.is_quick:
        with Place(parent) as place:
            for suite in suites:
                yield suite.run(place, scale)
        return
    for suite in suites:
        with Place(parent) as place:
            yield suite.run(place, scale)
