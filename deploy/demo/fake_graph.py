"""A fake Graph API: the part of it that carries WhatsApp messages."""

import base64
import hmac
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

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
_BUSINESS_NUMBER: Final = "551130000000"

_REFUSALS: Final = {
    Fault.RATE_LIMITED: (429, 130429, "Rate limit hit"),
    Fault.RATE_LIMITED_FOR: (429, 130429, "Rate limit hit"),
    Fault.TEMPORARY: (500, 131016, "Service unavailable"),
    Fault.TOKEN_REVOKED: (401, 190, "Error validating access token: session is invalid"),
    Fault.WINDOW_CLOSED: (400, 131047, "Re-engagement message"),
    Fault.BLOCKED: (400, 131026, "Message undeliverable"),
    Fault.MIGRATED: (400, 131026, "Message undeliverable"),
}


class FakeGraph(FakeProvider):
    """One WhatsApp number, its clients' telephones and the webhook it reports to."""

    def __init__(
        self,
        *,
        phone_number_id: str,
        access_token: str,
        app_secret: str,
        post: Post,
        receipts: Iterable[str] = ("sent", "delivered", "read"),
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(post, clock)
        self.token_is_revoked = False
        self.closed_windows: set[str] = set()
        """Numbers that only a template reaches: the message is taken, then reported failed."""
        self.receipts = tuple(receipts)
        self._phone_number_id = phone_number_id
        self._access_token = access_token
        self._app_secret = app_secret.encode()
        path = "/{version}/{phone_number_id}/messages"
        self.app = Starlette(routes=[Route(path, self.answer, methods=["POST"])])

    def take(self, request: Request, body: bytes) -> Response:
        if self.token_is_revoked or not self._is_authorized(request):
            return self.refusal(Fault.TOKEN_REVOKED)
        if request.path_params["phone_number_id"] != self._phone_number_id:
            return _error(400, 100, "Unsupported post request. Object does not exist", subcode=33)
        message = json_object(body)
        problem = _problem_with(message)
        if problem is not None:
            return _error(400, 100, problem)
        if message.get("status") == "read":
            return JSONResponse({"success": True})
        return self._accept(message)

    def refusal(self, fault: Fault) -> Response:
        if fault not in _REFUSALS:
            return html_error(503)
        status, code, words = _REFUSALS[fault]
        response = _error(status, code, words)
        if fault is Fault.RATE_LIMITED_FOR:
            response.headers["retry-after"] = str(self.retry_after)
        return response

    def client_writes(self, phone: str, name: str, text: str, quoting: str | None = None) -> str:
        """Let a client send a text; return its id."""
        message: dict[str, Any] = {"type": "text", "text": {"body": text}}
        if quoting is not None:
            message["context"] = {"from": _BUSINESS_NUMBER, "id": quoting}
        return self.client_sends(phone, name, message)

    def client_sends(self, phone: str, name: str, message: dict[str, Any]) -> str:
        """Let a client send a message of any kind; return its id."""
        wamid = _wamid()
        whole = {"from": phone, "id": wamid, "timestamp": self._timestamp(), **message}
        contact = {"profile": {"name": name}, "wa_id": phone}
        self._report({"contacts": [contact], "messages": [whole]})
        return wamid

    def _is_authorized(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self._access_token}"

    def _accept(self, message: dict[str, Any]) -> Response:
        address = message.get("to") or message["recipient"]
        sent = Sent(
            provider_id=_wamid(),
            address=address,
            text=message["text"]["body"],
            quoted=as_object(message.get("context")).get("message_id"),
            correlation=message.get("biz_opaque_callback_data"),
        )
        self.sent.append(sent)
        closed = address in self.closed_windows
        for status in ("failed",) if closed else self.receipts:
            self._report({"statuses": [self._status(sent, status)]})
        return JSONResponse(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": address, "wa_id": address.removeprefix("+")}],
                "messages": [{"id": sent.provider_id}],
            }
        )

    def _status(self, sent: Sent, status: str) -> dict[str, Any]:
        report: dict[str, Any] = {
            "id": sent.provider_id,
            "status": status,
            "timestamp": self._timestamp(),
            "recipient_id": sent.address,
        }
        if sent.correlation is not None:
            report["biz_opaque_callback_data"] = sent.correlation
        if status == "failed":
            details = "More than 24 hours have passed since the customer last replied"
            error = {"code": 131047, "title": "Re-engagement message"}
            report["errors"] = [{**error, "error_data": {"details": details}}]
        return report

    def _report(self, value: dict[str, Any]) -> None:
        metadata = {
            "display_phone_number": _BUSINESS_NUMBER,
            "phone_number_id": self._phone_number_id,
        }
        value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
        body = _as_sent({"object": "whatsapp_business_account", "entry": [entry]})
        signature = hmac.digest(self._app_secret, body, "sha256").hex()
        headers = {
            "content-type": "application/json",
            "user-agent": "facebookexternalua",
            "x-hub-signature-256": f"sha256={signature}",
        }
        self.deliver(headers, body)

    def _timestamp(self) -> str:
        return str(int(self._clock().timestamp()))


def _as_sent(value: Any) -> bytes:
    """Return JSON as the real provider writes and signs it: ASCII, with escaped slashes."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def _wamid() -> str:
    return f"wamid.{base64.b64encode(uuid4().bytes).decode()}"


def _problem_with(message: dict[str, Any]) -> str | None:
    if message.get("messaging_product") != "whatsapp":
        return "(#100) The parameter messaging_product is required."
    if message.get("status") == "read":
        return None
    if not (message.get("to") or message.get("recipient")):
        return "(#100) The parameter to is required."
    text = as_object(message.get("text")).get("body")
    if not isinstance(text, str) or not text:
        return "(#100) The parameter text['body'] is required."
    if len(text) > _MAX_TEXT:
        return "(#100) Param text['body'] must be at most 4096 characters long."
    return None


def _error(status: int, code: int, words: str, subcode: int | None = None) -> Response:
    error: dict[str, Any] = {"message": words, "type": "OAuthException", "code": code}
    if subcode is None:
        error["error_data"] = {"messaging_product": "whatsapp", "details": words}
    else:
        error["error_subcode"] = subcode
    return JSONResponse({"error": {**error, "fbtrace_id": "AbCdEfGhIjK"}}, status)
