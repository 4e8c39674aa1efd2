"""All checks over one adapter, and the level that it has reached by them."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.channels.base import CONTRACT, Sends
from adapters.channels.conformance import (
    answered,
    asking,
    hearing,
    honesty,
    journey,
    papers,
    posting,
    speaking,
)
from adapters.channels.conformance.subject import Subject
from adapters.channels.conformance.understanding import Understanding, understanding
from adapters.channels.registry import CONFORMANCE

MOST_TOLD: Final = 10
"""Findings of one check: the eleventh says nothing new."""


class Level(StrEnum):
    NONE = "none"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


LEVELS: Final = tuple(Level)
"""From the lowest up."""


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    level: Level
    """What an adapter that fails it cannot reach."""
    find: Callable[[Subject], Iterator[str]]


def _outbound(subject: Subject) -> Iterator[str]:
    sends = isinstance(subject.make(), Sends)
    return posting.outbound(subject) if sends else speaking.outbound(subject)


def _classify(subject: Subject) -> Iterator[str]:
    sends = isinstance(subject.make(), Sends)
    return posting.classify(subject) if sends else answered.classify(subject)


CHECKS: Final = (
    Check("cases", Level.BRONZE, hearing.expectations),
    Check("signature", Level.BRONZE, asking.signature),
    Check("handshake", Level.BRONZE, asking.handshake),
    Check("totality", Level.BRONZE, hearing.totality),
    Check("tolerance", Level.BRONZE, hearing.tolerance),
    Check("determinism", Level.BRONZE, hearing.determinism),
    Check("safety", Level.BRONZE, hearing.safety),
    Check("outbound", Level.SILVER, _outbound),
    Check("classify", Level.SILVER, _classify),
    Check("capabilities", Level.SILVER, honesty.capabilities),
    Check("network", Level.SILVER, honesty.network),
    Check("end-to-end", Level.GOLD, journey.end_to_end),
    Check("recordings", Level.GOLD, papers.recordings),
    Check("documentation", Level.GOLD, papers.documentation),
)
"""In the order of the levels that they stand for."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of the checks."""

    kind: str
    provider_version: str
    findings: dict[str, list[str]] = field(default_factory=dict)
    """Of each check that was run; an empty list: it is kept."""
    exempt: dict[str, str] = field(default_factory=dict)
    recorded: Understanding | None = None
    """What came of recorded bodies, where there are any."""

    @property
    def failed(self) -> list[str]:
        return [name for name, found in self.findings.items() if found]

    @property
    def level(self) -> Level:
        """Return the highest level all of whose checks, and of those below, are kept."""
        kept = {name for name, found in self.findings.items() if not found} | set(self.exempt)
        reached = Level.NONE
        for level in LEVELS[1:]:
            if any(c.level is level and c.name not in kept for c in CHECKS):
                break
            reached = level
        return reached

    def to_json(self) -> bytes:
        told: dict[str, Any] = {
            "kind": self.kind,
            "contract": CONTRACT,
            "provider_version": self.provider_version,
            "level": self.level.value,
            "checks": {name: found or "ok" for name, found in self.findings.items()},
            "exempt": self.exempt,
        }
        if self.recorded is not None:
            told["recordings"] = {**asdict(self.recorded), "missed_rate": self.recorded.rate}
        return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def write(self, folder: Path) -> Path:
        """Write `conformance.json` into a folder, and return where it is."""
        path = folder / CONFORMANCE
        path.write_bytes(self.to_json())
        return path


def examine(subject: Subject) -> Report:
    """Return what all checks find."""
    exempt = dict(subject.cases.account.exempt)
    found = {c.name: findings(c, subject) for c in CHECKS if c.name not in exempt}
    recorded = understanding(subject) if subject.cases.recordings else None
    return Report(subject.meta.kind, subject.meta.provider_version, found, exempt, recorded)


def findings(check: Check, subject: Subject) -> list[str]:
    """Return what one check finds; a check that cannot be finished has found something, too."""
    try:
        return list(dict.fromkeys(islice(check.find(subject), MOST_TOLD)))
    except Exception as error:
        return [f"the check ended with {type(error).__name__}: {error}"]
