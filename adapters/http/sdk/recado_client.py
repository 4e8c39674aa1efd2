"""
Recado from Python: sign in, read, act, and hear what changes. One file, no dependencies.

    recado = Recado("https://recado.example", token="rcd_…")
    for change in recado.live([{"id": "inbox", "projection": "chats"}]):
        print(change.event, len(change.rows.get("inbox", {})))

Copy it next to your program, and change what you like: it is an example, too.
"""

import json
import random
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

View = Mapping[str, Any]
"""`{"id", "projection", "params"}`: see the page on the live feed."""
Rows = dict[str, dict[str, Any]]
"""Rows by view and key."""

QUIET_TOO_LONG = 45.0
"""Seconds; the service gives a sign of life every 15."""
PATIENCE = 60.0
"""Seconds for which an act without an answer is asked for again."""
_PASSING = frozenset({0, 502, 503, 504})


class Refused(Exception):
    """The service said no, or nothing (status 0). `code` is stable, `facts` is all it said."""

    def __init__(self, status: int, facts: Mapping[str, Any], retry_after: float = 0.0) -> None:
        super().__init__(f"{status} {facts.get('code')}: {facts.get('title', '')}")
        self.status = status
        self.code = str(facts.get("code"))
        self.facts = facts
        self.retry_after = retry_after


class Recado:
    """One installation, as one operator or one token sees it."""

    def __init__(self, url: str, token: str | None = None, language: str = "en") -> None:
        self._url = url.rstrip("/")
        self._headers = {"Accept-Language": language}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))

    def sign_in(self, email: str, password: str) -> Any:
        """Open a session, which the client keeps; return who one is."""
        return self._ask("POST", "/v1/session", {"email": email, "password": password}, {})

    def get(self, path: str, **params: Any) -> Any:
        """Read; parameters that are None are left out."""
        given = urlencode({name: value for name, value in params.items() if value is not None})
        return self._ask("GET", f"{path}?{given}" if given else path, None, {})

    def act(
        self, path: str, body: Any = None, *, method: str = "POST", if_match: int | None = None
    ) -> Any:
        """
        Do something once, however often it must be asked for until there is an answer.

        With `if_match`, only if the chat is still at that version; else `Refused` has the code
        `chat_moved_on` and tells what is new.
        """
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        give_up, pause = time.monotonic() + PATIENCE, 0.25
        while True:
            try:
                return self._ask(method, path, body, headers)
            except Refused as refused:
                wait = refused.retry_after or pause
                if refused.status not in _PASSING or time.monotonic() + wait > give_up:
                    raise
            time.sleep(wait * random.uniform(0.75, 1.25))  # noqa: S311  (no secret)
            pause = min(2 * pause, 4.0)

    def send(self, chat_id: str, text: str, *, if_match: int | None = None) -> Any:
        """Answer a client; return `{position, version, seq}`."""
        path = f"/v1/chats/{quote(chat_id)}/messages"
        return self.act(path, {"text": text}, if_match=if_match)

    def pull(self, chat_id: str) -> Any:
        """Take a chat."""
        return self.act(f"/v1/chats/{quote(chat_id)}/assign", {"operator": "me"})

    def live(self, views: Sequence[View]) -> "Live":
        """Return a subscription to iterate over."""
        return Live(self, views)

    def opened(self, path: str, headers: Mapping[str, str]) -> IO[bytes]:
        """Return an answer that does not end by itself; raise `Refused`."""
        return self._open("GET", path, None, headers, QUIET_TOO_LONG)

    def ask(self, method: str, path: str, body: Any) -> Any:
        """Ask once; what is asked again is done again."""
        return self._ask(method, path, body, {})

    def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        with closing(self._open(method, path, body, headers, 30.0)) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def _open(
        self, method: str, path: str, body: Any, headers: Mapping[str, str], timeout: float
    ) -> IO[bytes]:
        sent = None if body is None else json.dumps(body).encode()
        kind = {} if sent is None else {"Content-Type": "application/json"}
        all_headers = {**self._headers, **kind, **headers}
        request = Request(self._url + path, sent, all_headers, method=method)  # noqa: S310  (the user's own address)
        try:
            answer: IO[bytes] = self._opener.open(request, timeout=timeout)
        except HTTPError as error:
            with error:
                wait = error.headers.get("Retry-After") or "0"
                raise Refused(error.code, _facts(error.read()), float(wait)) from None
        except (OSError, HTTPException) as error:
            raise Refused(0, {"code": "unreachable", "title": str(error)}) from None
        return answer


