"""The bodies of changes to reply templates and tags."""

from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, Field, model_validator

from adapters.http.bodies import Body, Id, Name, Tag, Text
from domain.template import Shared
from domain.variables import unknown

MOST_FILES: Final = 10


CODE: Final = "^[a-z0-9][a-z0-9_-]{0,39}$"
COLOUR: Final = "^#[0-9a-f]{6}$"


def fillable(text: str) -> str:
    """Return a template's text; raise `ValueError` for variables that no chat could have."""
    if names := unknown(text):
        raise ValueError(f"no such variables: {', '.join(names)}")
    return text


Code = Annotated[str, Field(pattern=CODE)]
"""What is typed after a slash."""
Words = Annotated[Text, Field(min_length=1), AfterValidator(fillable)]
Files = Annotated[list[Id], Field(max_length=MOST_FILES)]
"""Ids of uploads, or the SHA-256 of files that one sees."""
Colour = Annotated[str, Field(pattern=COLOUR)]


class NewTemplate(Body):
    code: Code
    title: Name
    text: Words
    shared: Shared = Shared.PERSONAL
    group: Id | None = None
    """Whose it is, where it is shared in a group."""
    attachments: Files = Field(default=[], max_length=MOST_FILES)

    @model_validator(mode="after")
    def _group_is_told(self) -> Self:
        if (self.shared is Shared.GROUP) != (self.group is not None):
            raise ValueError("a group's template names its group, and no other does")
        return self


class TemplateChange(Body):
    """Only what is given changes; for whom it is there does not."""

    code: Code | None = None
    title: Name | None = None
    text: Words | None = None
    attachments: Files | None = None

    def changes(self) -> dict[str, Any]:
        given = {"code": self.code, "title": self.title, "text": self.text}
        return {name: value for name, value in given.items() if value is not None}


class TemplateTry(Body):
    chat: Id


class TextTry(Body):
    chat: Id
    text: Text


class NewTag(Body):
    name: Tag
    colour: Colour | None = None


class TagColour(Body):
    colour: Colour | None
    """Null takes it away."""
