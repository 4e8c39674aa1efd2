"""A fake VK: messages known by their `random_id`, uploads in three steps, events with a secret."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.demo.forms import Upload, read_form
from deploy.demo.providers import FakeProvider, Fault, Post, Sent, html_error, json_object

_MAX_TEXT: Final = 9000

_REFUSALS: Final[Mapping[Fault, tuple[int, str]]] = {
    Fault.RATE_LIMITED: (6, "Too many requests per second"),
    Fault.TEMPORARY: (10, "Internal server error"),
    Fault.TOKEN_REVOKED: (5, "User authorization failed: invalid access_token"),
    Fault.WINDOW_CLOSED: (901, "Can't send messages for users without permission"),
    Fault.BLOCKED: (900, "Can't send messages for users from blacklist"),
}


class FakeVk(FakeProvider):
    """One community, its clients and the address that it reports to."""

    def __init__(self, *, group_id: int, access_token: str, secret: str, post: Post) -> None:
        super().__init__(post)
        self.denied_by: set[int] = set()
        self.forms: list[dict[str, Any]] = []
        self.waiting: set[tuple[str, str, str]] = set()
        """Buttons that were pressed and show a wait: of which press, by whom, and where."""
        self.uploads: dict[str, Upload] = {}
        """What was handed over and kept, by what it is called."""
        self.address = "https://api.vk.com"
        """Where files are uploaded to."""
        self._group_id = group_id
        self._access_token = access_token
        self._secret = secret
        self._numbers: defaultdict[int, count[int]] = defaultdict(lambda: count(1))
        self._ids = count(100)
        self._taken: dict[tuple[int, str], dict[str, Any]] = {}
        self._handed_over: dict[str, Upload] = {}
        self._methods: Mapping[str, Callable[[dict[str, Any]], Response]] = {
            "photos.getMessagesUploadServer": lambda _: self._upload_server("photo"),
            "docs.getWallUploadServer": lambda _: self._upload_server("doc"),
            "photos.saveMessagesPhoto": lambda form: self._save(form, "photo", "photo"),
            "docs.save": lambda form: self._save(form, "doc", "file"),
            "messages.sendMessageEventAnswer": self._end_wait,
        }
        self.app = Starlette(
            routes=[
                Route("/method/{method}", self._call, methods=["POST"]),
                Route("/upload/{kind}", self._hand_over, methods=["POST"]),
            ]
        )

    def take(self, request: Request, body: bytes) -> Response:
        form, _ = read_form(request, body)
        if form.get("access_token") != self._access_token:
            return self.refusal(Fault.TOKEN_REVOKED)
        peer = int(form.get("peer_ids") or form.get("peer_id") or form.get("user_id") or 0)
        if peer in self.denied_by:
            return self.refusal(Fault.WINDOW_CLOSED)
        text, attached = str(form.get("message", "")), form.get("attachment")
        if not peer or "random_id" not in form or not (text or attached):
            return _error(100, "One of the parameters specified was missing or invalid")
        if attached and attached not in self.uploads:
            return _error(100, "One of the parameters specified was invalid: attachment")
        if len(text) > _MAX_TEXT:
            return _error(914, "Message is too long")
        known = self._taken.get((peer, form["random_id"]))
        message = known or self._accept(peer, text, form)
        # Whom one person is written to alone, VK answers with a bare number.
        several = "peer_ids" in form
        return JSONResponse({"response": [message] if several else message["message_id"]})

    def refusal(self, fault: Fault) -> Response:
        if fault is Fault.RATE_LIMITED_FOR:
            return Response(status_code=429, headers={"retry-after": str(self.retry_after)})
        return _error(*_REFUSALS[fault]) if fault in _REFUSALS else html_error(503)

    def client_writes(self, user_id: int, text: str, **content: Any) -> str:
        """Let a client write; return the message's id."""
        message = self._message(user_id, user_id) | {"text": text, **content}
        self.report("message_new", {"message": message, "client_info": {"keyboard": True}})
        return f"{user_id}:{message['conversation_message_id']}"

    def client_presses(self, user_id: int, form: dict[str, Any], title: str) -> str:
        """Let a client press the button with this title below a message that was taken."""
        rows = json_object(form["keyboard"].encode())["buttons"]
        actions = (button["action"] for row in rows for button in row)
        action = next(action for action in actions if action["label"] == title)
        return self.client_writes(user_id, title, payload=action["payload"])

    def client_calls(self, user_id: int, payload: str) -> str:
        """Let a client press a button that sends no message; return the press's id."""
        id_ = f"p{next(self._ids)}"
        self.waiting.add((id_, str(user_id), str(user_id)))
        told = {"user_id": user_id, "peer_id": user_id, "event_id": id_, "payload": payload}
        self.report("message_event", told)
        return id_

    def report(self, kind: str, object_: dict[str, Any]) -> None:
        """Deliver an event."""
        frame = {"type": kind, "group_id": self._group_id, "secret": self._secret, "v": "5.199"}
        event = {**frame, "event_id": f"e{next(self._ids)}", "object": object_}
        body = json.dumps(event, ensure_ascii=False).encode()
        self.deliver({"content-type": "application/json"}, body)

    async def _call(self, request: Request) -> Response:
        method = request.path_params["method"]
        if method == "messages.send":
            return await self.answer(request)
        form, _ = read_form(request, await request.body())
        if form.get("access_token") != self._access_token:
            return self.refusal(Fault.TOKEN_REVOKED)
        known = self._methods.get(method)
        return known(form) if known else _error(3, "Unknown method passed")

    async def _hand_over(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        _, files = read_form(request, await request.body())
        # VK takes several photos at once, and calls the first of them either way.
        names = ("photo", "file0", "file1") if kind == "photo" else ("file",)
        upload = next((files[name] for name in names if name in files), None)
        if upload is None or not upload.content:
            return JSONResponse({"error": "ERR_UPLOAD_BAD_FILE", "error_descr": "no file"})
        name = f'[{{"{kind}":"{next(self._ids)}"}}]'
        self._handed_over[name] = upload
        taken = {"server": 7, "photo": name, "hash": "h"} if kind == "photo" else {"file": name}
        return JSONResponse(taken)

    def _end_wait(self, form: dict[str, Any]) -> Response:
        press = str(form.get("event_id")), str(form.get("user_id")), str(form.get("peer_id"))
        if press not in self.waiting:
            return _error(100, "One of the parameters specified was missing or invalid: event_id")
        self.waiting.remove(press)
        return JSONResponse({"response": 1})

    def _upload_server(self, kind: str) -> Response:
        return JSONResponse({"response": {"upload_url": f"{self.address}/upload/{kind}?act=add"}})

    def _save(self, form: dict[str, Any], kind: str, field: str) -> Response:
        upload = self._handed_over.pop(str(form.get(field)), None)
        if upload is None or (kind == "photo" and form.get("hash") != "h"):
            return _error(100, f"One of the parameters specified was invalid: {field}")
        number = next(self._ids)
        self.uploads[f"{kind}-{self._group_id}_{number}"] = upload
        thing = {"id": number, "owner_id": -self._group_id}
        return JSONResponse(
            {"response": [thing] if kind == "photo" else {"type": kind, kind: thing}}
        )

    def _accept(self, peer: int, text: str, form: dict[str, Any]) -> dict[str, Any]:
        message = self._message(peer, -self._group_id)
        number = message["conversation_message_id"]
        quoted = json_object(str(form.get("forward", "")).encode())
        cited = f"{peer}:{quoted['conversation_message_ids'][0]}" if quoted else None
        self.sent.append(Sent(f"{peer}:{number}", str(peer), text, cited, None))
        self.forms.append(form)
        echo = {**message, "text": text, "out": 1, "random_id": int(form["random_id"])}
        self.report("message_reply", echo)
        taken = {
            "peer_id": peer,
            "message_id": message["id"],
            "conversation_message_id": number,
        }
        self._taken[peer, form["random_id"]] = taken
        return taken

    def _message(self, peer: int, author: int) -> dict[str, Any]:
        ids = {"id": next(self._ids), "conversation_message_id": next(self._numbers[peer])}
        date = int(self._clock().timestamp())
        return {**ids, "from_id": author, "peer_id": peer, "date": date, "out": 0}


def _error(code: int, words: str) -> Response:
    """Return an error as VK does: with status 200."""
    return JSONResponse({"error": {"error_code": code, "error_msg": words, "request_params": []}})
