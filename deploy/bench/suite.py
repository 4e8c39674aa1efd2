"""What every suite is."""

from collections.abc import Callable
from dataclasses import dataclass

from deploy.bench.place import Place
from deploy.bench.report import Report


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is done."""

    is_quick: bool = False
    """Only to see that all of it works: the figures mean nothing."""
    events: int = 1_000_000
    """Length of the log that is rebuilt from."""


@dataclass(frozen=True, slots=True)
class Suite:
    name: str
    what: str
    run: Callable[[Place, Scale], Report]
