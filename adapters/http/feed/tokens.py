"""
Ids of subscriptions and places in a feed, which say all that is needed to go on.

A subscription's id holds the subscription, signed, so that any process can serve it and a
restart forgets none. A place says how far a subscriber has come and under which rights.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from adapters.http.feed.frames import SCHEMA
from domain.access import Scope
from domain.values import Naming
from projections.filter_parsing import LONGEST, text_of
from projections.filters import Listed

MOST_VIEWS: Final = 20
LONGEST_ID: Final = 6_000

_PLACE: Final = re.compile(r"(\d{1,3})\.(\d{1,19})\.(\d{1,9})\.([0-9a-f]{12})\.([0-9a-f]{12})")


def _as_text(filter_: Any) -> Any:
    return text_of(filter_) if isinstance(filter_, dict) else filter_


class _Params(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChatsParams(_Params):
    """As in `GET /v1/chats`."""

    section: Listed = Listed.ALL
    operator: str | None = Field(default=None, max_length=100)
    group: str | None = Field(default=None, max_length=100)
    channel: str | None = Field(default=None, max_length=100)
    client: str | None = Field(default=None, max_length=100)
    tag: str | None = Field(default=None, max_length=100)
    q: str | None = Field(default=None, max_length=200)
    filter: Annotated[str | None, BeforeValidator(_as_text)] = Field(
        default=None, max_length=LONGEST
    )
    """A tree, or its JSON as text."""
    tab: str | None = Field(default=None, max_length=100)
    """The id of a saved filter."""

    @property
    def is_filtered(self) -> bool:
        """Return whether the list holds what somebody's own filter asks for."""
        return self.filter is not None or self.tab is not None


class CountsParams(_Params):
    tabs: bool = True
    """Whether the tabs of who subscribes are counted, too."""


class MessagesParams(_Params):
    chat: str = Field(max_length=100)


class NoParams(_Params):
    pass


PARAMS: Final[Mapping[str, type[_Params]]] = {
    "chats": ChatsParams,
    "messages": MessagesParams,
    "counts": CountsParams,
    "operators": NoParams,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One view of a subscription, under the name that the subscriber gave it."""

    id: str
    projection: str
    params: ChatsParams | CountsParams | MessagesParams | NoParams


@dataclass(frozen=True, slots=True)
class Subscription:
    operator_id: str
    views: tuple[Wanted, ...]

    def id(self, naming: Naming) -> str:
        """Return the id, from which `subscription_of` makes it again."""
        named = orjson.dumps([self.operator_id, _named(self.views)])
        payload = urlsafe_b64encode(named).decode().rstrip("=")
        return f"{payload}.{naming.key('subscription', payload)}"

    def resolved(self) -> "Subscription":
        """Return it with the operator's id in the place of `me`."""
        return Subscription(self.operator_id, tuple(map(self._resolved, self.views)))

    def fingerprint(self, naming: Naming) -> str:
        """Return what tells its views from others, whoever asked for them."""
        return naming.key("views", orjson.dumps(_named(self.resolved().views)).decode())[:12]

    def _resolved(self, view: Wanted) -> Wanted:
        params = view.params
        if not isinstance(params, ChatsParams) or params.operator != "me":
            return view
        own = params.model_copy(update={"operator": self.operator_id})
        return Wanted(view.id, view.projection, own)


def _named(views: Iterable[Wanted]) -> list[tuple[str, str, Any]]:
    return [
        (v.id, v.projection, v.params.model_dump(mode="json", exclude_defaults=True)) for v in views
    ]


def subscription_of(id_: str, naming: Naming) -> Subscription | None:
    """Return the subscription that an id holds; None when it is not one of ours."""
    payload, _, signature = id_.partition(".")
    if len(id_) > LONGEST_ID or signature != naming.key("subscription", payload):
        return None
    operator_id, views = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    try:
        wanted = tuple(Wanted(i, p, params_of(p, params)) for i, p, params in views)
    except (KeyError, ValidationError):
        # Made by another version of the program: the subscriber makes a new one.
        return None
    return Subscription(operator_id, wanted)


def params_of(projection: str, params: Any) -> Any:
    """Return a view's parameters; raise KeyError or ValidationError for what there is not."""
    return TypeAdapter(PARAMS[projection]).validate_python(params)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """How far a subscriber has come."""

    position: int
    step: int = 0
    """Counts what the clock alone moved since that position."""


@dataclass(frozen=True, slots=True)
class Token:
    """A place, and under which rights and with which views it was reached."""

    place: Place
    rights: str
    views: str

    def __bytes__(self) -> bytes:
        place = self.place
        return f"{SCHEMA}.{place.position}.{place.step}.{self.rights}.{self.views}".encode()

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the token that a subscriber gives back; None when it is none of ours."""
        match = _PLACE.fullmatch(text)
        if match is None or int(match[1]) != SCHEMA:
            return None
        return cls(Place(int(match[2]), int(match[3])), match[4], match[5])


def rights_of(scope: Scope, naming: Naming) -> str:
    """Return a fingerprint of what somebody may see: another one, and he starts afresh."""
    limits = (str(scope.sees_new), *scope.rights)
    return naming.key("rights", scope.operator_id, scope.role, *limits, *sorted(scope.groups))[:12]
