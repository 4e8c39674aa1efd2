"""A small reader of the live feed, as suspicious as a user interface should be."""

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from tests.scenarios.people import Person

KEYS = {"chats": "id", "messages": "seq", "operators": "id"}


class Subscriber:
    """
    Holds the rows of some views as the feed tells of them; `faults` says what it did wrong.

    It may listen many times: each time it goes on where it was.
    """

    def __init__(self, person: Person, views: Sequence[dict[str, Any]]) -> None:
        self.rows: dict[str, dict[str, dict[str, Any]]] = {}
        self.faults: list[str] = []
        self.events: list[str] = []
        """Names of all events heard so far."""
        self._projections = {view["id"]: view["projection"] for view in views}
        self._person = person
        self._places: dict[str, int] = {}
        self._dropped = set(self._projections)
        self._last: str | None = None
        self._stop = threading.Event()
        answer = person.do("POST", "/v1/subscriptions", {"views": list(views)})
        self._path = f"/v1/subscriptions/{answer['id']}/stream"

    @contextmanager
    def listening(self, address: str) -> Iterator[None]:
        """Listen at an address while the block lasts, coming back whenever it is cut off."""
        self._stop.clear()
        self._socket: socket.socket | None = None
        thread = threading.Thread(target=self._listen, args=(address,))
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            if self._socket is not None:
                self._cut(self._socket)
            thread.join(30)

    def _cut(self, connection: socket.socket) -> None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _listen(self, address: str) -> None:
        while not self._stop.is_set():
            try:
                self._hear(address)
            except httpx.HTTPError:
                self._stop.wait(0.1)

    def _hear(self, address: str) -> None:
        headers = dict(self._person.headers)
        if self._last is not None:
            headers["Last-Event-ID"] = self._last
        timeout = httpx.Timeout(10, read=30)
        with httpx.stream(
            "GET", address + self._path, headers=headers, timeout=timeout, trust_env=False
        ) as answer:
            if answer.status_code != 200:
                if answer.status_code < 500:
                    self.faults.append(f"the stream answered {answer.status_code}")
                self._stop.wait(0.2)
                return
            self._socket = answer.extensions["network_stream"].get_extra_info("socket")
            event: dict[str, str] = {}
            for line in answer.iter_lines():
                if self._stop.is_set():
                    return
                if line:
                    field, _, value = line.partition(":")
                    event[field] = value.strip()
                elif "event" in event:
                    self._take(event["event"], json.loads(event.get("data", "{}")))
                    # A place counts once all that comes with it has been taken.
                    self._last = event.get("id", self._last)
                    event = {}
                else:
                    event = {}

    def _take(self, name: str, body: dict[str, Any]) -> None:
        self.events.append(name)
        match name:
            case "snapshot":
                self._snapshot(body)
            case "delta":
                self._delta(body)
            case "must_refetch":
                self._dropped.add(body["view"])
            case "up_to_date":
                for view in self._places:
                    self._places[view] = max(self._places[view], body["position"])
            case _:
                pass

    def _snapshot(self, body: dict[str, Any]) -> None:
        view = body["view"]
        if view not in self._dropped:
            self.faults.append(f"{view}: a snapshot that nobody asked for")
        self._dropped.discard(view)
        key = KEYS.get(self._projections[view])
        items = {f"{item[key]}" if key else "counts": item for item in body["items"]}
        if len(items) != len(body["items"]):
            self.faults.append(f"{view}: a row twice in a snapshot")
        self.rows[view] = items
        self._places[view] = body["position"]

    def _delta(self, body: dict[str, Any]) -> None:
        view, rows = body["view"], self.rows[body["view"]]
        if view in self._dropped:
            self.faults.append(f"{view}: a delta to what was dropped")
        if body["prev"] > self._places[view]:
            self.faults.append(f"{view}: nothing between {self._places[view]} and {body['prev']}")
        for op in body["ops"]:
            key = op["key"]
            known = rows.get(key)
            if op["op"] == "remove":
                rows.pop(key, None)
                if known is None:
                    self.faults.append(f"{view}: {key} was removed and was not there")
                continue
            if known == op["value"]:
                self.faults.append(f"{view}: {key} was told twice")
            if known is not None and known["position"] > op["rev"]:
                self.faults.append(f"{view}: {key} went back to {op['rev']}")
            rows[key] = op["value"]
        self._places[view] = max(self._places[view], body["position"])
