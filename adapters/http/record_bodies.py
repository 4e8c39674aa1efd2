"""The bodies of changes to clients' records and to the fields that they have."""

from typing import Annotated, Any, Self

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from adapters.http.bodies import Body, Id, Name, Tag
from adapters.phones import e164
from domain.client.facts import Detail
from domain.field import FieldKind
from domain.values import FieldId

Entered = Annotated[str, Field(max_length=25_000)] | None
"""Whether it is what the field is for is checked where the fields are known."""
Value = StrictBool | StrictInt | StrictFloat | StrictStr | None


class ClientChange(Body):
    """Only what is given changes; null takes it away."""

    name: Name | None = None
    email: Entered = None
    phone: Entered = None
    """As written in Brazil, or with + and the country."""
    cpf: Entered = None
    cnpj: Entered = None
    notes: Entered = None
    tags: Annotated[list[Tag], Field(max_length=100)] | None = None
    """All of them."""
    fields: dict[Id, Value] = Field(default_factory=dict, max_length=200)
    """By the field's id."""

    def details(self) -> dict[Detail, Any]:
        """Return what was entered for the details that every record has."""
        given = {d: getattr(self, d.value) for d in Detail if d.value in self.model_fields_set}
        if (phone := given.get(Detail.PHONE)) and phone.strip():
            # What is no number is left as it is: it is refused with the other faults.
            given[Detail.PHONE] = e164(phone) or "?"
        return given

    def own(self) -> dict[FieldId, Any]:
        return {FieldId(id_): value for id_, value in self.fields.items()}


class Merge(Body):
    client: Id
    """The record that goes on in this one."""


Option = Annotated[str, Field(min_length=1, max_length=200)]
Options = Annotated[tuple[Option, ...], Field(max_length=500)]


class NewField(Body):
    name: Name
    kind: FieldKind
    options: Options = ()
    """Of a list: what may be chosen."""

    @model_validator(mode="after")
    def _options_are_of_a_list(self) -> Self:
        if (self.kind is FieldKind.LIST) != bool(self.options):
            raise ValueError("a list has options, and nothing else does")
        return self


class FieldChange(Body):
    """Only what is given changes."""

    name: Name | None = None
    options: Options | None = None
