"""
Who may call what: one row for each route of the OpenAPI document.

`test_access_matrix` calls every route as everybody, on an object of his own, on a foreign one
and on one that there is not. A new route needs a row in `ROWS`:

    Row("POST /v1/chats/{chat_id}/pin", ACTING, of="chat", body={"pinned": True})

`of` is the kind of object that the path names, `names` of one that the body or the query names
(`body` or `query` is then a function of its id). A kind of object that is not in `KINDS` yet
needs an entry there: how somebody comes by one of his own, and by one that is hidden from him.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.adapters.http.access_world import World

OPERATOR: Final = "caio"
SUPERVISOR: Final = "sara"
"""Of one group."""
CHIEF: Final = "chef"
"""A supervisor of all."""
ADMINISTRATOR: Final = "admin"
AUDITOR: Final = "ada"

EVERYBODY: Final = frozenset({OPERATOR, SUPERVISOR, CHIEF, ADMINISTRATOR, AUDITOR})
ACTING: Final = EVERYBODY - {AUDITOR}
SUPERVISING: Final = ACTING - {OPERATOR}
ADMINISTERING: Final = frozenset({ADMINISTRATOR})
SEEING_ALL: Final = EVERYBODY - {OPERATOR, SUPERVISOR}
AUDITING: Final = frozenset({ADMINISTRATOR, AUDITOR})

NOWHERE: Final = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Row:
    """One route, and who may call it."""

    route: str
    """As in the OpenAPI document: the method and the path."""
    who: frozenset[str]
    """Who gets past his role; empty where nobody needs to sign in."""
    of: str | None = None
    names: str | None = None
    body: Any = None
    query: Any = None
    path: dict[str, str] = field(default_factory=dict)
    """What stands in the path for anything but the object."""
    content: bytes | None = None
    """Sent instead of JSON."""
    headers: dict[str, str] = field(default_factory=dict)
    is_endless: bool = False
    in_person: bool = False
    """Whether it takes a session: a token, whosever it is, is refused."""

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def is_change(self) -> bool:
        return self.method != "GET"


_VIP: Final = {"field": "tag", "is": "any", "value": ["vip"]}
_WEBHOOK: Final = {"url": "https://crm.test:8443/", "kinds": ["*"]}
"""At a port that nothing is ever sent to."""

_CHANNEL: Final = {
    "name": "outro-bot",
    "kind": "telegram",
    "config": {"bot_token": "43:test", "secret_token": "another-secret"},
}

Find = Callable[[World, str], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: how somebody comes by one."""

    own: Callable[[World, str], Awaitable[str]]
    """Returns the id of one that he may use: a fresh one, since it may be changed."""
    foreign: Find
    """Returns the id of one that is hidden from him; None where nothing is."""
    absent: str = NOWHERE


async def _token(world: World, who: str) -> str:
    body = {"name": "um programa", "scopes": ["read"]}
    made = await world.in_person("POST", "/v1/tokens", who, json=body)
    id_: str = made.json()["id"]
    return id_


async def _others_token(world: World, who: str) -> str | None:
    return None if who == ADMINISTRATOR else await _token(world, "bia")


async def _session(world: World, who: str) -> str:
    before = {one.id for one in await world.sessions.listed("session", world.ids[who])}
    await world.spare_session(who)
    after = {one.id for one in await world.sessions.listed("session", world.ids[who])}
    (new,) = after - before
    return new


async def _others_session(world: World, who: str) -> str:
    return await _session(world, "bia")


async def _subscription(world: World, who: str) -> str:
    views = [{"id": "all", "projection": "chats"}]
    made = await world.caller.post("/v1/subscriptions", who, {"views": views})
    id_: str = made.json()["id"]
    return id_


async def _webhook(world: World, who: str) -> str:
    added = await world.caller.post("/v1/webhooks", ADMINISTRATOR, _WEBHOOK)
    id_: str = added.json()["id"]
    return id_


async def _others_subscription(world: World, who: str) -> str:
    return await _subscription(world, "bia")


async def _commented(world: World, who: str) -> str:
    """Return a chat of which the second thing said is a comment of his."""
    chat = await World.own_chat(world, who)
    await world.caller.post(f"/v1/chats/{chat}/comments", who, {"text": "x"})
    return chat


async def _filter(world: World, who: str) -> str:
    body = {"name": "VIP", "filter": _VIP}
    saved = await world.caller.post("/v1/filters", who, body)
    await world.caller.seen()
    id_: str = saved.json()["id"]
    return id_


async def _others_filter(world: World, who: str) -> str:
    return await _filter(world, "bia")


