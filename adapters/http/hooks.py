"""Outbound webhooks: where other programs hear of what happens. For administrators."""

from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from adapters.http.answers import Answers, Asked, AskedBy, demand
from adapters.http.bodies import Body, Name
from adapters.http.parts import AppParts, Asking
from adapters.http.problems import Problem
from adapters.public_web import PublicWeb, origin_of
from adapters.webhooks.queue import WebhookQueue
from adapters.webhooks.register import Registered, WebhookRegister
from adapters.webhooks.sending import Outcome, Sending, message_of
from domain.acts import Ask
from domain.entities import EVENT_TYPES
from domain.errors import NotFound
from domain.values import WebhookId, stream_of
from domain.webhook import (
    EVERYTHING,
    AddWebhook,
    ChangeWebhook,
    DisableWebhook,
    EnableWebhook,
    RemoveWebhook,
    ReplaceWebhookSecret,
    ReplayWebhook,
    WebhookCommand,
    kind_of,
)
from projections.items import stamp

KINDS: Final = (EVERYTHING, *sorted({kind_of(topic) for topic in EVENT_TYPES}))
_LAST: Final = 2**62

Url = Annotated[str, Field(min_length=1, max_length=2_000)]
Kind = Annotated[str, Field(min_length=1, max_length=100)]
Kinds = Annotated[tuple[Kind, ...], Field(min_length=1, max_length=200)]


class NewWebhook(Body):
    url: Url
    """`https://…`, on the public internet or at an origin that the installation trusts."""
    kinds: Kinds
    """Kinds of events, such as `message-received`; `*` for all."""
    name: Name = "Webhook"


class WebhookChange(Body):
    """Only what is given changes."""

    url: Url | None = None
    kinds: Kinds | None = None
    name: Name | None = None
    enabled: bool | None = None


class ReplayFrom(Body):
    after: Annotated[int, Field(ge=0, le=_LAST)]
    """A position of the log: what came later is sent once more."""


class Changed(BaseModel):
    position: int
    version: int


class SecretShown(Changed):
    id: str
    secret: str
    """Shown this once: it verifies what is sent, as Standard Webhooks says."""


class WebhookItem(BaseModel):
    id: str
    name: str
    url: str
    kinds: tuple[str, ...]
    enabled: bool
    disabled: str | None
    """Why nothing is sent: `by_hand`, `failing` for 75 hours, `gone`."""
    position: int
    """What it wants up to here is delivered or waits."""
    waiting: int


class WebhookList(BaseModel):
    items: list[WebhookItem]
    kinds: tuple[str, ...]
    """All that may be asked for."""


class Tried(BaseModel):
    """What became of one attempt."""

    status: int | None
    error: str | None
    milliseconds: int


class Delivery(Tried):
    n: int
    position: int
    """Of the event; 0 for a trial."""
    kind: str
    at: AwareDatetime
    tries: int
    next_at: AwareDatetime | None


class DeliveryPage(BaseModel):
    items: list[Delivery]
    next_cursor: str | None


