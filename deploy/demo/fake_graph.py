"""A fake Cloud API: the part of the Graph API that carries WhatsApp messages and files."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.demo.forms import read_form
from deploy.demo.graph.limits import PairRate
from deploy.demo.graph.messages import Templates, problem_with
from deploy.demo.graph.provider import GraphProvider, Refusals
from deploy.demo.graph.wire import error
from deploy.demo.providers import Clock, Fault, Post, Sent, as_object, json_object

_BUSINESS_NUMBER: Final = "551130000000"
_FILES: Final = ("image", "audio", "video", "document", "sticker")

_REFUSALS: Final[Refusals] = {
    Fault.RATE_LIMITED: (429, 130429, "Rate limit hit", None),
    Fault.RATE_LIMITED_FOR: (429, 130429, "Rate limit hit", None),
    Fault.TEMPORARY: (500, 131016, "Service unavailable", None),
    Fault.TOKEN_REVOKED: (401, 190, "Error validating access token: session is invalid", None),
    Fault.WINDOW_CLOSED: (400, 131047, "Re-engagement message", None),
    Fault.BLOCKED: (400, 131026, "Message undeliverable", None),
    Fault.MIGRATED: (400, 131026, "Message undeliverable", None),
}


class FakeGraph(GraphProvider):
    """One WhatsApp number, its clients' telephones and the webhook it reports to."""

    object_name = "whatsapp_business_account"
    refusals = _REFUSALS

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
        super().__init__(access_token=access_token, app_secret=app_secret, post=post, clock=clock)
        self.receipts = tuple(receipts)
        self.templates: Templates = {}
        self.pair_rate = PairRate(clock)
        self._phone_number_id = phone_number_id
        number = "/{version}/{phone_number_id}"
        self.app = Starlette(
            routes=[
                Route(f"{number}/messages", self.answer, methods=["POST"]),
                Route(f"{number}/media", self._upload, methods=["POST"]),
                Route("/files/{file_id}", self._download, methods=["GET"]),
                Route("/{version}/{file_id}", self._address, methods=["GET"]),
            ]
        )

    @property
    def closed_windows(self) -> set[str]:
        """Numbers that only a template reaches: the message is taken, then reported failed."""
        return self.windows.closed

    def take(self, request: Request, body: bytes) -> Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        message = json_object(body)
        problem = problem_with(message, self.files.kept, self.templates)
        if problem is not None:
            return error(*problem)
        if message.get("status") == "read":
            return JSONResponse({"success": True})
        if self.pair_rate.is_exceeded(_address_of(message)):
            return error(400, 131056, "(#131056) Business account and consumer pair rate limit hit")
        return self._accept(message)

    def client_writes(self, phone: str, name: str, text: str, quoting: str | None = None) -> str:
        """Let a client send a text; return its id."""
        message: dict[str, Any] = {"type": "text", "text": {"body": text}}
        if quoting is not None:
            message["context"] = {"from": _BUSINESS_NUMBER, "id": quoting}
        return self.client_sends(phone, name, message)

    def client_sends_file(
        self, phone: str, name: str, kind: str, content: bytes, mime: str, **more: Any
    ) -> str:
        """Let a client send a file of a kind (`image`, `document`…); return the message's id."""
        file = {**self.files.in_message(self.files.keep(content, mime)), **more}
        return self.client_sends(phone, name, {"type": kind, kind: file})

    def client_sends(self, phone: str, name: str, message: dict[str, Any]) -> str:
        """Let a client send a message of any kind; return its id."""
        self.windows.opened_by(phone)
        wamid = _wamid()
        whole = {"from": phone, "id": wamid, "timestamp": self._timestamp(), **message}
        contact = {"profile": {"name": name}, "wa_id": phone}
        self._report({"contacts": [contact], "messages": [whole]})
        return wamid

    async def _upload(self, request: Request) -> Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        fields, files = read_form(request, await request.body())
        file = files.get("file")
        if fields.get("messaging_product") != "whatsapp" or file is None:
            return error(400, 100, "(#100) The parameters messaging_product and file are required.")
        if file.mime == "application/octet-stream":
            return error(400, 100, "(#100) Param file must be a file with one of the known types")
        return JSONResponse({"id": self.files.keep(file.content, file.mime)})

    async def _address(self, request: Request) -> Response:
        if not self.is_authorized(request):
            return self.refusal(Fault.TOKEN_REVOKED)
        return self.files.address(request, request.path_params["file_id"])

    async def _download(self, request: Request) -> Response:
        if not self.is_authorized(request):
            return Response(status_code=401)
        return self.files.download(request)

    def _refused(self, request: Request) -> Response | None:
        if not self.is_authorized(request):
            return self.refusal(Fault.TOKEN_REVOKED)
        if request.path_params["phone_number_id"] != self._phone_number_id:
            return error(400, 100, "Unsupported post request. Object does not exist", subcode=33)
        return None

    def _accept(self, message: dict[str, Any]) -> Response:
        address = _address_of(message)
        sent = Sent(
            provider_id=_wamid(),
            address=address,
            text=_words_of(message),
            quoted=as_object(message.get("context")).get("message_id"),
            correlation=message.get("biz_opaque_callback_data"),
        )
        self.sent.append(sent)
        self.messages.append(message)
        closed = message.get("type") != "template" and self.windows.is_closed(address)
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
        told: dict[str, Any] = {
            "id": sent.provider_id,
            "status": status,
            "timestamp": self._timestamp(),
            "recipient_id": sent.address,
        }
        if sent.correlation is not None:
            told["biz_opaque_callback_data"] = sent.correlation
        if status == "failed":
            details = "More than 24 hours have passed since the customer last replied"
            failure = {"code": 131047, "title": "Re-engagement message"}
            told["errors"] = [{**failure, "error_data": {"details": details}}]
        return told

    def _report(self, value: dict[str, Any]) -> None:
        metadata = {
            "display_phone_number": _BUSINESS_NUMBER,
            "phone_number_id": self._phone_number_id,
        }
        value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        self.report({"id": "102290129340398", "changes": [{"field": "messages", "value": value}]})

    def _timestamp(self) -> str:
        return str(int(self._clock().timestamp()))


def _wamid() -> str:
    return f"wamid.{base64.b64encode(uuid4().bytes).decode()}"


def _address_of(message: dict[str, Any]) -> str:
    return str(message.get("to") or message["recipient"])


def _words_of(message: dict[str, Any]) -> str:
    """Return what a client reads of a message."""
    kind = message.get("type", "text")
    content = as_object(message.get(kind))
    if kind in _FILES:
        return str(content.get("caption", ""))
    body = as_object(content.get("body")).get("text") if kind == "interactive" else None
    return str(body or content.get("body") or content.get("name") or "")
