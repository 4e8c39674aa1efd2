"""The bodies of acts on chats. A field that nobody knows is an error, not silence."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from adapters.calendars import Hours, TimeZone
from domain.account import Retention, checked_retention
from domain.group import NobodyOnline
from domain.values import GroupId, OperatorId, Priority
from routers.policies.registry import known_policy


def _storable(text: str) -> str:
    return text.replace("\x00", "\ufffd")


Text = Annotated[str, Field(max_length=20_000), AfterValidator(_storable)]
Id = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_storable)]
Tag = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_storable)]
Kept = Annotated[Retention, AfterValidator(checked_retention)]
Seq = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Template(Body):
    """A message that the provider approved beforehand (M10)."""

    name: Id
    language: Annotated[str, Field(min_length=2, max_length=20)]
    values: Annotated[list[Text], Field(max_length=50)] = []
    """For its blanks, in their order."""


class Button(Body):
    id: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
    title: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_storable)]


class NewMessage(Body):
    text: Text = ""
    attachments: Annotated[list[Id], Field(max_length=10)] = []
    """Ids of uploads, or the SHA-256 of files that one sees."""
    template: Template | None = None
    """`text` is then what it says, as far as the sender knows it."""
    buttons: Annotated[list[Button], Field(max_length=10)] = []
    """Answers to pick from; written out as lines where the channel has no buttons."""
    reply_to: Seq | None = None
    """seq of the message that this one quotes."""
    reply_template: Id | None = None
    """The reply template that it was written from, to count its uses."""

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        if self.buttons and not self.text.strip():
            raise ValueError("buttons need a text that asks")
        if self.template is not None and (self.attachments or self.buttons):
            raise ValueError("a template has its own buttons and files")
        return self


class Mention(Body):
    """An operator or a group: one of the two."""

    operator: Id | None = None
    group: Id | None = None

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        if (self.operator is None) == (self.group is None):
            raise ValueError("give either an operator or a group")
        return self


class CommentText(Body):
    text: Text


class NewComment(Body):
    text: Text
    mentions: Annotated[list[Mention], Field(max_length=50)] = []
    """Whom it is to reach; they must see the chat."""

    def operators(self) -> tuple[OperatorId, ...]:
        named = (OperatorId(one.operator) for one in self.mentions if one.operator is not None)
        return tuple(dict.fromkeys(named))

    def groups(self) -> tuple[GroupId, ...]:
        named = (GroupId(one.group) for one in self.mentions if one.group is not None)
        return tuple(dict.fromkeys(named))


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


def _in_the_calendar(moment: datetime) -> datetime:
    """Return the moment in UTC; raise `ValueError` where that is in no year that there is."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("there is no such moment in UTC") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_the_calendar)]


class SnoozeUntil(Body):
    until: Moment


class TagChange(Body):
    add: Annotated[list[Tag], Field(max_length=50)] = []
    remove: Annotated[list[Tag], Field(max_length=50)] = []


class NewPriority(Body):
    priority: Priority


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
Duration = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=365))]
PolicyName = Annotated[str, Field(max_length=100), AfterValidator(known_policy)]


class SettingsChange(Body):
    """Only what is given changes; durations in seconds. Null switches off what may be off."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    language: Literal["pt-BR", "en", "es"] | None = None
    time_zone: TimeZone | None = None
    patience: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=30))] | None = None
    auto_assign: bool | None = None
    policy: PolicyName | None = None
    sticky: Duration | None = None
    presence_grace: Duration | None = None
    warmup: Annotated[int, Field(ge=0, le=10_000)] | None = None
    reopen_within: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=365))] | None = (
        None
    )
    answer_within: Duration | None = None
    save_unverified: bool | None = None
    require_second_factor: bool | None = None
    header_fields: Annotated[tuple[Id, ...], Field(max_length=50)] | None = None
    """Details and ids of fields of the client's record, shown in the chat's header (C5)."""
    retention: Annotated[tuple[Kept, ...], Field(max_length=200)] | None = None
    """After how many days without a word clients are erased, by channel; an empty list: never."""

    def changes(self) -> dict[str, Any]:
        """Return what is to change."""
        may_be_off = {"sticky", "answer_within"}
        given = ((name, value) for name, value in self if name in self.model_fields_set)
        return {name: value for name, value in given if value is not None or name in may_be_off}


class NewGroup(Body):
    name: Name


class GroupChange(Body):
    """Only what is given changes; durations in seconds. Null follows the account."""

    name: Name | None = None
    patience: Duration | None = None
    policy: PolicyName | None = None
    sticky: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=365))] | None = None
    answer_within: Duration | None = None
    on_nobody_online: NobodyOnline = NobodyOnline.QUEUE
    overflow_to: Id | None = None
    overflow_after: Duration | None = None
    may_exceed_capacity: bool = False
    hours: Hours | None = None
    """When its chats are given to anybody; null for day and night."""
    clock_in_hours: bool = False
    """Whether waiting clocks run in these hours only."""
