"""All suites, and how they are run one after the other."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy.bench import (
    api,
    audit,
    channels,
    feed,
    growth,
    ingest,
    live,
    memory,
    pipeline,
    rebuild,
    replay,
    routing,
)
from deploy.bench.place import Place
from deploy.bench.report import Report
from deploy.bench.suite import NAMES, Scale, Suite, UnknownSuite

SUITES: Final[dict[str, Suite]] = dict(
    zip(
        NAMES,
        (
            *(ingest.run, rebuild.run, growth.run, live.run),
            *(pipeline.run, feed.run, memory.run, routing.run, channels.run),
            *(audit.run, replay.run, api.run),
        ),
        strict=True,
    )
)


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
                yield suite(place, scale)
        return
    for suite in suites:
        with Place(parent) as place:
            yield suite(place, scale)
