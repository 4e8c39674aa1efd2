"""An in-memory source of rows and a subscriber that follows the protocol to the letter."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from adapters.http.feed.source import Changes, Marks, Rows
from domain.access import Scope
from domain.chat.state import Chat
from domain.hours import Patience
from domain.values import ChatId, GroupId, OperatorId
from projections.filter_holds import Facts
from projections.filter_parsing import Catalogue, parse_filter
from projections.filter_tree import Needs, Tree
from projections.filters import ChatFilter, PatienceOf, matches
from projections.items import Item, stamp

PATIENCE = timedelta(minutes=10)


def patience_of(_: str | None) -> Patience:
    return Patience(PATIENCE)


def item(
    id_: str,
    position: int,
    *,
    owner: str | None = None,
    last_owner: str | None = None,
    group: str | None = None,
    late: bool | None = None,
    unread: int = 0,
    closed: bool = False,
) -> Item:
    """Return a chat's item; `late` is None where nothing waits."""
    now = datetime.now(UTC)
    since = None if late is None else now - (2 * PATIENCE if late else timedelta(0))
    section = "closed" if closed else "new" if owner is None else "waiting" if late else "open"
    return {
        "id": id_,
        "version": position,
        "position": position,
        "section": section,
        "unread": unread,
        "waiting_since": stamp(since),
        "waiting_from": stamp(since + PATIENCE) if since else None,
        "operator": {"id": owner, "name": owner} if owner and not closed else None,
        "last_operator": {"id": last_owner, "name": last_owner} if last_owner else None,
        "group": {"id": group, "name": group} if group else None,
        "client": {"id": f"client-{id_}", "name": f"C{id_}"},
        "channel": {"kind": "telegram", "account": "tg", "id": "tg"},
        "last_message": {"text": "oi", "at": stamp(now), "direction": "in", "kind": "text"},
        "tags": [],
        "opened_at": stamp(now),
        "closed_at": stamp(now) if closed else None,
        "last_activity_at": stamp(now),
    }


@dataclass
class MemorySource:
    """Implements `adapters.http.feed.source.Source`, and remembers every past state."""

    head: int = 0
    history: dict[str, list[Item]] = field(default_factory=dict)
    people: dict[str, Scope] = field(default_factory=dict)
    marked: Marks = field(default_factory=Marks)
    said: dict[str, list[Item]] = field(default_factory=dict)
    tabs: dict[str, str] = field(default_factory=dict)

    def put(self, id_: str, **how: Any) -> Item:
        self.head += 1
        made = item(id_, self.head, **how)
        self.history.setdefault(id_, []).append(made)
        return made

    def say(self, chat_id: str, text: str) -> None:
        """Add a message to a chat, which changes the chat, too."""
        self.head += 1
        said = self.said.setdefault(chat_id, [])
        at = stamp(datetime.now(UTC))
        seq = len(said) + 1
        said.append({"seq": seq, "position": self.head, "text": text, "sent_at": at})
        self.history[chat_id].append({**self.history[chat_id][-1], "position": self.head})

    def enrol(self, scope: Scope) -> None:
        self.head += 1
        self.people[scope.operator_id] = scope
        self.marked = Marks(self.head, self.marked.seats, self.marked.rules)

    def as_it_was(self, id_: str, position: int) -> Item | None:
        return next((i for i in reversed(self.history[id_]) if i["position"] <= position), None)

    def now(self) -> list[Item]:
        return [items[-1] for items in self.history.values()]

    async def position(self) -> int:
        return self.head

    async def changes(self, after: int, limit: int) -> Changes:
        changed = sorted((i for i in self.now() if i["position"] > after), key=_position)
        if len(changed) <= limit:
            return Changes(changed, self.head, self.head)
        return Changes(changed[:limit], changed[limit - 1]["position"], self.head)

    async def marks(self) -> Marks:
        return self.marked

    async def patience(self) -> PatienceOf:
        return patience_of

    async def chats(self, scope: Scope, chats: ChatFilter, most: int) -> Rows:
        now = datetime.now(UTC)
        found = [i for i in self.now() if matches(i, chats, scope, now, patience_of)]
        return Rows(found[:most], "more" if len(found) > most else None)

    async def chat(self, scope: Scope, chat_id: str) -> Item | None:
        found = (await self.chats(scope, ChatFilter(), 10**6)).items
        return next((i for i in found if i["id"] == chat_id), None)

    async def messages(self, chat_id: str, most: int) -> Rows:
        return Rows(self.said.get(chat_id, [])[:most])

    async def messages_since(self, chat_id: str, after: int) -> Sequence[Item]:
        return [i for i in self.said.get(chat_id, []) if i["position"] > after]

    async def operators(self) -> Rows:
        return Rows([
            {
                "id": scope.operator_id,
                "version": self.marked.people,
                "position": self.marked.people,
                "role": scope.role.value,
                "active": True,
                "groups": [{"id": group} for group in sorted(scope.groups)],
            }
            for scope in self.people.values()
        ])  # fmt: skip

    async def tree(self, asker: Scope, filter_: str | None, tab: str | None) -> Tree:
        return parse_filter(filter_ or self.tabs[tab or ""], Catalogue("UTC"), asker.operator_id)

    async def trees(self, asker: Scope) -> dict[str, Tree]:
        return {tab: await self.tree(asker, None, tab) for tab in self.tabs}

    async def facts(self, chats: Sequence[str], needs: Needs) -> Mapping[str, Facts]:
        return {}

    async def counts(self, scope: Scope, tabs: Mapping[str, Tree] | None = None) -> Item:
        seen = (await self.chats(scope, ChatFilter(), 10**6)).items
        return {"new": sum(i["section"] == "new" for i in seen), "position": self.head}

    async def stood(self, chat_ids: Iterable[str], since: int) -> Mapping[str, Sequence[Chat]]:
        return {
            id_: [
                *([_chat(then)] if (then := self.as_it_was(id_, since)) else []),
                *(_chat(i) for i in self.history[id_] if i["position"] > since),
            ]
            for id_ in chat_ids
        }


