"""
What answers hold, for the OpenAPI document.

The views hand ready JSON to the routes, so these models describe it and check nothing at run
time; tests hold the answers against them. More members may always come.
"""

from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Shape(BaseModel):
    model_config = ConfigDict(extra="allow")


class Problem(Shape):
    """RFC 9457: why a request is refused. Programs go by `code`, people by `title`."""

    type: str
    title: str
    """In the language asked for: pt-BR, en or es."""
    status: int
    code: str
    errors: list[dict[str, str]] | None = None
    """What is wrong where, by JSON pointer."""


class Receipt(Shape):
    """What became of an act: reads with `min_position` see it."""

    position: int
    version: int


class Made(Receipt):
    id: str


class Numbered(Receipt):
    seq: int | None = None
    """Of what was written, within its chat; not given where it had been done before."""


class Erasure(Shape):
    """What was a client's, or would go if it were confirmed."""

    client: str
    erased: bool
    records: int
    """His, and those that are merged into it."""
    fields: int
    chats: int
    open_chats: int
    messages: int
    files: int
    shared_files: int
    """Of these, those that stay because another client's chat holds them, too."""
    held: str | None
    """Why he must not be erased."""
    mentions: list[dict[str, Any]]
    """`chat` and `seq` of messages in chats of others that name him; they stay."""


class Named(Shape):
    id: str | None
    name: str | None


class Skill(Shape):
    id: str
    skill: int


class Elsewhere(Shape):
    """A provider to sign in at: what people call it, and the page to go to."""

    name: str
    start: str


class Ways(Shape):
    """How one can sign in."""

    password: bool
    oidc: Elsewhere | None


class Me(Shape):
    id: str
    email: str
    name: str
    role: Literal["administrator", "supervisor", "operator", "auditor"]
    presence: Literal["online", "away", "offline"]
    capacity: int


class ChannelOf(Shape):
    id: str
    kind: str
    account: str | None


class LastMessage(Shape):
    text: str | None
    at: AwareDatetime
    direction: str | None
    """`in`, `out`, or `internal`."""
    kind: str


class ChatItem(Shape):
    id: str
    version: int
    position: int
    section: Literal["new", "waiting", "open", "closed"]
    unread: int
    waiting_since: AwareDatetime | None
    waiting_from: AwareDatetime | None
    operator: Named | None
    last_operator: Named | None
    group: Named | None
    client: Named
    channel: ChannelOf
    last_message: LastMessage | None
    priority: Literal["low", "normal", "high", "urgent"]
    tags: list[str]
    snoozed_until: AwareDatetime | None
    opened_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    last_activity_at: AwareDatetime | None


class MessageItem(Shape):
    chat_id: str
    seq: int
    position: int
    kind: str
    """`message`, `comment`, `transfer`, …"""
    text: str | None
    parts: list[dict[str, Any]]
    at: AwareDatetime
    direction: str | None
    """`in`, `out`, or `internal`."""
    state: str | None
    reply_to: int | None
    attachments: list[dict[str, Any]]


class EventItem(Shape):
    position: int
    stream: str
    version: int
    topic: str
    at: AwareDatetime | None
    actor: str
    via: str
    cause: str | None
    data: dict[str, Any]


class Record(Shape):
    """A client, an operator, a group, …: the members of its kind, and these."""

    id: str | None
    version: int


class Page(Shape):
    items: list[Any]


class Chats(Page):
    items: list[ChatItem]
    next_cursor: str | None
    position: int


class Messages(Page):
    items: list[MessageItem]
    next_cursor: str | None
    position: int


class Events(Page):
    items: list[EventItem]
    next_cursor: str | None
    position: int


class Records(Page):
    items: list[Record]
    next_cursor: str | None
    position: int


class Counts(Shape):
    """Numbers up to 1,000, then `1000+`."""

    position: int
    tabs: dict[str, int | str] | None = None
    """Of each saved filter that the caller has, by its id."""


class Subscribed(Shape):
    id: str


class Uploaded(Shape):
    id: str
    name: str
    sha256: str
    mime: str
    size: int


class Partial(Shape):
    """A file on its way in; whole, it is an attachment under the same id."""

    id: str
    name: str
    size: int
    offset: int
    """Bytes that have come."""
    piece: int
    """Bytes of the next piece, at most."""
    sha256: str | None
    """None until it is whole."""


class Carried(Shape):
    ok: bool
    kind: str | None
    why: str | None
    max_bytes: int | None


class Check(Page):
    items: list[Carried]


class Draft(Shape):
    text: str
    attachments: list[str]
    at: AwareDatetime | None
    """None where there is none."""


class DraftOf(Draft):
    chat: str
    mode: Literal["reply", "comment"]


class Drafts(Page):
    items: list[DraftOf]


class Outcome(Shape):
    """What became of an act on one chat."""

    id: str
    ok: bool
    code: str | None = None
    detail: str | None = None


class Outcomes(Page):
    items: list[Outcome]
    position: int


class Document(Shape):
    """Members as the description says."""


ACTS: Final = [
    "assign_chat",
    "close_chat",
    "reopen_chat",
    "snooze_chat",
    "wake_chat",
    "mark_read",
    "mark_unread",
    "stop_clock",
    "change_tags",
    "set_priority",
    "retry_message",
    "edit_comment",
    "set_presence",
    "change_settings",
    "change_client",
    "merge_clients",
    "part_clients",
    "hold_client",
    "release_client",
    "change_field",
    "remove_field",
    "change_template",
    "remove_template",
    "change_tag",
    "remove_tag",
    "pause_channel",
    "resume_channel",
    "change_channel",
    "change_group",
    "change_filter",
    "remove_filter",
    "order_filters",
    "change_operator",
    "disconnect_channel",
]
MAKING: Final = [
    "define_field",
    "create_template",
    "define_tag",
    "create_group",
    "create_operator",
    "connect_channel",
    "save_filter",
]
LISTS: Final = [
    "list_operators",
    "list_fields",
    "list_filters",
    "list_groups",
    "list_tags",
    "list_templates",
    "list_channels",
    "list_clients",
]
OTHERS: Final = [
    "get_settings",
    "preview_settings",
    "get_preferences",
    "begin_second_factor",
    "confirm_second_factor",
    "reset_password",
    "create_token",
    "search",
    "get_client",
    "get_template",
    "get_filter",
    "preview_text",
    "preview_template",
    "list_kinds",
    "get_config",
]

SHAPES: Final[dict[str, type[Shape]]] = {
    "sign_in": Me,
    "list_ways": Ways,
    "who_am_i": Me,
    "list_chats": Chats,
    "list_client_chats": Chats,
    "count_chats": Counts,
    "get_chat": ChatItem,
    "list_messages": Messages,
    "list_events": Events,
    "list_client_events": Events,
    "list_assignments": Page,
    "list_files": Page,
    "list_sessions": Page,
    "list_tokens": Page,
    "send_message": Numbered,
    "add_comment": Numbered,
    "transfer_chat": Numbered,
    "subscribe": Subscribed,
    "act_on_many": Outcomes,
    "list_drafts": Drafts,
    "check_attachments": Check,
    **dict.fromkeys(["begin_upload", "get_upload", "add_piece"], Partial),
    "get_draft": Draft,
    "keep_draft": Draft,
    "upload_attachment": Uploaded,
    "erase_client": Erasure,
    **dict.fromkeys(ACTS, Receipt),
    **dict.fromkeys(MAKING, Made),
    **dict.fromkeys(LISTS, Records),
    **dict.fromkeys(OTHERS, Document),
}
"""What a route answers with where its own signature does not say it, by the route's name."""
