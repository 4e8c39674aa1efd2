"""What the domain asks of the outside, and what the outside hands to it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from domain.account import Account
from domain.channel import ChannelAccount
from domain.chat.state import Chat
from domain.client.state import Client
from domain.event import NewEvent
from domain.field import Field
from domain.group import Group
from domain.operator import Operator
from domain.saved_filter import SavedFilter, Tabs
from domain.tag import Tag
from domain.template import Template
from domain.values import (
    ChannelAccountId,
    ChatId,
    ClientId,
    FieldId,
    FilterId,
    GroupId,
    Meta,
    Naming,
    OperatorId,
    StreamId,
    TagId,
    TemplateId,
    Timestamp,
    WebhookId,
)
from domain.webhook import Webhook

Clock = Callable[[], Timestamp]


@dataclass(frozen=True, slots=True)
class Found:
    """What a lookup key stands for."""

    stream: StreamId
    number: int
    """A message's seq, a chat's episode, or the version that a command led to."""
    position: int
    fingerprint: str | None = None


class House(Protocol):
    """
    All that a decision may look at, as of one instant.

    It holds what the act said it needs (`Act.keys`, `Act.streams`, `Act.seats`), plus
    what acts before it in the same batch have just added.
    """

    @property
    def now(self) -> Timestamp: ...
    @property
    def naming(self) -> Naming: ...
    def find(self, key: str) -> Found | None: ...
    def chat(self, id_: ChatId) -> Chat: ...
    def client(self, id_: ClientId) -> Client: ...
    def operator(self, id_: OperatorId) -> Operator: ...
    def group(self, id_: GroupId) -> Group: ...
    def channel(self, id_: ChannelAccountId) -> ChannelAccount: ...
    def account(self) -> Account: ...
    def field(self, id_: FieldId) -> Field: ...
    def tag(self, id_: TagId) -> Tag: ...
    def template(self, id_: TemplateId) -> Template: ...
    def webhook(self, id_: WebhookId) -> Webhook: ...
    def filter(self, id_: FilterId) -> SavedFilter: ...
    def tabs(self, id_: OperatorId) -> Tabs: ...
    def load(self, operator_id: OperatorId) -> int:
        """Return how many chats an operator has that count against his capacity (R3)."""
        ...


class Act(Protocol):
    """Something asked of the desk: what it needs to look at, and what follows from it."""

    @property
    def meta(self) -> Meta: ...

    @property
    def identity(self) -> str | None:
        """A key under which the act is done once, however often it is asked; None for any time."""
        ...

    @property
    def fingerprint(self) -> str | None:
        """A digest of the content; the same identity with another one is refused."""
        ...

    def keys(self, naming: Naming) -> Iterable[str]:
        """Yield the lookup keys needed, besides the identity."""
        ...

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        """Yield the streams needed, now that the keys are looked up."""
        ...

    def seats(self) -> Iterable[OperatorId]:
        """Yield whose load is needed."""
        ...

    def decide(self, house: House) -> list[NewEvent]:
        """Return what follows; raise `Refused` where the rules say no."""
        ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an act."""

    stream: StreamId | None
    """The stream of the first event; None when nothing was added and nothing found."""
    version: int
    """Of that stream, after the act."""
    position: int
    """Everything the act added lies at or before it."""
    number: int = 0
    """The seq of the first message or comment added, else the version."""
    added: int = 0
    repeated: bool = False
    """True when the identity had been used before: what is told is the first outcome."""


class Desk(Protocol):
    """Where acts are handed in. What it returns for is committed."""

    async def submit(self, act: Act) -> Receipt:
        """Return when the act is committed; raise `Refused`, `IdentityReused` or `LogIsBusy`."""
        ...
