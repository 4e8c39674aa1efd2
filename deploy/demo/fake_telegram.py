"""A fake Bot API: texts, files, buttons, and what clients do with them."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.demo.forms import Upload
from deploy.demo.providers import (
    Clock,
    FakeProvider,
    Fault,
    Post,
    Sent,
    as_object,
    html_error,
)
from deploy.demo.telegram_files import (
    FIELDS,
    LARGEST_CAPTION,
    LARGEST_DOWNLOAD,
    Files,
    Stored,
    is_too_large,
    shape_of,
)
from deploy.demo.telegram_wire import (
    buttons_fit,
    chat_of,
    int_of,
    method_of,
    parameters,
    refused,
    result_of,
    text_in,
    units,
)

_ALWAYS_DONE: Final = frozenset({"setwebhook", "deletewebhook", "sendchataction"})

_REFUSALS: Final[dict[Fault, tuple[int, str]]] = {
    Fault.RATE_LIMITED: (429, "Too Many Requests"),
    Fault.TEMPORARY: (500, "Internal Server Error"),
    Fault.TOKEN_REVOKED: (401, "Unauthorized"),
    Fault.WINDOW_CLOSED: (403, "Forbidden: bot can't initiate conversation with a user"),
    Fault.BLOCKED: (403, "Forbidden: bot was blocked by the user"),
}


class FakeTelegram(FakeProvider):
    """One bot, its clients' telephones and the webhook it reports to."""

    def __init__(
        self,
        *,
        bot_token: str,
        secret_token: str,
        post: Post,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(post, clock)
        self.token_is_revoked = False
        self.blocked_by: set[int] = set()
        self.moved_to: dict[int, int] = {}
        """Groups that became supergroups, and their ids since."""
        self.waiting: set[str] = set()
        """Buttons that were pressed, and show a wait until the bot says that it saw it."""
        self.results: dict[str, dict[str, Any]] = {}
        """Each message that was taken, as the Bot API answers with it, by its id."""
        self.files = Files()
        self._bot_token = bot_token
        bot_id = int(bot_token.partition(":")[0])
        self._bot = {"id": bot_id, "is_bot": True, "first_name": "Recado"}
        self._secret_token = secret_token
        # Both are counted on from the time: a fake that is started again must not give
        # numbers that were given before, or its messages would pass for repeats.
        started = int(clock().timestamp() * 1000)
        self._message_ids = count(started % 2_000_000_000)
        self._update_ids = count(started)
        self.app = Starlette(
            routes=[
                Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
                Route("/file/bot{token}/{path:path}", self._download),
            ]
        )

    def take(self, request: Request, body: bytes) -> Response:
        if not self._is_authorized(request):
            return self.refusal(Fault.TOKEN_REVOKED)
        call, uploads = parameters(request, body)
        chat_id = int_of(call.get("chat_id"))
        if chat_id is None:
            return refused(400, "Bad Request: chat not found")
        if chat_id in self.moved_to:
            return self._migrated(self.moved_to[chat_id])
        if chat_id in self.blocked_by:
            return self.refusal(Fault.BLOCKED)
        kind = FIELDS.get(method_of(request))
        content = self._file(kind, call, uploads) if kind else text_in(call)
        if isinstance(content, Response):
            return content
        if not buttons_fit(as_object(call.get("reply_markup"))):
            return refused(400, "Bad Request: BUTTON_DATA_INVALID")
        return self._accept(chat_id, content, call)

    def refusal(self, fault: Fault) -> Response:
        if fault is Fault.RATE_LIMITED_FOR:
            words = f"Too Many Requests: retry after {self.retry_after}"
            return refused(429, words, {"retry_after": self.retry_after})
        if fault is Fault.MIGRATED:
            return self._migrated(-1_001_000_000_000)
        if fault not in _REFUSALS:
            return html_error(503)
        return refused(*_REFUSALS[fault])

    def client_writes(self, user_id: int, name: str, text: str) -> str:
        """Let a client send a text; return its id."""
        return self.client_sends(user_id, name, {"text": text})

    def client_sends(self, user_id: int, name: str, content: dict[str, Any]) -> str:
        """Let a client send a message of any kind; return its id."""
        number = next(self._message_ids)
        message = {
            "message_id": number,
            "from": {"id": user_id, "is_bot": False, "first_name": name, "language_code": "pt-br"},
            "chat": {"id": user_id, "first_name": name, "type": "private"},
            "date": self._date(),
            **content,
        }
        self.report({"message": message})
        return f"{user_id}:{number}"

    def report(self, update: dict[str, Any]) -> None:
        """Deliver an update."""
        body = json.dumps({"update_id": next(self._update_ids), **update}, ensure_ascii=False)
        headers = {
            "content-type": "application/json",
            "x-telegram-bot-api-secret-token": self._secret_token,
        }
        self.deliver(headers, body.encode())

    def client_sends_file(
        self, user_id: int, name: str, kind: str, upload: Upload, caption: str | None = None
    ) -> str:
        """Let a client send a file; return the message's id."""
        content = shape_of(kind, self.files.keep(upload))
        return self.client_sends(user_id, name, content | ({"caption": caption} if caption else {}))

    def client_presses(self, user_id: int, name: str, provider_id: str, title: str) -> None:
        """Let a client press the button with this title below a message."""
        message = self.results[provider_id]
        rows = message["reply_markup"]["inline_keyboard"]
        button = next(button for row in rows for button in row if button["text"] == title)
        id_ = str(next(self._update_ids))
        self.waiting.add(id_)
        query = {
            "id": id_,
            "from": {"id": user_id, "is_bot": False, "first_name": name},
            "message": message,
            "chat_instance": "1",
            "data": button["callback_data"],
        }
        self.report({"callback_query": query})

    async def _call(self, request: Request) -> Response:
        method = method_of(request)
        if method == "sendmessage" or method in FIELDS:
            return await self.answer(request)
        if not self._is_authorized(request):
            return self.refusal(Fault.TOKEN_REVOKED)
        if method == "getme":
            return result_of({**self._bot, "username": "recado_bot"})
        if method == "getfile":
            return self._get_file(parameters(request, await request.body())[0])
        if method == "answercallbackquery":
            return self._end_wait(parameters(request, await request.body())[0])
        return result_of(result=True) if method in _ALWAYS_DONE else refused(404, "Not Found")

    def _end_wait(self, call: dict[str, Any]) -> Response:
        id_ = str(call.get("callback_query_id"))
        if id_ not in self.waiting:
            return refused(400, "Bad Request: query is too old or query ID is invalid")
        self.waiting.remove(id_)
        return result_of(result=True)

    def _get_file(self, call: dict[str, Any]) -> Response:
        stored = self.files.by_id(str(call.get("file_id")))
        if stored is None:
            return refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(stored.upload.content) > LARGEST_DOWNLOAD:
            return refused(400, "Bad Request: file is too big")
        size = len(stored.upload.content)
        unique = f"u{stored.file_id}"
        file = {"file_id": stored.file_id, "file_unique_id": unique, "file_size": size}
        return result_of({**file, "file_path": stored.path})

    async def _download(self, request: Request) -> Response:
        stored = self.files.by_path(request.path_params["path"])
        if stored is None or not self._is_authorized(request):
            return refused(404, "Not Found")
        return Response(stored.upload.content, media_type="application/octet-stream")

    def _is_authorized(self, request: Request) -> bool:
        return not self.token_is_revoked and request.path_params["token"] == self._bot_token

    def _file(
        self, kind: str, call: dict[str, Any], uploads: dict[str, Upload]
    ) -> dict[str, Any] | Response:
        """Return a message's content with a file, or why it is refused."""
        stored = self._given(str(call.get(kind, "")), uploads.get(kind), uploads)
        if stored is None or not stored.upload.content:
            return refused(400, "Bad Request: file must be non-empty")
        if is_too_large(kind, stored.upload):
            return refused(413, "Request Entity Too Large")
        caption = str(call.get("caption", ""))
        if units(caption) > LARGEST_CAPTION:
            return refused(400, "Bad Request: message caption is too long")
        return shape_of(kind, stored) | ({"caption": caption} if caption else {})

    def _given(
        self, reference: str, upload: Upload | None, uploads: dict[str, Upload]
    ) -> Stored | None:
        """Return a file that came along, under its field or another name, or that was here."""
        if upload is None and reference.startswith("attach://"):
            upload = uploads.get(reference.removeprefix("attach://"))
        return self.files.by_id(reference) if upload is None else self.files.keep(upload)

    def _accept(self, chat_id: int, content: dict[str, Any], call: dict[str, Any]) -> Response:
        number = next(self._message_ids)
        quoted = as_object(call.get("reply_parameters")).get("message_id")
        sent = Sent(
            provider_id=f"{chat_id}:{number}",
            address=str(chat_id),
            text=content.get("text") or content.get("caption") or "",
            quoted=None if quoted is None else f"{chat_id}:{quoted}",
            correlation=None,
        )
        self.sent.append(sent)
        result = {
            "message_id": number,
            "from": self._bot,
            "chat": chat_of(chat_id),
            "date": self._date(),
            **content,
        }
        if markup := as_object(call.get("reply_markup")):
            result["reply_markup"] = markup
        self.results[sent.provider_id] = result
        return result_of(result)

    def _migrated(self, to: int) -> Response:
        words = "Bad Request: group chat was upgraded to a supergroup chat"
        return refused(400, words, {"migrate_to_chat_id": to})

    def _date(self) -> int:
        return int(self._clock().timestamp())
