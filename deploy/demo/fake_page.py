"""A fake Send API: the part of the Graph API behind Messenger and Instagram."""

from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.demo.forms import read_form
from deploy.demo.graph.limits import WINDOW, WINDOW_OF_PEOPLE
from deploy.demo.graph.provider import GraphProvider, Refusals
from deploy.demo.graph.wire import error
from deploy.demo.providers import Clock, Fault, Post, Sent, as_object, json_object

_OUTSIDE: Final = "(#10) This message is sent outside of allowed window."
_REFUSALS: Final[Refusals] = {
    Fault.RATE_LIMITED: (400, 613, "(#613) Calls to this api have exceeded the rate limit.", 0),
    Fault.RATE_LIMITED_FOR: (400, 613, "(#613) Calls to this api have exceeded the limit.", 0),
    Fault.TEMPORARY: (500, 1200, "Temporary send message failure. Please try again later.", 0),
    Fault.TOKEN_REVOKED: (400, 190, "Error validating access token: session is invalid", 460),
    Fault.WINDOW_CLOSED: (400, 10, _OUTSIDE, 2018278),
    Fault.BLOCKED: (400, 551, "(#551) This person isn't available right now.", 1545041),
    Fault.MIGRATED: (400, 100, "(#100) No matching user found", 2018001),
}
_MAX_CHARS: Final = 2000
_MAX_BYTES: Final = 1000
_MOST_REPLIES: Final = 13


class FakePage(GraphProvider):
    """One Page or professional account, its clients' telephones and its webhook."""

    refusals = _REFUSALS

    def __init__(
        self,
        *,
        product: Literal["messenger", "instagram"],
        account_id: str,
        access_token: str,
        app_secret: str,
        post: Post,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(access_token=access_token, app_secret=app_secret, post=post, clock=clock)
        self.object_name = "page" if product == "messenger" else "instagram"
        self.echoes = True
        """Whether what is sent comes back, as the provider does where that is subscribed to."""
        self._product = product
        self._account_id = account_id
        account = "/{version}/{account_id}"
        self.app = Starlette(
            routes=[
                Route(f"{account}/messages", self.answer, methods=["POST"]),
                Route(f"{account}/message_attachments", self._upload, methods=["POST"]),
                Route("/files/{file_id}", self._download, methods=["GET"]),
            ]
        )

    def take(self, request: Request, body: bytes) -> Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        call = json_object(body)
        client = as_object(call.get("recipient")).get("id")
        message = as_object(call.get("message"))
        if not isinstance(client, str):
            return error(400, 100, "(#100) Param recipient is required", 0)
        problem = self._problem_with(message)
        if problem is not None:
            return error(400, 100, f"(#100) {problem}", 0)
        tagged = call.get("tag") == "HUMAN_AGENT"
        if self.windows.is_closed(client, WINDOW_OF_PEOPLE if tagged else WINDOW):
            return self.refusal(Fault.WINDOW_CLOSED)
        return self._accept(client, message, call)

    def client_writes(self, client: str, text: str, **more: Any) -> str:
        """Let a client send a text; return its id."""
        return self.client_sends(client, {"text": text, **more})

    def client_sends_file(
        self, client: str, kind: str, content: bytes, mime: str, base: str
    ) -> str:
        """Let a client send a file that lies open below `base`; return the message's id."""
        link = self.files.link(base, self.files.keep(content, mime))
        return self.client_sends(
            client, {"attachments": [{"type": kind, "payload": {"url": link}}]}
        )

    def client_sends(self, client: str, message: dict[str, Any]) -> str:
        """Let a client send a message of any kind; return its id."""
        self.windows.opened_by(client)
        mid = _mid()
        self.client_does(client, {"message": {"mid": mid, **message}})
        return mid

    def client_does(self, client: str, what: dict[str, Any]) -> None:
        """Let a client press, react, read, edit: any item of the provider's."""
        self._report({"sender": {"id": client}, "recipient": {"id": self._account_id}, **what})

    def written_in_the_app(self, client: str, text: str) -> str:
        """Let somebody of the company write in the provider's own app; return its id."""
        mid = _mid()
        self._echo(client, {"mid": mid, "text": text})
        return mid

    async def _upload(self, request: Request) -> Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        fields, files = read_form(request, await request.body())
        message = json_object(str(fields.get("message", "")).encode())
        file = files.get("filedata")
        if file is None or not as_object(message.get("attachment")).get("type"):
            return error(400, 100, "(#100) Upload attachment failure.", 2018047)
        if (self._product == "instagram") != (fields.get("platform") == "instagram"):
            return error(400, 100, "(#100) Invalid platform", 0)
        return JSONResponse({"attachment_id": self.files.keep(file.content, file.mime)})

    async def _download(self, request: Request) -> Response:
        return self.files.download(request)

    def _refused(self, request: Request) -> Response | None:
        if not self.is_authorized(request):
            return self.refusal(Fault.TOKEN_REVOKED)
        if request.path_params["account_id"] not in {"me", self._account_id}:
            return error(400, 100, "Unsupported post request. Object does not exist", subcode=33)
        return None

    def _problem_with(self, message: dict[str, Any]) -> str | None:
        text, attachment = message.get("text"), as_object(message.get("attachment"))
        if isinstance(text, str) and text:
            of_messenger = self._product == "messenger"
            too_long = len(text) > _MAX_CHARS if of_messenger else len(text.encode()) > _MAX_BYTES
            replies = message.get("quick_replies", [])
            if too_long:
                return "Length of param message[text] is too long"
            return "Too many quick replies" if len(replies) > _MOST_REPLIES else None
        payload = as_object(attachment.get("payload"))
        if payload.get("attachment_id") in self.files.kept or payload.get("url"):
            return None
        return "Incorrect attachment ID" if attachment else "Empty message"

    def _accept(self, client: str, message: dict[str, Any], call: dict[str, Any]) -> Response:
        metadata = message.get("metadata") if self._product == "messenger" else None
        sent = Sent(
            provider_id=_mid(),
            address=client,
            text=message.get("text", ""),
            quoted=as_object(call.get("reply_to")).get("mid"),
            correlation=metadata,
        )
        self.sent.append(sent)
        self.messages.append(call)
        if self.echoes:
            echo = {"mid": sent.provider_id, "text": sent.text}
            self._echo(client, {**echo, "metadata": metadata} if metadata else echo)
        return JSONResponse({"recipient_id": client, "message_id": sent.provider_id})

    def _echo(self, client: str, message: dict[str, Any]) -> None:
        whole = {**message, "is_echo": True}
        sides = {"sender": {"id": self._account_id}, "recipient": {"id": client}}
        self._report({**sides, "message": whole})

    def _report(self, item: dict[str, Any]) -> None:
        now = int(self._clock().timestamp() * 1000)
        messaging = [{"timestamp": now, **item}]
        self.report({"id": self._account_id, "time": now, "messaging": messaging})


def _mid() -> str:
    return f"m_{uuid4().hex}"