@dataclass(frozen=True, slots=True)
class Change:
    """One event of the feed, and the rows of all views after it."""

    event: str
    """`snapshot`, `delta`, `up_to_date`, `must_refetch`, `ephemeral` or `bye`."""
    data: Mapping[str, Any]
    rows: Rows


class Live:
    """
    Changes without end: iterate over it. It reconnects and resumes by itself.

    `rows` may be looked at between two changes; they are whole after an `up_to_date`.
    """

    def __init__(self, recado: Recado, views: Sequence[View]) -> None:
        self.rows: Rows = {}
        self.place: str | None = None
        """Where to go on from: keep it with your rows to go on after a restart of your own."""
        self._recado = recado
        self._views = list(views)
        self._revs: dict[str, dict[str, int]] = {}
        self._id: str | None = None
        """The subscription that is listened to."""
        self._before: str | None = None
        """The one that `place` was reached with."""
        self._pause = 0.0
        self._is_stopped = False

    def change(self, views: Sequence[View]) -> None:
        """Look at other views from the next change on; those that stay are not sent again."""
        self._views = list(views)
        self._id = None

    def stop(self) -> None:
        """End the iteration with the next sign of life."""
        self._is_stopped = True

    def __iter__(self) -> Iterator[Change]:
        while not self._is_stopped:
            try:
                yield from self._listen()
            except Refused as refused:
                if refused.status not in _PASSING:
                    raise
            except (OSError, HTTPException):
                # Cut off, or silent for too long.
                pass
            time.sleep(self._pause * random.uniform(0.5, 1.5))  # noqa: S311  (no secret)
            self._pause = min(max(2 * self._pause, 0.25), 10.0)

    def _listen(self) -> Iterator[Change]:
        if self._id is None:
            wanted = {"views": self._views}
            self._id = str(self._recado.ask("POST", "/v1/subscriptions", wanted)["id"])
            self._forget()
        listened, path = self._id, f"/v1/subscriptions/{self._id}/stream"
        if self.place is not None:
            path += "?" + urlencode({"from": self.place, "after": self._before or self._id})
        with closing(self._recado.opened(path, {"Accept": "text/event-stream"})) as answer:
            fields: dict[str, str] = {}
            # A change of views or a stop may come with every line.
            while self._id == listened and not self._is_stopped and (raw := answer.readline()):
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif "event" in fields:
                    yield self._taken(fields.pop("event"), fields)
                    fields = {}

    def _taken(self, event: str, fields: Mapping[str, str]) -> Change:
        data = json.loads(fields["data"])
        self._pause = 0.0
        match event:
            case "snapshot":
                items = {_key(item): item for item in data["items"]}
                self.rows[data["view"]] = items
                self._revs[data["view"]] = {k: i.get("position", 0) for k, i in items.items()}
            case "delta":
                for op in data["ops"]:
                    self._apply(self.rows[data["view"]], self._revs[data["view"]], op)
            case "must_refetch":
                self.rows.pop(data["view"], None)
        if "id" in fields:
            self.place, self._before = fields["id"], self._id
        return Change(event, data, self.rows)

    def _apply(self, rows: dict[str, Any], revs: dict[str, int], op: Mapping[str, Any]) -> None:
        if revs.get(op["key"], 0) > op["rev"]:
            return
        revs[op["key"]] = op["rev"]
        if op["op"] == "upsert":
            rows[op["key"]] = op["value"]
        else:
            rows.pop(op["key"], None)

    def _forget(self) -> None:
        """Drop the rows of views that are looked at no more."""
        names = {view["id"] for view in self._views}
        self.rows = {name: rows for name, rows in self.rows.items() if name in names}


def _key(item: Mapping[str, Any]) -> str:
    return f"{item['seq']}" if "seq" in item else str(item.get("id", "counts"))


def _facts(text: bytes) -> Mapping[str, Any]:
    try:
        facts = json.loads(text)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}
