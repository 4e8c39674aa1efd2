"""
Where providers deliver: bare ASGI in front of the framework, which costs three times more.

A call is answered 2xx only once all it carried is committed (M2). What is forged leaves a
count and a line in the log (M3); what cannot be read as JSON is refused; what is well
signed and readable, but not understood, is kept as it came (M4).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Final, Protocol
from urllib.parse import parse_qsl

import structlog

from adapters.channels.accounts import Connected
from adapters.channels.base import RawRequest, Verdict, read_inbound, unreadable
from adapters.channels.reading import raw_body
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
from domain.errors import IdentityReused, LeaseLost, LogIsBusy
from domain.inbound import InboundEvent, Notice
from domain.intake import TakeIn, keep_mismatch, take_in
from domain.ports import Act, Receipt
from domain.values import Naming

log = structlog.get_logger()

MOST_BYTES: Final = 3 * 1024 * 1024
PREFIX: Final = "/channels/"
SUFFIX: Final = "/webhook"

_NOT_JSON: Final = frozenset({"not-json", "too-deep"})
"""Codes of bodies that no adapter could ever read: refused, not kept."""
_STATUS: Final = {Verdict.MISSING_SIGNATURE: 401}
_ANSWER: Final[tuple[Header, ...]] = (NOT_STORED, NO_CONTENT_POLICY, *SECURITY)


class Desk(Protocol):
    """The desk as this needs it."""

    @property
    def naming(self) -> Naming: ...
    async def submit(self, act: Act) -> Receipt: ...
    async def submit_all(self, acts: Sequence[Act]) -> list[Receipt | BaseException]: ...


class Accounts(Protocol):
    """Connected accounts by the name in the path, and by what a body calls them."""

    async def by_name(self, name: str) -> Connected | None: ...
    def by_ref(self, inbound: InboundEvent) -> Connected | None: ...


class Webhooks:
    """The ASGI application below `/channels/`."""

    def __init__(
        self, desk: Desk, accounts: Accounts, metrics: Metrics, public_url: str | None = None
    ) -> None:
        self._desk: Final = desk
        self._accounts: Final = accounts
        self._metrics: Final = metrics
        self._public_url: Final = public_url

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
        body = await read_body(receive, MOST_BYTES) if post and _acceptable(scope) else b""
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
        naming = self._desk.naming
        acts = [take_in(naming, self._owner(account, e, request).id, e) for e in events]
        if len(acts) == 1:
            await self._record_one(acts[0], request)
        else:
            await self._record_all(acts, request)
        self._count(account, "taken")

    async def _record_one(self, act: TakeIn, request: RawRequest) -> None:
        try:
            await self._desk.submit(act)
        except Exception as error:
            await self._mend(act, error, request)

    async def _record_all(self, acts: list[TakeIn], request: RawRequest) -> None:
        outcomes = await self._desk.submit_all(acts)
        for act, outcome in zip(acts, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                await self._mend(act, outcome, request)

    async def _mend(self, act: TakeIn, error: BaseException, request: RawRequest) -> None:
        """Keep what could not be taken in, so that it does not come back for a week (M4)."""
        if isinstance(error, LogIsBusy | LeaseLost) or not isinstance(error, Exception):
            raise error
        if isinstance(error, IdentityReused):
            kept = keep_mismatch(self._desk.naming, act, raw_body(request.body))
        else:
            log.error("webhook.not_taken_in", error=type(error).__name__)
            notice = unreadable(request, f"refused:{type(error).__name__}")
            kept = take_in(self._desk.naming, act.account_id, notice)
        await self._desk.submit(kept)

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


def _acceptable(scope: Scope) -> bool:
    """Return True for headers of a body that may be read; raise a problem otherwise."""
    json = False
    for name, value in scope["headers"]:
        if name == b"content-encoding":
            raise Problem(415, "unsupported_media_type")
        if name == b"content-length" and (not value.isdigit() or int(value) > MOST_BYTES):
            raise Problem(413, "too_large")
        if name == b"content-type":
            media = value.partition(b";")[0].strip().lower()
            json = media == b"application/json" or media.endswith(b"+json")
    if not json:
        raise Problem(415, "unsupported_media_type")
    return True


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
        public_url=public_url + scope["path"] if public_url else _called(scope, headers),
    )


def _called(scope: Scope, headers: Sequence[tuple[str, str]]) -> str:
    host = next((value for name, value in headers if name == "host"), "")
    return f"{scope['scheme']}://{host}{scope['path']}"
