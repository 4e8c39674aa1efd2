"""The processor time that each part of an installation takes, which no busy neighbour changes."""

from collections import Counter

from deploy.bench import processes
from deploy.bench.place import Program


class Effort:
    """From the moment it is made; `taken` may be asked for many times."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._before = _used(program)

    def taken(self) -> Counter[str]:
        """Return the processor seconds that each part has taken."""
        return _used(self._program) - self._before


def _used(program: Program) -> Counter[str]:
    used = Counter[str]()
    for pid, part in program.parts().items():
        used[part] += processes.cpu_seconds([pid])  # type: ignore[assignment]  # seconds are no whole numbers
    return used


def for_each(taken: Counter[str], messages: int) -> str:
    """Return what each part took for a message, the most first."""
    return ", ".join(
        f"{part} {1e6 * seconds / messages:,.0f}"
        for part, seconds in taken.most_common()
        if seconds
    )
