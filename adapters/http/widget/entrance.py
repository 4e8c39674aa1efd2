"""
Where visitors come in: `/widget/{account}` and what is below it, and the webhook of a chat.

What a visitor says takes the ordinary way of a webhook. Here it is only seen to that his page
may call from where it is, and that nobody asks too much.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Protocol

import orjson
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from adapters.channels.accounts import Connected
from adapters.channels.webchat import Visitor, WebChat
from adapters.http.problems import Header, Problem
from adapters.http.webhooks import PREFIX as WEBHOOKS
from adapters.http.webhooks import SUFFIX
from adapters.http.widget import pages
from adapters.http.widget.downloads import BELOW, give_file, links_of, no_links
from adapters.http.widget.limits import CALLS, SESSIONS, WORDS, Limits
from adapters.http.widget.listening import Listener, Listeners
from adapters.http.widget.origins import PREFLIGHT, answering, header, origin_of
from adapters.http.widget.uploads import FILES, take_file
from adapters.http.wire import (
    NO_CONTENT_POLICY,
    NOT_STORED,
    SECURITY,
    Application,
    CallerLeft,
    Receive,
    Scope,
    Send,
    answer,
    read_body,
    refuse,
)
from adapters.storage.attachments.keeping import Attachments
from domain.errors import LogIsBusy

PREFIX: Final = "/widget"
MOST_BYTES: Final = 64 * 1024
"""Of what a visitor says at once."""

_JSON: Final[tuple[Header, ...]] = (
    (b"content-type", b"application/json"),
    NOT_STORED,
    NO_CONTENT_POLICY,
    *SECURITY,
)


class Accounts(Protocol):
    """Connected accounts by the name in the path."""

    async def by_name(self, name: str) -> Connected | None: ...


def is_for_visitors(path: str) -> bool:
    """Return whether a path is one of those that pages of visitors use."""
    return path == pages.LOADER or path.startswith(f"{PREFIX}/")


class Entrance:
    """The ASGI application in front of the webhooks, for `/widget/` and `/channels/`."""

    def __init__(
        self,
        accounts: Accounts,
        webhooks: Application,
        listeners: Listeners,
        attachments: Attachments | None = None,
        public_url: str | None = None,
    ) -> None:
        self._accounts: Final = accounts
        self._webhooks: Final = webhooks
        self._listeners: Final = listeners
        self._attachments: Final = attachments
        self._public_url: Final = public_url
        self._limits: Final = Limits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = partial(refuse, send, headers=scope["headers"])
        try:
            if scope["path"].startswith(WEBHOOKS):
                await self._webhook(scope, receive, send)
            else:
                await self._widget(scope, receive, send)
        except Problem as problem:
            await refused(problem)
        except (LogIsBusy, OperationalError, PoolTimeout):
            await refused(Problem(503, "unavailable", retry_after=1))
        except CallerLeft:
            return

    async def _webhook(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix(WEBHOOKS).removesuffix(SUFFIX)
        account = await self._accounts.by_name(name)
        if account is None or not isinstance(account.adapter, WebChat):
            await self._webhooks(scope, receive, send)
            return
        chat = account.adapter
        origin = origin_of(scope, chat, self._public_url)
        if scope["method"] == "OPTIONS":
            await _allow(send, origin)
            return
        self._limits.take(CALLS, "calls", _address(scope))
        if (visitor := self._visitor(scope, chat, origin)) is not None:
            self._limits.take(WORDS, "words", name, visitor.id)
        length = header(scope, b"content-length") or ""
        if not length.isdigit() or int(length) > MOST_BYTES:
            raise Problem(413, "too_large")
        await self._webhooks(scope, receive, answering(send, origin))

    async def _widget(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if (page := pages.static(path)) is not None:
            await page.answer(send, method)
            return
        name, _, rest = path.removeprefix(f"{PREFIX}/").partition("/")
        account = await self._accounts.by_name(name)
        if account is None or not isinstance(account.adapter, WebChat):
            raise Problem(404, "not_found")
        chat = account.adapter
        if method == "OPTIONS":
            await _allow(send, origin_of(scope, chat, self._public_url))
            return
        match method, rest:
            case "GET" | "HEAD", "":
                language = header(scope, b"accept-language") or ""
                await pages.chat_page(name, chat, language).answer(send, method)
            case "POST", "session":
                await self._session(scope, receive, send, chat)
            case "GET", "stream":
                await self._stream(scope, receive, send, account)
            case "POST", "files" if self._attachments is not None:
                await self._file(scope, receive, send, account, self._attachments)
            case "GET" | "HEAD", _ if self._attachments is not None and rest.startswith(BELOW):
                self._limits.take(CALLS, "calls", _address(scope))
                await give_file(scope, receive, send, chat, self._attachments)
            case _, "" | "session" | "stream":
                raise Problem(405, "method_not_allowed")
            case _:
                raise Problem(404, "not_found")

    async def _session(self, scope: Scope, receive: Receive, send: Send, chat: WebChat) -> None:
        """Answer with a token: the same visitor's anew, a user's, or somebody new's."""
        origin = origin_of(scope, chat, self._public_url)
        self._limits.take(SESSIONS, "sessions", _address(scope))
        user, proof = _claim(await read_body(receive, MOST_BYTES))
        known = self._visitor(scope, chat, origin)
        now = datetime.now(UTC)
        if known is not None and known.user == user:
            visitor: Visitor | None = Visitor(known.id, origin, now, user)
        else:
            visitor = chat.admit(origin, now, user, proof)
        if visitor is None:
            raise Problem(403, "not_allowed")
        body = {"visitor": visitor.id, "token": chat.token(visitor), "title": chat.config.title}
        await answer(answering(send, origin), 200, orjson.dumps(body), _JSON)

    async def _stream(self, scope: Scope, receive: Receive, send: Send, account: Connected) -> None:
        assert isinstance(account.adapter, WebChat)
        origin = origin_of(scope, account.adapter, self._public_url)
        self._limits.take(CALLS, "calls", _address(scope))
        visitor = self._visitor(scope, account.adapter, origin)
        if visitor is None:
            raise Problem(401, "not_authenticated")
        last = header(scope, b"last-event-id") or ""
        after = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None  # noqa: PLR2004  (63 bits)
        link = no_links if self._attachments is None else links_of(account.name, account.adapter)
        listener = Listener(account.id, visitor.id, after, link)
        await self._listeners.serve(listener, receive, answering(send, origin))

    async def _file(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        account: Connected,
        attachments: Attachments,
    ) -> None:
        assert isinstance(account.adapter, WebChat)
        origin = origin_of(scope, account.adapter, self._public_url)
        visitor = self._visitor(scope, account.adapter, origin)
        if visitor is None:
            raise Problem(401, "not_authenticated")
        self._limits.take(FILES, "files", account.name, visitor.id)
        body = await take_file(scope, receive, account.adapter, visitor, attachments)
        await answer(answering(send, origin), 201, body, _JSON)

    def _visitor(self, scope: Scope, chat: WebChat, origin: str) -> Visitor | None:
        scheme, _, token = (header(scope, b"authorization") or "").partition(" ")
        shown = token.strip() if scheme.lower() == "bearer" else None
        return chat.visitor(shown, origin, datetime.now(UTC))


def _claim(body: bytes) -> tuple[str | None, str]:
    """Return the user that somebody says he is, and the proof of it."""
    try:
        claim: Any = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise Problem(400, "malformed") from None
    if not isinstance(claim, dict):
        raise Problem(400, "malformed")
    match claim.get("user"), claim.get("hash"):
        case None, _:
            return None, ""
        case str(user), str(proof) if 0 < len(user) <= 200 and len(proof) <= 200:  # noqa: PLR2004  (ids and digests)
            return user, proof
        case _:
            raise Problem(422, "invalid")


def _address(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""


async def _allow(send: Send, origin: str) -> None:
    await answer(answering(send, origin), 204, b"", PREFLIGHT)