KINDS: Final[dict[str, Kind]] = {
    "chat": Kind(World.own_chat, World.foreign_chat),
    "comment": Kind(_commented, World.foreign_chat),
    "client": Kind(World.own_client, World.foreign_client),
    "file": Kind(World.own_file, World.foreign_file, absent="0" * 64),
    "group": Kind(World.some_group, World.nothing),
    "field": Kind(World.some_field, World.nothing),
    "upload": Kind(World.own_upload, World.foreign_upload),
    "operator": Kind(World.some_operator, World.nothing),
    "tag": Kind(World.some_tag, World.nothing),
    "template": Kind(World.own_template, World.foreign_template),
    "filter": Kind(_filter, _others_filter),
    "channel": Kind(World.some_channel, World.nothing),
    "webhook": Kind(_webhook, World.nothing),
    "session": Kind(_session, _others_session),
    "token": Kind(_token, _others_token),
    "subscription": Kind(_subscription, _others_subscription, absent="x"),
}


def _listening(chat_id: str) -> Any:
    return {"views": [{"id": "m", "projection": "messages", "params": {"chat": chat_id}}]}


_SPAN: Final = {"since": "2030-01-01T00:00:00Z", "until": "2030-01-02T00:00:00Z"}

_REPLY: Final = {"mode": "reply"}
_DRAFT: Final = {"text": "Bom"}

