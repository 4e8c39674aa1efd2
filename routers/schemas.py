"""
What is on the streams, for other programs: an AsyncAPI 3 document made from the events.

Headers cannot be said in FastStream's documents, so the descriptions name them.
"""

from typing import Any, Final, get_args

from faststream.nats import NatsBroker
from faststream.specification.asyncapi import AsyncAPI
from pydantic import BaseModel, ConfigDict, Field, create_model

from domain.account import AccountConfigured
from domain.channel import ChannelEvent, PayloadEvent
from domain.chat.events import ChatEvent
from domain.client.events import ClientEvent
from domain.event import Event
from domain.field import FieldEvent
from domain.group import GroupEvent
from domain.operator import OperatorEvent
from domain.saved_filter import FilterEvent, TabsOrdered
from domain.tag import TagEvent
from domain.template import TemplateEvent
from domain.webhook import WebhookEvent

EVENTS: Final[dict[str, tuple[type[Event], ...]]] = {
    "chat": get_args(ChatEvent),
    "client": get_args(ClientEvent),
    "operator": get_args(OperatorEvent),
    "group": get_args(GroupEvent),
    "account": (AccountConfigured,),
    "channel": get_args(ChannelEvent),
    "payload": get_args(PayloadEvent),
    "field": get_args(FieldEvent),
    "filter": get_args(FilterEvent),
    "tabs": (TabsOrdered,),
    "tag": get_args(TagEvent),
    "template": get_args(TemplateEvent),
    "webhook": get_args(WebhookEvent),
}
"""The events of each kind of entity, as the subjects of the log name it."""

VIEWS: Final = {
    "chats": "one chat as the panel lists it",
    "messages": "one message or comment of a chat; the key is `<chat id>.<seq>`",
    "operators": "one operator, with presence and load",
    "groups": "one group",
    "clients": "one client's record",
    "counts": "how many chats are in each section of a list",
}

ABOUT_THE_LOG: Final = (
    "Stream RECADO_LOG; its sequence is the position in the log. Headers are CloudEvents in"
    " binary mode (`ce-id` is the position, `ce-type` the topic, `ce-subject` the entity's"
    " stream), `Nats-Msg-Id` (the position) and `Recado-Version` (in the entity's stream)."
)
ABOUT_THE_VIEWS: Final = (
    "Stream RECADO_VIEWS, one message kept for each subject. An empty message: it is gone."
)


class LogMessage(BaseModel):
    """An event as it is stored: who asked for it, and what happened."""

    actor: str = Field(description="`operator:<id>`, `client:<id>`, `channel:<id>`, `router`, …")
    via: str = Field(description="`http`, `webhook`, `cli`, `apply`, `router`, `timer`, …")
    cause: str | None = Field(
        None, description="the command's identity, or the position that led to it"
    )
    subject: str | None = Field(None, description="the person whose data `data` holds")


class ViewItem(BaseModel):
    """An item just as HTTP gives it."""

    model_config = ConfigDict(extra="allow")

    position: int = Field(description="the position of the log at which it last changed")


def asyncapi(broker: NatsBroker, version: str = "0.1.0") -> dict[str, Any]:
    """
    Return the AsyncAPI 3 document of what Recado says on NATS.

    `broker` gives the server's address and is written into: use one that is not started.
    """
    for kind, events in EVENTS.items():
        for event in events:
            # Not the event's own name: of two schemas of one name, only one would be kept.
            name = f"{event.__name__}Message"
            broker.publisher(
                f"recado.log.{kind}.{{id}}.{event.TOPIC}",
                title=event.TOPIC,
                description=ABOUT_THE_LOG,
                schema=create_model(name, __base__=LogMessage, data=(event, ...)),
            )
    for projection, what in VIEWS.items():
        broker.publisher(
            f"recado.views.{projection}.{{key}}",
            title=f"view.{projection}",
            description=f"{what}. {ABOUT_THE_VIEWS}",
            schema=ViewItem,
        )
    document = AsyncAPI(
        broker,
        title="Recado",
        version=version,
        description="Every event of the log, and the views that follow from them.",
        schema_version="3.0.0",
    )
    specification: dict[str, Any] = document.to_specification().to_jsonable()
    for schema in specification["components"]["schemas"].values():
        _leave_out_nulls(schema)
    return {part: _in_order(content) for part, content in specification.items()}


def _leave_out_nulls(schema: dict[str, Any]) -> None:
    """Have no field required that may be null: what is null is not written."""
    required = [name for name in schema.pop("required", []) if not _may_be_null(schema, name)]
    if required:
        schema["required"] = required


def _may_be_null(schema: dict[str, Any], name: str) -> bool:
    return {"type": "null"} in schema["properties"][name].get("anyOf", [])


def _in_order(content: Any) -> Any:
    """Return it with its keys in order: FastStream's is another one each time."""
    if not isinstance(content, dict):
        return content
    return {key: _in_order(content[key]) for key in sorted(content)}
