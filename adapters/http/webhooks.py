"""
Where providers deliver: bare ASGI in front of the framework, which costs three times more.

A call is answered 2xx only once all it carried is committed (M2). What is forged leaves a
count and a line in the log (M3); what is not of the kind that the channel speaks is
refused; what is well signed and readable, but not understood, is kept as it came (M4).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Final, Protocol, cast
from urllib.parse import parse_qsl

import structlog

from adapters.channels.accounts import Connected
from adapters.channels.acknowledging import Acknowledging
from adapters.channels.base import (
    MOST_BYTES,
    AdapterMeta,
    CarriesFiles,
    RawRequest,
    Verdict,
    offers,
    read_inbound,
)
from adapters.channels.taking_in import Desk, TakingIn
from adapters.http.metrics import Metrics
from adapters.http.problems import Header, Problem
from adapters.http.wire import (
    NO_CONTENT_POLICY,
    NOT_STORED,
    SECURITY,
    CallerLeft,
    Receive,
    Scope,
    Send,
    answer,
    read_body,
    refuse,
)
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.spool import TooLarge
from adapters.storage.attachments.store import AttachmentsUnusable
from domain.errors import LeaseLost, LogIsBusy
from domain.inbound import InboundEvent, Notice

log = structlog.get_logger()

LARGE_AT_ONCE: Final = 4
"""Bodies beyond what is usual that are held in memory at a time."""
LARGE_WITHIN: Final = 120.0
"""Seconds that such a body may take."""
PREFIX: Final = "/channels/"
SUFFIX: Final = "/webhook"

_NOT_JSON: Final = frozenset({"not-json", "too-deep"})
"""Codes of bodies that no adapter could ever read: refused, not kept."""
_FORMS: Final = frozenset({b"application/x-www-form-urlencoded", b"multipart/form-data"})
_STATUS: Final = {Verdict.MISSING_SIGNATURE: 401}
_ANSWER: Final[tuple[Header, ...]] = (NOT_STORED, NO_CONTENT_POLICY, *SECURITY)


class Accounts(Protocol):
    """Connected accounts by the name in the path, and by what a body calls them."""

    async def by_name(self, name: str) -> Connected | None: ...
    def by_ref(self, inbound: InboundEvent) -> Connected | None: ...


class Webhooks:
    """The ASGI application below `/channels/`."""

    def __init__(
        self,
        desk: Desk,
        accounts: Accounts,
        metrics: Metrics,
        public_url: str | None = None,
        attachments: Attachments | None = None,
    ) -> None:
        self._taking_in: Final = TakingIn(desk)
        self._accounts: Final = accounts
        self._metrics: Final = metrics
        self._public_url: Final = public_url
        self._attachments: Final = attachments
        self._acknowledging: Final = Acknowledging()
        self._large: Final = asyncio.Semaphore(LARGE_AT_ONCE)

    async def aclose(self) -> None:
        """Leave off what goes on beside the answers."""
        await self._acknowledging.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        refused = partial(refuse, send, headers=scope["headers"])
        try:
            await self._take(scope, receive, send)
        except Problem as problem:
            await refused(problem)
        except (LogIsBusy, LeaseLost):
            await refused(Problem(503, "log_is_busy", retry_after=1))
        except CallerLeft:
            return
        self._metrics.webhook_seconds.observe(perf_counter() - started)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        account = await self._account(scope)
        post = scope["method"] == "POST"
        if post and _check_headers(scope, account.adapter.meta) > MOST_BYTES:
            await self._take_large(account, scope, receive, send)
        else:
            body = await read_body(receive, account.adapter.meta.most_bytes) if post else b""
            await self._take_body(account, scope, body, send)

    async def _take_large(
        self, account: Connected, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Take a body of which a process holds but a few; raise problems 400, 413 and 503."""
        if self._large.locked():
            raise Problem(503, "unavailable", retry_after=5)
        async with self._large:
            try:
                async with asyncio.timeout(LARGE_WITHIN):
                    body = await read_body(receive, account.adapter.meta.most_bytes)
            except TimeoutError:
                raise Problem(400, "malformed") from None
            await self._take_body(account, scope, body, send)

    async def _take_body(self, account: Connected, scope: Scope, body: bytes, send: Send) -> None:
        post = scope["method"] == "POST"
        request = _raw(scope, body, self._public_url)
        ack = account.adapter.handshake(request)
        if ack is not None:
            self._count(account, "handshake" if ack.status < 400 else "forged")  # noqa: PLR2004
        elif not post:
            raise Problem(404, "not_found")
        else:
            self._verify(account, request)
            await self._record(account, request)
            ack = account.adapter.ack(request)
        kind = (b"content-type", ack.content_type.encode())
        await answer(send, ack.status, ack.body, (kind, *_ANSWER))

    async def _account(self, scope: Scope) -> Connected:
        name = scope["path"].removeprefix(PREFIX).removesuffix(SUFFIX)
        if not scope["path"].endswith(SUFFIX) or not name or "/" in name:
            raise Problem(404, "not_found")
        if scope["method"] not in {"GET", "POST"}:
            raise Problem(405, "method_not_allowed")
        account = await self._accounts.by_name(name)
        if account is None:
            self._metrics.webhooks.labels("", "unknown-account").inc()
            raise Problem(404, "not_found")
        return account

    def _verify(self, account: Connected, request: RawRequest) -> None:
        verdict = account.adapter.verify(request)
        if verdict is Verdict.OK:
            return
        self._count(account, "forged")
        log.warning("webhook.refused", account=account.name, verdict=verdict.value)
        status = _STATUS.get(verdict, 403)
        raise Problem(status, "not_authenticated" if status == 401 else "not_allowed")  # noqa: PLR2004

    async def _record(self, account: Connected, request: RawRequest) -> None:
        events = read_inbound(account.adapter, request)
        if any(isinstance(e, Notice) and e.code in _NOT_JSON for e in events):
            self._count(account, "not-json")
            raise Problem(400, "malformed")
        await self._keep_files(account, request)

        def owner(event: InboundEvent) -> Connected:
            return self._owner(account, event, request)

        await self._taking_in.record(request, events, lambda event: owner(event).id)
        self._count(account, "taken")
        self._acknowledging.tell(events, owner)

    async def _keep_files(self, account: Connected, request: RawRequest) -> None:
        """Keep files that the provider will not give out again; raise 503 where it cannot."""
        if self._attachments is None or not offers(type(account.adapter), CarriesFiles):
            return
        adapter = cast("CarriesFiles", account.adapter)
        for file in await asyncio.to_thread(lambda: [*adapter.files(request)]):
            try:
                await self._attachments.keep(_whole(file.content), file.mime)
            except TooLarge:
                log.info("webhook.file_too_large", account=account.name)
            except (AttachmentsUnusable, OSError):
                raise Problem(503, "unavailable", retry_after=30) from None

    def _owner(self, account: Connected, event: InboundEvent, request: RawRequest) -> Connected:
        """Return whose event it is: the account that the body names goes before the path's."""
        named = self._accounts.by_ref(event)
        if named is None or named.id == account.id or named.kind != account.kind:
            return account
        # Who holds one account's secret cannot speak for another account that has its own.
        self._verify(named, request)
        return named

    def _count(self, account: Connected, outcome: str) -> None:
        self._metrics.webhooks.labels(account.kind, outcome).inc()


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _check_headers(scope: Scope, meta: AdapterMeta) -> int:
    """Return the most bytes that may come; raise a problem where none are to be read."""
    media = b""
    most = meta.most_bytes
    for name, value in scope["headers"]:
        if name == b"content-encoding":
            raise Problem(415, "unsupported_media_type")
        if name == b"content-length":
            if not value.isdigit() or int(value) > meta.most_bytes:
                raise Problem(413, "too_large")
            most = int(value)
        if name == b"content-type":
            media = value.partition(b";")[0].strip().lower()
    is_json = media == b"application/json" or media.endswith(b"+json")
    if (meta.body == "json" and not is_json) or (meta.body == "form" and media not in _FORMS):
        raise Problem(415, "unsupported_media_type")
    return most


def _raw(scope: Scope, body: bytes, public_url: str | None) -> RawRequest:
    query = scope["query_string"]
    headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"])
    return RawRequest(
        method=scope["method"],
        path=scope["path"],
        query=tuple(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else (),
        headers=headers,
        body=body,
        received_at=datetime.now(UTC),
        public_url=(public_url or _base(scope, headers)) + _target(scope),
    )


def _base(scope: Scope, headers: Sequence[tuple[str, str]]) -> str:
    host = next((value for name, value in headers if name == "host"), "")
    return f"{scope['scheme']}://{host}"


def _target(scope: Scope) -> str:
    """Return the path with the query, spelled as the caller spelled it."""
    query: str = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else str(scope["path"])