class Hooks:
    """What the routes share."""

    def __init__(self, parts: AppParts, answers: Answers) -> None:
        self.register: Final = WebhookRegister(parts.pool, parts.mapper)
        self.queue: Final = WebhookQueue(parts.pool, parts.mapper)
        self.trusted: Final = parts.webhook_origins
        self._answers: Final = answers

    async def submit(self, asked: AskedBy, id_: str, command: WebhookCommand) -> Changed:
        stream = stream_of("webhook", id_)
        act = Ask(
            stream=stream,
            command=command,
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return Changed(**await self._answers.submit(act, stream))

    async def known(self, id_: str) -> Registered:
        found = await self.register.one(id_)
        if found is None:
            raise NotFound("webhook", id_)
        return found

    async def test(self, id_: str) -> Outcome:
        """Send a trial, outside the order of what happens."""
        one = await self.known(id_)
        event = {"webhook": id_, "name": one.webhook.name}
        message = message_of(f"msg_test_{uuid4().hex}", "test", stamp(datetime.now(UTC)), event)
        async with PublicWeb().client(self.trusted) as client:
            outcome = await Sending(client).send(one.webhook.url, one.secrets, message)
        await self.queue.note_test(id_, outcome)
        return outcome

    def check(self, url: str | None, kinds: tuple[str, ...] | None) -> None:
        """Raise a 422 problem for an address or a kind that cannot be."""
        errors = []
        if url is not None and (problem := self._fault(url)) is not None:
            errors.append({"pointer": "/url", "detail": problem})
        unknown = [kind for kind in kinds or () if kind not in KINDS]
        if unknown:
            errors.append({"pointer": "/kinds", "detail": f"there is no {unknown[0]!r}"})
        if errors:
            raise Problem(422, "invalid", errors=errors)

    def _fault(self, url: str) -> str | None:
        try:
            origin = origin_of(httpx.URL(url))
            parts = urlsplit(url)
        except (httpx.InvalidURL, ValueError):
            return "it is no address"
        if parts.username or parts.password:
            return "it holds a password"
        if origin in self.trusted:
            return None
        return None if parts.scheme == "https" and parts.hostname else "it is not https://host/…"


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
    hooks = Hooks(parts, answers)
    _add_records(router, hooks, parts)
    _add_deliveries(router, hooks)
    return router


def _add_records(router: APIRouter, hooks: Hooks, parts: AppParts) -> None:
    @router.get("")
    async def list_webhooks(viewer: Asking) -> WebhookList:
        """Return the webhooks, how far each has come, and the kinds of events that there are."""
        demand(viewer, "administer")
        items = [_item(one) for one in await hooks.register.all()]
        return WebhookList(items=items, kinds=KINDS)

    @router.post("", status_code=201)
    async def add_webhook(asked: Asked, body: NewWebhook) -> SecretShown:
        """Tell an address of what happens from now on; the answer shows its secret once."""
        demand(asked.viewer, "administer")
        hooks.check(body.url, body.kinds)
        # Asked again under the same key, it is the same webhook.
        id_ = WebhookId(parts.desk.naming.derive("webhook", asked.identity or uuid4().hex))
        secret = await hooks.register.add(id_)
        command = AddWebhook(url=body.url, kinds=body.kinds, name=body.name)
        changed = await hooks.submit(asked, id_, command)
        return SecretShown(id=id_, secret=secret, **changed.model_dump())

    @router.patch("/{webhook_id}")
    async def change_webhook(asked: Asked, webhook_id: WebhookId, body: WebhookChange) -> Changed:
        """Change what is given; enabled again, it goes on where it was."""
        demand(asked.viewer, "administer")
        await hooks.known(webhook_id)
        hooks.check(body.url, body.kinds)
        change = ChangeWebhook(url=body.url, kinds=body.kinds, name=body.name)
        changed = await hooks.submit(asked, webhook_id, change)
        if body.enabled is None:
            return changed
        switch = EnableWebhook() if body.enabled else DisableWebhook(reason="by_hand")
        # The key was spent on the change.
        asked = AskedBy(asked.viewer, None, None)
        changed = await hooks.submit(asked, webhook_id, switch)
        if body.enabled:
            await hooks.register.try_again(webhook_id)
        return changed

    @router.delete("/{webhook_id}")
    async def remove_webhook(asked: Asked, webhook_id: WebhookId) -> Changed:
        """Tell an address nothing more, not even what it was still to be told."""
        demand(asked.viewer, "administer")
        changed = await hooks.submit(asked, webhook_id, RemoveWebhook())
        await hooks.register.remove(webhook_id)
        return changed

    @router.post("/{webhook_id}/secret")
    async def replace_secret(asked: Asked, webhook_id: WebhookId) -> SecretShown:
        """Sign with a new secret; for a day with the former one, too."""
        demand(asked.viewer, "administer")
        changed = await hooks.submit(asked, webhook_id, ReplaceWebhookSecret())
        secret = await hooks.register.replace_secret(webhook_id)
        return SecretShown(id=webhook_id, secret=secret, **changed.model_dump())


def _add_deliveries(router: APIRouter, hooks: Hooks) -> None:
    @router.post("/{webhook_id}/test")
    async def test_webhook(viewer: Asking, webhook_id: WebhookId) -> Tried:
        """Send a trial now and tell what became of it."""
        demand(viewer, "administer")
        outcome = await hooks.test(webhook_id)
        return Tried(status=outcome.status, error=outcome.error, milliseconds=outcome.milliseconds)

    @router.post("/{webhook_id}/replay")
    async def replay_webhook(asked: Asked, webhook_id: WebhookId, body: ReplayFrom) -> Changed:
        """Send everything after a position of the log once more, each under the id it had."""
        demand(asked.viewer, "administer")
        changed = await hooks.submit(asked, webhook_id, ReplayWebhook(after=body.after))
        await hooks.register.go_back(webhook_id, body.after)
        return changed

    @router.get("/{webhook_id}/deliveries")
    async def list_deliveries(
        viewer: Asking,
        webhook_id: WebhookId,
        cursor: Annotated[int, Query(ge=1, le=_LAST)] = _LAST,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> DeliveryPage:
        """Return the last attempts, latest first: what was answered, and when comes the next."""
        demand(viewer, "administer")
        await hooks.known(webhook_id)
        items = await hooks.queue.deliveries(webhook_id, cursor, limit)
        last = f"{items[-1]['n']}" if len(items) == limit else None
        return DeliveryPage(items=[Delivery(**item) for item in items], next_cursor=last)


def _item(one: Registered) -> WebhookItem:
    webhook = one.webhook
    return WebhookItem(
        id=webhook.id,
        name=webhook.name,
        url=webhook.url,
        kinds=webhook.kinds,
        enabled=webhook.disabled is None,
        disabled=webhook.disabled,
        position=one.position,
        waiting=one.waiting,
    )