ROWS: Final = (
    Row("POST /v1/session", frozenset(), body={"email": "ana@ipe.test", "password": "wrong"}),
    Row("DELETE /v1/session", EVERYBODY),
    Row("GET /v1/session/ways", frozenset()),
    Row("GET /v1/session/oidc", frozenset()),
    Row("GET /v1/session/oidc/callback", frozenset()),
    Row("GET /v1/me", EVERYBODY),
    Row("PUT /v1/me/presence", ACTING, body={"status": "online"}),
    Row("POST /v1/me/heartbeat", EVERYBODY),
    # How one signs in
    Row(
        "PUT /v1/me/password",
        EVERYBODY,
        body={"current": "wrong", "new": "quite another"},
        in_person=True,
    ),
    Row("GET /v1/me/sessions", EVERYBODY, in_person=True),
    Row("DELETE /v1/me/sessions/{session_id}", EVERYBODY, of="session", in_person=True),
    Row("DELETE /v1/me/sessions", EVERYBODY, in_person=True),
    Row("POST /v1/me/second-factor", EVERYBODY, body={"password": "wrong"}, in_person=True),
    Row("POST /v1/me/second-factor/confirm", EVERYBODY, body={"code": "0"}, in_person=True),
    Row("POST /v1/me/second-factor/remove", EVERYBODY, body={"password": "wrong"}, in_person=True),
    Row("GET /v1/tokens", EVERYBODY, in_person=True),
    Row("POST /v1/tokens", EVERYBODY, body={"name": "x", "scopes": ["read"]}, in_person=True),
    Row("DELETE /v1/tokens/{token_id}", EVERYBODY, of="token", in_person=True),
    Row("POST /v1/operators/{operator_id}/password", ADMINISTERING, of="operator", body={}),
    Row("DELETE /v1/operators/{operator_id}/second-factor", ADMINISTERING, of="operator"),
    Row("DELETE /v1/operators/{operator_id}/sessions", ADMINISTERING, of="operator"),
    # Lists and what is in them
    Row("GET /v1/chats", EVERYBODY, names="client", query=lambda id_: {"client": id_}),
    Row("GET /v1/counts", EVERYBODY),
    Row("GET /v1/search", EVERYBODY, query={"q": "oi"}),
    Row("GET /v1/chats/{chat_id}", EVERYBODY, of="chat"),
    Row("GET /v1/chats/{chat_id}/messages", EVERYBODY, of="chat"),
    Row("GET /v1/chats/{chat_id}/history", EVERYBODY, of="chat"),
    Row("GET /v1/chats/{chat_id}/assignments", EVERYBODY, of="chat"),
    Row("GET /v1/chats/{chat_id}/files", EVERYBODY, of="chat"),
    # Acts on chats
    Row(
        "POST /v1/chats/{chat_id}/messages",
        ACTING,
        of="chat",
        names="file",
        body=lambda id_: {"text": "Bom dia", "attachments": [id_]},
    ),
    Row("POST /v1/chats/{chat_id}/messages/{seq}/retry", ACTING, of="chat", path={"seq": "1"}),
    Row("POST /v1/chats/{chat_id}/comments", ACTING, of="chat", body={"text": "x"}),
    Row(
        "PATCH /v1/chats/{chat_id}/comments/{seq}",
        ACTING,
        of="comment",
        path={"seq": "2"},
        body={"text": "y"},
    ),
    Row("POST /v1/chats/{chat_id}/assign", ACTING, of="chat", body={"operator": "me"}),
    Row("POST /v1/chats/{chat_id}/transfer", ACTING, of="chat", body={"operator": "me"}),
    Row("POST /v1/chats/{chat_id}/close", ACTING, of="chat"),
    Row("POST /v1/chats/{chat_id}/reopen", ACTING, of="chat"),
    Row(
        "POST /v1/chats/{chat_id}/snooze",
        ACTING,
        of="chat",
        body={"until": "2040-01-01T00:00:00Z"},
    ),
    Row("POST /v1/chats/{chat_id}/wake", ACTING, of="chat"),
    Row("POST /v1/chats/{chat_id}/read", ACTING, of="chat", body={"up_to": 1}),
    Row("POST /v1/chats/{chat_id}/unread", ACTING, of="chat"),
    Row("POST /v1/chats/{chat_id}/no-answer-needed", ACTING, of="chat"),
    Row("POST /v1/chats/{chat_id}/tags", ACTING, of="chat", body={"add": ["x"]}),
    Row("POST /v1/chats/{chat_id}/priority", ACTING, of="chat", body={"priority": "high"}),
    Row(
        "POST /v1/chats/bulk",
        ACTING,
        names="chat",
        body=lambda id_: {"chats": [id_], "act": "close"},
    ),
    # Clients
    Row("GET /v1/clients", SEEING_ALL),
    Row("GET /v1/clients/{client_id}", EVERYBODY, of="client"),
    Row("GET /v1/clients/{client_id}/chats", EVERYBODY, of="client"),
    Row("GET /v1/clients/{client_id}/history", EVERYBODY, of="client"),
    Row("PATCH /v1/clients/{client_id}", ACTING, of="client", body={"name": "Fábio"}),
    Row(
        "POST /v1/clients/{client_id}/merge",
        ACTING,
        of="client",
        names="client",
        body=lambda id_: {"client": id_},
    ),
    Row(
        "POST /v1/clients/{client_id}/part",
        ACTING,
        of="client",
        names="client",
        body=lambda id_: {"client": id_},
    ),
    Row("GET /v1/clients/{client_id}/export", ADMINISTERING, of="client"),
    Row("POST /v1/clients/{client_id}/erase", ADMINISTERING, of="client", body={}),
    Row("POST /v1/clients/{client_id}/hold", ADMINISTERING, of="client", body={"reason": "?"}),
    Row("POST /v1/clients/{client_id}/release", ADMINISTERING, of="client"),
    # Files
    Row("POST /v1/attachments", ACTING, content=b"%PDF-1.7\nnota"),
    Row("POST /v1/uploads", ACTING, body={"name": "a.pdf", "size": 9}),
    Row("GET /v1/uploads/{upload_id}", ACTING, of="upload"),
    Row(
        "PATCH /v1/uploads/{upload_id}",
        ACTING,
        of="upload",
        content=b"%PDF-1.7\n",
        headers={"upload-offset": "0"},
    ),
    Row("DELETE /v1/uploads/{upload_id}", ACTING, of="upload"),
    Row(
        "POST /v1/chats/{chat_id}/attachments/check",
        EVERYBODY,
        of="chat",
        body={"files": [{"mime": "image/png", "size": 9}]},
    ),
    Row("GET /v1/attachments/{sha256}", EVERYBODY, of="file"),
    # Records and settings
    Row("GET /v1/operators", EVERYBODY),
    Row("POST /v1/operators", ADMINISTERING, body={"email": "x@ipe.test", "name": "X"}),
    Row("PATCH /v1/operators/{operator_id}", ADMINISTERING, of="operator", body={"capacity": 9}),
    Row("GET /v1/groups", EVERYBODY),
    Row("POST /v1/groups", ADMINISTERING, body={"name": "Novo"}),
    Row("PATCH /v1/groups/{group_id}", ADMINISTERING, of="group", body={"name": "Finance"}),
    Row("GET /v1/fields", EVERYBODY),
    Row("POST /v1/fields", ADMINISTERING, body={"name": "Cor", "kind": "text"}),
    Row("PATCH /v1/fields/{field_id}", ADMINISTERING, of="field", body={"name": "Porte"}),
    Row("DELETE /v1/fields/{field_id}", ADMINISTERING, of="field"),
    Row("GET /v1/channels", EVERYBODY),
    Row("GET /v1/channels/kinds", ADMINISTERING),
    Row("POST /v1/channels", ADMINISTERING, body=_CHANNEL),
    Row("GET /v1/channels/{channel_id}/config", ADMINISTERING, of="channel"),
    Row("PATCH /v1/channels/{channel_id}", ADMINISTERING, of="channel", body={"config": {}}),
    Row("DELETE /v1/channels/{channel_id}", ADMINISTERING, of="channel"),
    Row("POST /v1/channels/{channel_id}/pause", ADMINISTERING, of="channel"),
    Row("POST /v1/channels/{channel_id}/resume", ADMINISTERING, of="channel"),
    Row("GET /v1/settings", EVERYBODY),
    Row("GET /v1/settings/preview", ADMINISTERING, query={"patience": 60}),
    Row("PATCH /v1/settings", ADMINISTERING, body={"warmup": 3}),
    Row("GET /v1/looks", AUDITING),
    Row("GET /v1/audit/heads", AUDITING),
    Row("GET /v1/audit/check", AUDITING),
    Row("GET /v1/audit/events", AUDITING),
    Row("GET /v1/audit/export", AUDITING),
    Row("GET /v1/reports/fairness", EVERYBODY, query=_SPAN),
    # Tools
    Row("GET /v1/me/drafts", EVERYBODY),
    Row("GET /v1/me/preferences", EVERYBODY),
    Row("PUT /v1/me/preferences", EVERYBODY, body={"theme": "dark"}),
    Row("GET /v1/chats/{chat_id}/drafts/{mode}", EVERYBODY, of="chat", path=_REPLY),
    Row("PUT /v1/chats/{chat_id}/drafts/{mode}", ACTING, of="chat", path=_REPLY, body=_DRAFT),
    Row("DELETE /v1/chats/{chat_id}/drafts/{mode}", ACTING, of="chat", path=_REPLY),
    Row("GET /v1/tags", EVERYBODY),
    Row("POST /v1/tags", SUPERVISING, body={"name": "nova"}),
    Row("PATCH /v1/tags/{tag_id}", SUPERVISING, of="tag", body={"colour": "#ff0000"}),
    Row("DELETE /v1/tags/{tag_id}", SUPERVISING, of="tag"),
    Row("GET /v1/templates", EVERYBODY, names="chat", query=lambda id_: {"chat": id_}),
    Row("POST /v1/templates", ACTING, body={"code": "a", "title": "A", "text": "Oi"}),
    Row("GET /v1/templates/{template_id}", EVERYBODY, of="template"),
    Row("PATCH /v1/templates/{template_id}", ACTING, of="template", body={"title": "B"}),
    Row("DELETE /v1/templates/{template_id}", ACTING, of="template"),
    Row(
        "POST /v1/templates/preview",
        EVERYBODY,
        names="chat",
        body=lambda id_: {"chat": id_, "text": "Oi"},
    ),
    Row(
        "POST /v1/templates/{template_id}/preview",
        EVERYBODY,
        of="template",
        names="chat",
        body=lambda id_: {"chat": id_},
    ),
    # Saved filters
    Row("GET /v1/filters", EVERYBODY),
    Row("POST /v1/filters", EVERYBODY, body={"name": "VIP", "filter": _VIP}),
    Row(
        "PUT /v1/filters/order",
        EVERYBODY,
        names="filter",
        body=lambda id_: {"ids": [id_]},
    ),
    Row("GET /v1/filters/{filter_id}", EVERYBODY, of="filter"),
    Row("PATCH /v1/filters/{filter_id}", EVERYBODY, of="filter", body={"name": "B"}),
    Row("DELETE /v1/filters/{filter_id}", EVERYBODY, of="filter"),
    # Webhooks
    Row("GET /v1/webhooks", ADMINISTERING),
    Row("POST /v1/webhooks", ADMINISTERING, body=_WEBHOOK),
    Row("PATCH /v1/webhooks/{webhook_id}", ADMINISTERING, of="webhook", body={"name": "CRM"}),
    Row("DELETE /v1/webhooks/{webhook_id}", ADMINISTERING, of="webhook"),
    Row("POST /v1/webhooks/{webhook_id}/secret", ADMINISTERING, of="webhook"),
    Row("POST /v1/webhooks/{webhook_id}/test", ADMINISTERING, of="webhook"),
    Row(
        "POST /v1/webhooks/{webhook_id}/replay", ADMINISTERING, of="webhook", body={"after": 2**60}
    ),
    Row("GET /v1/webhooks/{webhook_id}/deliveries", ADMINISTERING, of="webhook"),
    # Live
    Row("POST /v1/chats/{chat_id}/presence", EVERYBODY, of="chat", body={"state": "viewing"}),
    Row("POST /v1/subscriptions", EVERYBODY, names="chat", body=_listening),
    Row(
        "GET /v1/subscriptions/{subscription_id}/stream",
        EVERYBODY,
        of="subscription",
        is_endless=True,
    ),
)
