"""The workspace file: account, groups, operators and channels as they are to be."""

import os
import re
import tomllib
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from adapters.calendars import Hours, TimeZone
from adapters.http.passwords import SHORTEST
from adapters.http.template_bodies import CODE, COLOUR, fillable
from deploy.settings import SettingsRefused, first_problem
from domain.account import Retention, checked_retention
from domain.group import NobodyOnline
from domain.values import Role
from routers.policies.registry import known_policy

LONGEST: Final = timedelta(days=365)
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(text: object) -> object:
    """
    Return the time that a text like `90s`, `10m`, `2h` or `1d` stands for.

    >>> duration("10m")
    datetime.timedelta(seconds=600)
    """
    if not isinstance(text, str):
        return text
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no duration; write 90s, 10m, 2h or 1d")
    try:
        return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    except OverflowError:
        raise ValueError(f"{text[:20]!r} is too long") from None


Duration = Annotated[timedelta, BeforeValidator(duration), Field(gt=timedelta(0), le=LONGEST)]


PolicyName = Annotated[str, AfterValidator(known_policy)]
Skill = Annotated[int, Field(ge=1, le=100)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AccountTable(_Table):
    name: str = "Recado"
    language: str = Field(default="pt-BR", pattern="^(pt-BR|en|es)$")
    time_zone: TimeZone = "America/Sao_Paulo"
    patience: Duration = timedelta(minutes=10)
    auto_assign: bool = True
    policy: PolicyName = "least_busy"
    sticky: Duration | None = None
    presence_grace: Duration = timedelta(seconds=90)
    warmup: int = Field(default=3, ge=1)
    reopen_within: Duration = timedelta(hours=2)
    answer_within: Duration | None = None
    save_unverified: bool = False
    require_second_factor: bool = False
    retention: tuple[Annotated[Retention, AfterValidator(checked_retention)], ...] = ()


class GroupTable(_Table):
    name: str = Field(min_length=1)
    patience: Duration | None = None
    policy: PolicyName | None = None
    sticky: Duration | None = None
    answer_within: Duration | None = None
    on_nobody_online: NobodyOnline = NobodyOnline.QUEUE
    overflow_to: str | None = None
    overflow_after: Duration | None = None
    may_exceed_capacity: bool = False
    hours: Hours | None = None
    clock_in_hours: bool = False

    @model_validator(mode="after")
    def _overflow_is_whole(self) -> "GroupTable":
        if self.on_nobody_online is not NobodyOnline.OVERFLOW:
            return self
        if self.overflow_to is None or self.overflow_after is None:
            raise ValueError(f"{self.name!r} overflows: give overflow_to and overflow_after")
        return self

    @model_validator(mode="after")
    def _clock_has_hours(self) -> "GroupTable":
        if self.clock_in_hours and self.hours is None:
            raise ValueError(f"{self.name!r} has no hours for its clock to run in")
        return self


class OperatorTable(_Table):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    name: str = Field(min_length=1)
    role: Role = Role.OPERATOR
    groups: tuple[str, ...] = ()
    skills: dict[str, Skill] = Field(default_factory=dict)
    """Of groups he is in; what is not told stays, and is 50 at first."""
    capacity: int = Field(default=5, ge=0)
    sees_new: bool = True
    """Whether he sees New chats, and so can pull them."""
    password: str | None = Field(default=None, min_length=SHORTEST)
    password_env: str | None = None

    @model_validator(mode="after")
    def _skills_are_of_his_groups(self) -> "OperatorTable":
        for group in self.skills:
            if group not in self.groups:
                raise ValueError(f"{self.email} has a skill for {group!r} and is not in it")
        return self

    def secret(self) -> str | None:
        """Return the password, from the file or from the environment; None leaves it as it is."""
        if self.password_env is None:
            return self.password
        if self.password_env not in os.environ:
            raise SettingsRefused(f"operators: {self.email}: {self.password_env} is not set")
        password = os.environ[self.password_env]
        if len(password) < SHORTEST:
            raise SettingsRefused(
                f"operators: {self.email}: {self.password_env} is too short;"
                f" a password has at least {SHORTEST} characters"
            )
        return password


class ChannelTable(_Table):
    name: str = Field(pattern="^[a-zA-Z0-9_-]{1,64}$")
    kind: str
    group: str | None = None
    config: dict[str, Any] = Field(default_factory=dict)


class TemplateTable(_Table):
    """A reply template: the account's, or a group's where one is named."""

    code: str = Field(pattern=CODE)
    title: str = Field(min_length=1, max_length=200)
    text: Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(fillable)]
    group: str | None = None


class TagTable(_Table):
    name: str = Field(min_length=1, max_length=100)
    colour: str | None = Field(default=None, pattern=COLOUR)


class Workspace(_Table):
    account: AccountTable = AccountTable()
    groups: tuple[GroupTable, ...] = ()
    operators: tuple[OperatorTable, ...] = ()
    channels: tuple[ChannelTable, ...] = ()
    templates: tuple[TemplateTable, ...] = ()
    tags: tuple[TagTable, ...] = ()

    @model_validator(mode="after")
    def _names_fit(self) -> "Workspace":
        groups = {group.name for group in self.groups}
        named = [(f"operators: {o.email}", g) for o in self.operators for g in o.groups]
        named += [(f"channels: {c.name}", c.group) for c in self.channels if c.group]
        named += [(f"groups: {g.name}", g.overflow_to) for g in self.groups if g.overflow_to]
        named += [(f"templates: {t.code}", t.group) for t in self.templates if t.group]
        for who, group in named:
            if group not in groups:
                raise ValueError(f"{who}: there is no group {group!r}")
        return self

    @model_validator(mode="after")
    def _overflow_ends(self) -> "Workspace":
        to = {
            group.name: group.overflow_to
            for group in self.groups
            if group.on_nobody_online is NobodyOnline.OVERFLOW and group.overflow_to
        }
        for name in to:
            path = [name]
            while (next_ := to.get(path[-1])) is not None:
                path.append(next_)
                if next_ in path[:-1]:
                    raise ValueError(f"groups overflow in a circle: {' -> '.join(path)}")
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> "Workspace":
        named = [f"groups: {group.name}" for group in self.groups]
        named += [f"operators: {operator.email.strip().lower()}" for operator in self.operators]
        named += [f"channels: {channel.name}" for channel in self.channels]
        named += [f"templates: {t.code} of {t.group or 'the account'}" for t in self.templates]
        named += [f"tags: {tag.name}" for tag in self.tags]
        for name, times in Counter(named).items():
            if times > 1:
                raise ValueError(f"{name} is there {times} times")
        return self


def read(path: Path) -> Workspace:
    """Return the file's content; raise `SettingsRefused` with one line that names the fault."""
    try:
        return Workspace.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise SettingsRefused(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsRefused(f"{path}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused(f"{path}: {error}") from None
    except ValidationError as error:
        raise SettingsRefused(f"{path}: {first_problem(error)}") from None
