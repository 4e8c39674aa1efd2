"""What every row of a view is: frozen, with its key and the position of its last change."""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, Protocol, TypeVar, runtime_checkable


@runtime_checkable
class Row(Protocol):
    @property
    def key(self) -> tuple[Any, ...]:
        """Return what the row is known by within its view."""
        ...

    @property
    def changed(self) -> int:
        """Return the position of the event that changed the row last."""
        ...


R = TypeVar("R")


def replacing(cls: type[R]) -> Callable[..., R]:
    """
    Return what `dataclasses.replace` is for one class, in a fraction of its time.

    A rebuild calls it for every event of the log, where `replace` alone, with its look
    at every field by name, was a third of the time.
    """
    names = tuple(field.name for field in fields(cls))  # type: ignore[arg-type]  # a dataclass; not sayable of a type
    place = {name: number for number, name in enumerate(names)}
    read = attrgetter(*names)

    def replaced(row: R, **changes: Any) -> R:
        values = list(read(row))
        for name, value in changes.items():
            values[place[name]] = value
        return cls(*values)

    return replaced
