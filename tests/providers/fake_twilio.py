"""A fake Twilio: messages both ways, signed webhooks, reports, STOP, files behind a password."""

import base64
import hmac
import json
from collections.abc import Mapping
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.demo.forms import Upload, read_form
from deploy.demo.providers import FakeProvider, Fault, Post, Sent, html_error

CALLED: Final = "x-called"
"""Stands for the address that a webhook is posted to: a `Post` is told none."""

_MAX_TEXT: Final = 1600
_OPT_OUT: Final = frozenset({"STOP", "CANCEL", "END", "QUIT", "UNSUBSCRIBE"})
_OPT_IN: Final = frozenset({"START", "YES", "UNSTOP"})

_REFUSALS: Final[Mapping[Fault, tuple[int, int, str]]] = {
    Fault.RATE_LIMITED: (429, 20429, "Too Many Requests"),
    Fault.RATE_LIMITED_FOR: (429, 20429, "Too Many Requests"),
    Fault.TEMPORARY: (500, 20500, "Internal Server Error"),
    Fault.TOKEN_REVOKED: (401, 20003, "Authenticate"),
    Fault.WINDOW_CLOSED: (400, 63016, "Outside the allowed window"),
    Fault.BLOCKED: (400, 21610, "Attempt to send to unsubscribed recipient"),
}


class FakeTwilio(FakeProvider):
    """One account with one number, its clients' telephones and the webhook it reports to."""

    def __init__(self, *, account_sid: str, auth_token: str, webhook_url: str, post: Post) -> None:
        super().__init__(post)
        self.opted_out: set[str] = set()
        self.forms: list[dict[str, str]] = []
        self.fails_later: str | None = None
        """Code that every message fails with after it was accepted."""
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._webhook_url = webhook_url
        self._files: dict[str, Upload] = {}
        self._numbers = count(1)
        account = "/2010-04-01/Accounts/{account}"
        self.app = Starlette(
            routes=[
                Route(f"{account}/Messages.json", self.answer, methods=["POST"]),
                Route(f"{account}/Messages/{{message}}/Media/{{file}}", self._lead_to),
                Route("/elsewhere/{file}", self._serve),
            ]
        )

    def take(self, request: Request, body: bytes) -> Response:
        if not self._is_authorized(request):
            return self.refusal(Fault.TOKEN_REVOKED)
        form, _ = read_form(request, body)
        if refused := self._refused(form):
            return refused
        sid = f"SM{next(self._numbers):032x}"
        text = str(form.get("Body") or form.get("ContentSid") or "")
        self.sent.append(Sent(sid, form["To"], text, None, None))
        self.forms.append(form)
        self._report(sid, form)
        answer = {"sid": sid, "status": "queued", "to": form["To"], "from": form.get("From")}
        return JSONResponse({**answer, "body": text, "error_code": None}, 201)

    def refusal(self, fault: Fault) -> Response:
        if fault not in _REFUSALS:
            return html_error(503)
        status, code, words = _REFUSALS[fault]
        wait = {"retry-after": str(self.retry_after)} if fault is Fault.RATE_LIMITED_FOR else {}
        return JSONResponse({"code": code, "message": words, "status": status}, status, wait)

    def client_writes(self, sender: str, to: str, text: str, **fields: str) -> str:
        """Let a client write; return the message's sid."""
        word = text.strip().upper()
        if word in _OPT_OUT:
            self.opted_out.add(sender)
        elif word in _OPT_IN:
            self.opted_out.discard(sender)
        sid = f"SM{next(self._numbers):032x}"
        form = {"MessageSid": sid, "SmsSid": sid, "AccountSid": self._account_sid}
        form |= {"From": sender, "To": to, "Body": text, "NumMedia": "0", "SmsStatus": "received"}
        self._post_signed(self._webhook_url, form | fields)
        return sid

    def client_sends_file(self, base: str, sender: str, to: str, file: Upload) -> str:
        """Let a client send a file, which lies under `base`; return the message's sid."""
        name = f"ME{next(self._numbers):032x}"
        self._files[name] = file
        url = f"{base}/2010-04-01/Accounts/{self._account_sid}/Messages/MM1/Media/{name}"
        media = {"NumMedia": "1", "MediaUrl0": url, "MediaContentType0": file.mime}
        return self.client_writes(sender, to, "", **media)

    def _refused(self, form: dict[str, Any]) -> Response | None:
        if not form.get("To"):
            return _error(21604, "A 'To' phone number is required.")
        if not (form.get("From") or form.get("MessagingServiceSid")):
            return _error(21603, "A 'From' phone number is required.")
        if form["To"] in self.opted_out:
            return self.refusal(Fault.BLOCKED)
        if not any(form.get(key) for key in ("Body", "MediaUrl", "ContentSid")):
            return _error(21602, "Message body is required.")
        if len(str(form.get("Body", ""))) > _MAX_TEXT:
            return _error(21617, "The concatenated message body exceeds the 1600 character limit")
        return None

    def _report(self, sid: str, form: dict[str, Any]) -> None:
        callback = form.get("StatusCallback")
        words = ["sent", "delivered"] if self.fails_later is None else ["sent", "undelivered"]
        for word in words if callback else ():
            report = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": word}
            report |= {"From": str(form.get("From", "")), "To": form["To"]}
            if word == "undelivered" and self.fails_later:
                report["ErrorCode"] = self.fails_later
            self._post_signed(str(callback), report)

    def _post_signed(self, url: str, form: dict[str, str]) -> None:
        signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
        digest = hmac.digest(self._auth_token.encode(), signed.encode(), "sha1")
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": base64.b64encode(digest).decode(),
            CALLED: url,
        }
        self.deliver(headers, urlencode(form).encode())

    async def _lead_to(self, request: Request) -> Response:
        if not self._is_authorized(request):
            return self.refusal(Fault.TOKEN_REVOKED)
        return RedirectResponse(f"/elsewhere/{request.path_params['file']}?Signature=s", 307)

    async def _serve(self, request: Request) -> Response:
        if "authorization" in request.headers:
            return Response(json.dumps("only one way to prove oneself is taken"), 400)
        file = self._files[request.path_params["file"]]
        return Response(file.content, media_type=file.mime)

    def _is_authorized(self, request: Request) -> bool:
        pair = base64.b64encode(f"{self._account_sid}:{self._auth_token}".encode()).decode()
        theirs = request.path_params["account"] == self._account_sid
        return theirs and request.headers.get("authorization") == f"Basic {pair}"


def _error(code: int, words: str) -> Response:
    return JSONResponse({"code": code, "message": words, "status": 400}, 400)
