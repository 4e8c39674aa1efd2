"""The act of taking somebody on or changing what he may and can do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from domain.access import Action, Office, Scope, can
from domain.acts import PlainAct
from domain.errors import NotAllowed, NotFound
from domain.event import NewEvent
from domain.operator import ChangeOperator, CreateOperator, decide
from domain.ports import Found, House
from domain.values import Naming, OperatorId, Role, StreamId, stream_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpOperator(PlainAct):
    """
    An operator is made or changed; his groups must be there.

    Nobody takes the administration from himself, so that somebody always has it: that
    raises `NotAllowed`.
    """

    operator_id: OperatorId
    command: CreateOperator | ChangeOperator
    by: Scope

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        yield stream_of("operator", self.operator_id)
        yield from (stream_of("group", group) for group in self.command.skills or ())

    def decide(self, house: House) -> list[NewEvent]:
        command = self.command
        for group in command.skills or ():
            if not house.group(group).exists:
                raise NotFound("group", group)
        if isinstance(command, ChangeOperator):
            gives_up = command.role not in {None, Role.ADMINISTRATOR} or command.active is False
            if gives_up and not can(self.by, Action.ADMINISTER, Office(self.operator_id)):
                raise NotAllowed("take the administration from oneself")
        operator = house.operator(self.operator_id)
        stream = stream_of("operator", self.operator_id)
        return [NewEvent(stream, event) for event in decide(operator, command, house.now)]
