"""Every kind of entity: how its state starts, folds and decides, by the name of its stream."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, get_args

from domain import (
    account,
    channel,
    field,
    group,
    operator,
    saved_filter,
    tag,
    template,
    webhook,
)
from domain.account import Account
from domain.channel import ChannelAccount, Payload
from domain.chat import decide as chat_rules
from domain.chat import state as chat_state
from domain.chat.events import ChatEvent
from domain.chat.state import Chat
from domain.client import decide as client_rules
from domain.client import state as client_state
from domain.client.events import ClientEvent
from domain.client.state import Client
from domain.event import Event
from domain.field import Field
from domain.group import Group
from domain.operator import Operator
from domain.saved_filter import FilterEvent, SavedFilter, Tabs, TabsOrdered
from domain.tag import Tag
from domain.template import Template
from domain.values import (
    ChannelAccountId,
    ChatId,
    ClientId,
    FieldId,
    FilterId,
    GroupId,
    OperatorId,
    TagId,
    TemplateId,
    Timestamp,
    WebhookId,
    split_stream,
)
from domain.webhook import Webhook

State = (
    Chat
    | Client
    | Operator
    | Group
    | Account
    | ChannelAccount
    | Payload
    | Field
    | Tag
    | Template
    | Webhook
    | SavedFilter
    | Tabs
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entity. The functions take that kind's own types; a stream holds only those."""

    initial: Callable[[str], State]
    evolve: Callable[[Any, Any], State]
    decide: Callable[[Any, Any, Timestamp], list[Any]]


KINDS: Final[dict[str, Kind]] = {
    "chat": Kind(lambda id_: Chat(ChatId(id_)), chat_state.evolve, chat_rules.decide),
    "client": Kind(lambda id_: Client(ClientId(id_)), client_state.evolve, client_rules.decide),
    "operator": Kind(lambda id_: Operator(OperatorId(id_)), operator.evolve, operator.decide),
    "group": Kind(lambda id_: Group(GroupId(id_)), group.evolve, group.decide),
    "account": Kind(lambda _: Account(), account.evolve, account.decide),
    "channel": Kind(
        lambda id_: ChannelAccount(ChannelAccountId(id_)), channel.evolve, channel.decide
    ),
    "payload": Kind(Payload, channel.evolve_payload, channel.decide_payload),
    "field": Kind(lambda id_: Field(FieldId(id_)), field.evolve, field.decide),
    "tag": Kind(lambda id_: Tag(TagId(id_)), tag.evolve, tag.decide),
    "template": Kind(lambda id_: Template(TemplateId(id_)), template.evolve, template.decide),
    "webhook": Kind(lambda id_: Webhook(WebhookId(id_)), webhook.evolve, webhook.decide),
    "filter": Kind(
        lambda id_: SavedFilter(FilterId(id_)), saved_filter.evolve, saved_filter.decide
    ),
    "tabs": Kind(
        lambda id_: Tabs(OperatorId(id_)), saved_filter.evolve_tabs, saved_filter.decide_tabs
    ),
}

EVENT_TYPES: Final[dict[str, type[Event]]] = {
    type_.TOPIC: type_
    for type_ in (
        *get_args(ChatEvent),
        *get_args(ClientEvent),
        *get_args(operator.OperatorEvent),
        *get_args(group.GroupEvent),
        account.AccountConfigured,
        *get_args(channel.ChannelEvent),
        *get_args(channel.PayloadEvent),
        *get_args(field.FieldEvent),
        *get_args(tag.TagEvent),
        *get_args(template.TemplateEvent),
        *get_args(webhook.WebhookEvent),
        *get_args(FilterEvent),
        TabsOrdered,
    )
}
"""Every topic that was ever written, and the class that reads it."""


def initial(stream: str) -> State:
    """Return the state of a stream in which nothing has happened."""
    kind, id_ = split_stream(stream)
    return KINDS[kind].initial(id_)


def evolve(stream: str, state: State, event: Event) -> State:
    """Return the state of a stream after one more event."""
    return KINDS[split_stream(stream)[0]].evolve(state, event)


def subject_of(state: State) -> str | None:
    """Return whose personal data an entity's events hold: a client's or an operator's id."""
    match state:
        case Chat(client_id=client_id):
            return client_id
        case Client(id=id_) | Operator(id=id_):
            return id_
        case _:
            return None
