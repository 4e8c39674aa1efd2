"""What every suite is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from deploy.bench.place import Place
    from deploy.bench.report import Report

NAMES: Final = (
    "ingest",
    "rebuild",
    "growth",
    "live",
    "pipeline",
    "feed",
    "memory",
    "routing",
    "channels",
    "audit",
    "replay",
    "api",
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is done."""

    is_quick: bool = False
    """Only to see that all of it works: the figures mean nothing."""
    events: int = 1_000_000
    """Length of the log that is rebuilt from."""
    chats: int = 1_000_000
    """To how many chats the installation grows; how many `api` is asked about."""


class UnknownSuite(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is no suite {name}: {', '.join(NAMES)}")
        self.name = name


Suite: TypeAlias = "Callable[[Place, Scale], Report]"
