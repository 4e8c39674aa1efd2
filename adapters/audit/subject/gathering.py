"""
What is one client's: his records, his chats on all channels, and what was said in them.

Colleagues who wrote to him or of him are not named: that is their data. Comments are told as
the caller rules. What others said of him in their own chats is theirs (one event has one
subject), and is not told.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from adapters.http.history import LARGEST_PAGE, History
from adapters.storage.attachments.names import safe_name
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.queries import Pool, Queries
from domain.access import Scope
from domain.errors import ClientIsErased, NotFound
from domain.values import ERASED, OperatorId, Role, StreamId
from projections.filters import ChatFilter
from projections.items import Item

Json = dict[str, Any]

_EVERYTHING: Final = Scope(OperatorId(""), Role.ADMINISTRATOR)
_PAGE: Final = 200
_NOT_HIS: Final = frozenset({"client-held", "client-hold-ended"})
"""Why he must not be erased may be another's secret; he is told by who decided it."""
_COMMENTS: Final = frozenset({"comment-added", "comment-edited", "chat-transferred"})
_OF_RECORD: Final = (
    *("id", "name", "given_name", "channel_name", "email", "phone", "cpf", "cnpj", "notes"),
    *("tags", "unverified", "identities", "consents"),
)
_OF_MESSAGE: Final = (
    *("seq", "kind", "at", "sent_at", "subject", "text", "parts", "state", "reaction"),
    *("edited_at", "deleted_at", "history"),
)
INTERNAL: Final = frozenset({"comment", "transfer"})
"""Kinds of what colleagues wrote to each other."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A client, with the records that are merged into his."""

    client_id: str
    position: int
    """Of the log, up to which this is true."""
    company: str
    language: str
    zone: str
    records: list[Json]
    chats: list[Json]


class Gathering:
    """Reads what is one client's."""

    def __init__(
        self, pool: Pool, queries: Queries, mapper: EventMapper, *, comments: bool = True
    ) -> None:
        self._queries: Final = queries
        self._history: Final = History(pool, mapper)
        self.comments: Final = comments

    async def subject(self, client_id: str) -> Subject:
        """
        Return whom an id stands for, under the record that he goes on in.

        Raises `NotFound`; `ClientIsErased` where nothing is left to tell.
        """
        position = await self._queries.position()
        item = await self._queries.client(client_id)
        if item is not None and item["merged_into"] is not None:
            item = await self._queries.client(item["merged_into"])
        if item is None:
            raise NotFound("client", client_id)
        if item["given_name"] == ERASED:
            raise ClientIsErased(item["id"])
        names = {one["id"]: one["name"] for one in (await self._queries.fields()).items}
        merged = [await self._queries.client(one["id"]) for one in item["merged"]]
        records = [_record(one, names) for one in (item, *merged) if one is not None]
        settings = await self._queries.settings()
        chats = [chat async for chat in self._chats(item["id"])]
        return Subject(
            client_id=item["id"],
            position=position,
            company=settings["name"],
            language=settings["language"],
            zone=settings["time_zone"],
            records=records,
            chats=sorted(chats, key=lambda chat: (chat["opened_at"], chat["id"])),
        )

    async def messages(self, chat: Json) -> AsyncIterator[Json]:
        """Yield what was said in a chat up to when the subject was looked up, in its order."""
        cursor: str | None = None
        while True:
            page = await self._queries.messages(_EVERYTHING, chat["id"], cursor=cursor, limit=_PAGE)
            if page is None:
                return
            for item in page.items:
                is_told = self.comments or item["kind"] not in INTERNAL
                if is_told and item["seq"] <= chat["last_seq"]:
                    yield _message(item)
            if (cursor := page.next_cursor) is None:
                return

    async def history(self, stream: StreamId) -> AsyncIterator[Json]:
        """Yield what happened to a record or in a chat, and when, without who of us did it."""
        after = 0
        while events := await self._history.of(stream, after, LARGEST_PAGE):
            for event in events:
                what = event["topic"].rpartition(".")[0]
                if what in _NOT_HIS or (what in _COMMENTS and not self.comments):
                    continue
                yield {"at": event["at"], "what": what, **_without_colleagues(event["data"])}
            after = events[-1]["version"]

    async def _chats(self, client_id: str) -> AsyncIterator[Json]:
        cursor: str | None = None
        while True:
            chats = ChatFilter(client=client_id)
            page = await self._queries.chats(_EVERYTHING, chats, cursor=cursor, limit=_PAGE)
            for item in page.items:
                yield _chat(item)
            if (cursor := page.next_cursor) is None:
                return


def file_name(attachment: Json) -> str:
    """Return what a file is called in the archive: by its hash, and readable."""
    shown = safe_name(attachment["name"], attachment["mime"] or "application/octet-stream")
    return f"attachments/{attachment['sha256'][:16]}-{shown}"


def _record(item: Item, names: dict[str, str]) -> Json:
    own = {names.get(key, key): value for key, value in item["fields"].items()}
    record = {key: item.get(key) for key in _OF_RECORD}
    # Identities of merged records are shown with these; here each has its own history.
    return record | {"fields": own, "unverified": [names.get(k, k) for k in item["unverified"]]}


def _chat(item: Item) -> Json:
    return {
        "id": item["id"],
        "channel": item["channel"]["kind"],
        "account": item["channel"]["account"],
        "group": (item["group"] or {}).get("name"),
        "tags": item["tags"],
        "opened_at": item["opened_at"],
        "closed_at": item["closed_at"],
        "last_seq": item["last_seq"],
    }


def _message(item: Item) -> Json:
    told = {key: item[key] for key in _OF_MESSAGE if item[key] not in (None, [], "")}
    files = [
        {
            "name": file["name"],
            "mime": file["mime"],
            "size": file["size"],
            "sha256": file["sha256"],
            "file": None if file["sha256"] is None else file_name(file),
        }
        for file in item["attachments"]
    ]
    return told | {"from": _from(item), "attachments": files}


def _without_colleagues(data: Json) -> Json:
    """Return an event's data without who of the company it names, and how he was chosen."""
    return {
        name: value
        for name, value in data.items()
        if "operator" not in name
        and name != "mentions"
        and not (name == "reason" and isinstance(value, dict))
    }


def _from(item: Item) -> str:
    if item["kind"] in INTERNAL:
        return "colleagues"
    return "client" if item["direction"] == "in" else "company"
