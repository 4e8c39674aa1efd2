"""A fake Bot API: the part of it that carries texts."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.demo.providers import (
    Clock,
    FakeProvider,
    Fault,
    Post,
    Sent,
    as_object,
    html_error,
    json_object,
)

_MAX_TEXT: Final = 4096

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
                Route("/bot{token}/getMe", self._get_me, methods=["GET", "POST"]),
                Route("/bot{token}/sendMessage", self.answer, methods=["POST"]),
            ]
        )

    def take(self, request: Request, body: bytes) -> Response:
        if not self._is_authorized(request):
            return self.refusal(Fault.TOKEN_REVOKED)
        call = _parameters(request, body)
        chat_id = _int(call.get("chat_id"))
        text = call.get("text")
        if chat_id is None:
            return _error(400, "Bad Request: chat not found")
        if chat_id in self.moved_to:
            return self._migrated(self.moved_to[chat_id])
        if chat_id in self.blocked_by:
            return self.refusal(Fault.BLOCKED)
        if not isinstance(text, str) or not text.strip():
            return _error(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > _MAX_TEXT:
            return _error(400, "Bad Request: message is too long")
        return self._accept(chat_id, text, call)

    def refusal(self, fault: Fault) -> Response:
        if fault is Fault.RATE_LIMITED_FOR:
            words = f"Too Many Requests: retry after {self.retry_after}"
            return _error(429, words, {"retry_after": self.retry_after})
        if fault is Fault.MIGRATED:
            return self._migrated(-1_001_000_000_000)
        if fault not in _REFUSALS:
            return html_error(503)
        return _error(*_REFUSALS[fault])

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

    async def _get_me(self, request: Request) -> Response:
        if not self._is_authorized(request):
            return self.refusal(Fault.TOKEN_REVOKED)
        return JSONResponse({"ok": True, "result": {**self._bot, "username": "recado_bot"}})

    def _is_authorized(self, request: Request) -> bool:
        return not self.token_is_revoked and request.path_params["token"] == self._bot_token

    def _accept(self, chat_id: int, text: str, call: dict[str, Any]) -> Response:
        number = next(self._message_ids)
        quoted = as_object(call.get("reply_parameters")).get("message_id")
        sent = Sent(
            provider_id=f"{chat_id}:{number}",
            address=str(chat_id),
            text=text,
            quoted=None if quoted is None else f"{chat_id}:{quoted}",
            correlation=None,
        )
        self.sent.append(sent)
        chat = {"id": chat_id, "type": "private" if chat_id > 0 else "supergroup"}
        result = {"message_id": number, "from": self._bot, "chat": chat, "date": self._date()}
        return JSONResponse({"ok": True, "result": {**result, "text": text}})

    def _migrated(self, to: int) -> Response:
        words = "Bad Request: group chat was upgraded to a supergroup chat"
        return _error(400, words, {"migrate_to_chat_id": to})

    def _date(self) -> int:
        return int(self._clock().timestamp())


def _parameters(request: Request, body: bytes) -> dict[str, Any]:
    """Return a call's parameters, which may come as JSON or as a form."""
    if request.headers.get("content-type", "").startswith("application/json"):
        return json_object(body)
    form: dict[str, Any] = dict(parse_qsl(body.decode(errors="replace")))
    if "reply_parameters" in form:
        form["reply_parameters"] = json_object(form["reply_parameters"].encode())
    return form


def _int(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _error(status: int, words: str, parameters: dict[str, Any] | None = None) -> Response:
    answer: dict[str, Any] = {"ok": False, "error_code": status, "description": words}
    if parameters is not None:
        answer["parameters"] = parameters
    return JSONResponse(answer, status)
