"""Operators as programs that use the HTTP interface."""

from typing import Any

import httpx


class Person:
    """An operator with a token."""

    def __init__(self, http: httpx.Client, address: str, id_: str, token: str) -> None:
        self.id = id_
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}"}
        self._http = http
        self._address = address

    def call(
        self, method: str, path: str, body: Any = None, *, address: str | None = None, **query: Any
    ) -> httpx.Response:
        url = (address or self._address) + path
        return self._http.request(method, url, json=body, params=query, headers=self.headers)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.json()

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer to an act, which must be done."""
        answer = self.call(method, path, body)
        assert answer.is_success, (path, answer.status_code, answer.text[:500])
        return answer.json() if answer.content else None

    def act(self, chat: str, what: str, body: Any = None) -> Any:
        """Return what became of an act on a chat."""
        return self.do("POST", f"/v1/chats/{chat}/{what}", {} if body is None else body)

    def presence(self, status: str) -> int:
        """Come online, go away or offline; return the log's position."""
        position: int = self.do("PUT", "/v1/me/presence", {"status": status})["position"]
        return position

    def chats(self, section: str = "all", **query: Any) -> list[dict[str, Any]]:
        """Return all chats of a list, page by page."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get("/v1/chats", section=section, limit=200, **query, **cursor)
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}

    def mine(self) -> list[dict[str, Any]]:
        """Return the chats that he has."""
        return [chat for chat in self.chats(operator="me") if chat["section"] != "closed"]

    def messages(self, chat: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get(f"/v1/chats/{chat}/messages", limit=200)["items"]
        return items