def _position(item: Item) -> int:
    position: int = item["position"]
    return position


def _chat(item: Item) -> Chat:
    def id_of(what: str) -> str | None:
        return item[what]["id"] if item[what] else None

    owner, last, group = id_of("operator"), id_of("last_operator"), id_of("group")
    return Chat(
        ChatId(item["id"]),
        version=1,
        operator_id=OperatorId(owner) if owner else None,
        last_operator=OperatorId(last) if last else None,
        group_id=GroupId(group) if group else None,
        is_open=item["closed_at"] is None,
    )


@dataclass
class Event:
    name: str
    data: Any
    id: str | None


def parse(raw: bytes) -> tuple[list[Event], bytes]:
    """Return the whole events in `raw`, and what is left of it."""
    *blocks, rest = raw.split(b"\n\n")
    events = []
    for block in blocks:
        fields = dict(
            line.split(": ", 1) for line in block.decode().split("\n") if not line.startswith(":")
        )
        if "event" in fields:
            data = orjson.loads(fields["data"])
            events.append(Event(fields["event"], data, fields.get("id")))
    return events, rest


class Follower:
    """What a subscriber must do, and no more; every breach of the protocol is an error."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, tuple[int, Any]]] = {}
        self.positions: dict[str, int] = {}
        self.last_id: str | None = None
        self.up_to: int | None = None
        """The position it was last told to be up to date with; None while it is not."""
        self.heard: list[Event] = []
        self._left = b""

    def take(self, raw: bytes) -> None:
        events, self._left = parse(self._left + raw)
        for event in events:
            self._take(event)

    def cut(self) -> None:
        """The connection broke: half an event is nothing."""
        self._left = b""

    def _take(self, event: Event) -> None:
        self.heard.append(event)
        if event.id is not None:
            self.last_id = event.id
        data = event.data
        match event.name:
            case "snapshot":
                rows = {key_of(i): (i["position"], i) for i in data["items"]}
                assert len(rows) == len(data["items"])
                self.rows[data["view"]] = rows
                self.positions[data["view"]] = data["position"]
            case "delta":
                self._delta(data)
            case "must_refetch":
                self.rows.pop(data["view"], None)
            case "up_to_date":
                self.up_to = data["position"]
                for view in self.positions:
                    self.positions[view] = max(self.positions[view], data["position"])
        if event.name not in {"up_to_date", "bye", "ephemeral"}:
            self.up_to = None

    def _delta(self, data: Any) -> None:
        view = data["view"]
        assert data["prev"] <= self.positions[view], "a change was left out"
        rows = self.rows[view]
        removed_first = [op["op"] for op in data["ops"]]
        assert removed_first == sorted(removed_first), "removals come first"
        for op in data["ops"]:
            known = rows.get(op["key"])
            if known is not None and known[0] > op["rev"]:
                continue
            if op["op"] == "upsert":
                rows[op["key"]] = (op["rev"], op["value"])
            else:
                rows.pop(op["key"], None)
        self.positions[view] = data["position"]


def key_of(item: Item) -> str:
    return f"{item['seq']}" if "seq" in item else item.get("id", "counts")


async def nobody_else(_: bytes) -> None:
    """Tell what passes to other processes, of which there are none."""


async def turns(n: int = 30) -> None:
    """Let every task that can go on do so."""
    for _ in range(n):
        await asyncio.sleep(0)
