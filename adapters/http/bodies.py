"""The bodies of acts on chats. A field that nobody knows is an error, not silence."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from domain.values import Priority


def _storable(text: str) -> str:
    return text.replace("\x00", "\ufffd")


Text = Annotated[str, Field(max_length=20_000), AfterValidator(_storable)]
Id = Annotated[str, Field(min_length=1, max_length=100)]
Tag = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_storable)]
Seq = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NewMessage(Body):
    text: Text
    reply_to: Seq | None = None
    """seq of the message that this one quotes."""


class NewComment(Body):
    text: Text
    mentions: Annotated[list[Id], Field(max_length=50)] = []
    """Operators whom it is to reach."""


class Assignment(Body):
    operator: Id
    """`me`, or an operator's id."""


class TransferTo(Body):
    """To an operator or to a group: one of the two."""

    operator: Id | None = None
    group: Id | None = None
    comment: Text | None = None
    force: bool = False
    """Also to an operator who is offline; supervisors may."""

    @model_validator(mode="after")
    def _to_one(self) -> Self:
        if (self.operator is None) == (self.group is None):
            raise ValueError("give either an operator or a group")
        return self


class ReadUpTo(Body):
    up_to: Seq


class SnoozeUntil(Body):
    until: AwareDatetime


class TagChange(Body):
    add: Annotated[list[Tag], Field(max_length=50)] = []
    remove: Annotated[list[Tag], Field(max_length=50)] = []


class NewPriority(Body):
    priority: Priority


class ClientChange(Body):
    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]


class SettingsChange(Body):
    """Only what is given changes; durations in seconds."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    patience: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=30))] | None = None
    auto_assign: bool | None = None
    warmup: Annotated[int, Field(ge=0, le=10_000)] | None = None
