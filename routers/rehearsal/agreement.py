"""Whether what is decided in a rehearsal is what was really decided (R13)."""

from dataclasses import dataclass

from domain.acts import Assign
from domain.values import OperatorId, Timestamp


@dataclass(slots=True)
class Agreement:
    """How the decisions here compare with the automatic assignments in the log."""

    recorded: int = 0
    """Assignments in the log while both courses were one."""
    decided_alike: int = 0
    """Of these, decided here on the same position for the same operator."""
    failed: int = 0
    """How often the policy raised: the chats concerned stayed in New."""


@dataclass(frozen=True, slots=True)
class Made:
    """A decision."""

    act: Assign
    here: int
    """The position of the log it was made on."""
    now: Timestamp

    def is_alike(self, operator_id: OperatorId, decided_on: int, began_at: int) -> bool:
        """
        Return whether a giving in the log came of the same decision.

        What was on its way when the rehearsal began was decided on an earlier position.
        """
        was_on_its_way = self.here <= began_at and decided_on <= began_at
        is_same_moment = decided_on == self.here or was_on_its_way
        return is_same_moment and self.act.command.operator_id == operator_id
