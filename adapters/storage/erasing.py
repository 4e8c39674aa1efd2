"""
Erases clients: looks up what is theirs, hands in the act, and sees to it that all of it is gone.

The act itself destroys the key and clears the tables beside the log. The views follow the
log, and files are removed afterwards from a list that a crash does not lose: whoever begins
again goes on where it was left.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.log import STREAM
from adapters.storage.sealing.vault import learn_soon
from domain.client.erasure import EraseAgain, EraseClient
from domain.client.state import Client, evolve
from domain.errors import NotFound, RecadoError
from domain.ports import Desk
from domain.values import ChatId, ClientId, Meta, stream_of

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

VIEWS_FOLLOW_WITHIN: Final = 30.0
"""Seconds that are waited for the views to be clean."""
VIEWS_LAG_AT_MOST: Final = 2.0
"""Seconds that are waited for views to tell what there is."""
MOST_MENTIONS: Final = 50
_SHORTEST_NAME: Final = 5

# The views may lag: what they do not know yet is looked up in the log itself.
_CHATS: Final = """
SELECT chat_id FROM recado_views.inbox WHERE client_id = ANY(%(clients)s)
UNION
SELECT substr(originator_id, 6) FROM recado_events
WHERE notification_id > (SELECT position FROM recado_views.checkpoints WHERE name = 'views')
    AND topic = 'chat-opened.v1'
    AND substring(encode(state, 'escape') FROM '"client_id":"([^"]+)"') = ANY(%(clients)s)
"""
_SAID: Final = """
SELECT count(*), count(*) FILTER (WHERE closed_at IS NULL), coalesce(sum(last_seq), 0)
FROM recado_views.inbox WHERE chat_id = ANY(%s)
"""
_FILES: Final = """
SELECT count(DISTINCT h.sha256), count(DISTINCT h.sha256) FILTER (WHERE EXISTS (
    SELECT 1 FROM recado_held_files AS o WHERE o.sha256 = h.sha256 AND o.chat_id <> ALL(%(chats)s)
)) FROM recado_held_files AS h WHERE h.chat_id = ANY(%(chats)s)
"""
_MENTIONS: Final = """
SELECT chat_id, seq FROM recado_views.messages
WHERE chat_id <> ALL(%(chats)s) AND text ILIKE ANY(%(words)s) ORDER BY at DESC LIMIT %(most)s
"""
_LEAD_TO: Final = "DELETE FROM recado_keys WHERE stream = %s"
_REACHED: Final = "SELECT position FROM recado_views.checkpoints WHERE name = 'views'"
_UNNEEDED: Final = """
SELECT u.sha256, f.thumbnail, EXISTS (SELECT 1 FROM recado_held_files WHERE sha256 = u.sha256)
    OR EXISTS (SELECT 1 FROM recado_views.templates WHERE position(u.sha256 IN files::text) > 0)
FROM recado_unneeded_files AS u LEFT JOIN recado_files AS f USING (sha256)
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure would do. It holds no personal data but for whom it is about."""

    client_id: ClientId
    records: int
    """His, and those that are merged into it."""
    fields: int
    """Names, identities, facts and tags of all of them."""
    chats: int
    open_chats: int
    messages: int
    files: int
    shared_files: int
    """Of these, those that stay because another client's chat holds them, too."""
    held: str | None
    """Why he must not be erased."""
    mentions: tuple[tuple[str, int], ...]
    """Messages in chats of others that name him: chat and seq. They belong to the others."""

    def as_json(self) -> dict[str, Any]:
        """Return it as HTTP and the command line tell it."""
        return {
            "client": self.client_id,
            "records": self.records,
            "fields": self.fields,
            "chats": self.chats,
            "open_chats": self.open_chats,
            "messages": self.messages,
            "files": self.files,
            "shared_files": self.shared_files,
            "held": self.held,
            "mentions": [{"chat": chat, "seq": seq} for chat, seq in self.mentions],
        }


class Erasing:
    """The erasure of clients over one database and one store of files."""

    def __init__(
        self, pool: Pool, desk: Desk, mapper: EventMapper, store: AttachmentStore | None
    ) -> None:
        self._pool: Final = pool
        self._desk: Final = desk
        self._mapper: Final = mapper
        self._store: Final = store

    async def plan(self, client_id: ClientId) -> Plan:
        """Return what erasing a client would do; raise `NotFound`."""
        with suppress(ViewsDoNotFollow):
            await self._views_follow(await self._head(), VIEWS_LAG_AT_MOST)
        people = await self._people(client_id)
        chats = await self._chats([one.id for one in people])
        async with self._pool.connection() as connection:
            _, open_chats, messages = await _row(connection, _SAID, (chats,))
            files, shared = await _row(connection, _FILES, {"chats": chats})
            asked = {"chats": chats, "words": _words(people), "most": MOST_MENTIONS}
            rows = await connection.execute(_MENTIONS, asked)
            mentions = tuple([(chat, seq) async for chat, seq in rows])
        return Plan(
            client_id=client_id,
            records=len(people),
            fields=sum(_fields(one) for one in people),
            chats=len(chats),
            open_chats=open_chats,
            messages=messages,
            files=files,
            shared_files=shared,
            held=next((one.held for one in people if one.held is not None), None),
            mentions=mentions,
        )

    async def erase(self, client_id: ClientId, meta: Meta, basis: str = "request") -> Plan:
        """
        Erase a client, and return what was his.

        When it returns, views and files are clean, too. Raises `NotFound`, `ClientIsMerged`
        and `ClientIsHeld`; `ViewsDoNotFollow` where nobody brings the views up to date: they
        are cleaned as soon as somebody does.
        """
        plan = await self.plan(client_id)
        position = 0
        while True:
            parts = [one.id for one in await self._people(client_id)]
            chats = [ChatId(id_) for id_ in await self._chats(parts)]
            act = EraseClient(
                client_id=client_id,
                parts=tuple(parts[1:]),
                chats=tuple(chats),
                basis=basis,
                meta=meta,
            )
            receipt = await self._desk.submit(act)
            if not receipt.added:
                break
            position = receipt.position
        await self.settle(position)
        return plan

    async def expire(self, client_id: ClientId, meta: Meta) -> int:
        """
        Erase a client by policy, unless one of his chats goes on; return the last position, 0
        where he stays.

        Raises `NotFound`, `ClientIsMerged` and `ClientIsHeld`. `settle` is for the end of many.
        """
        people = [one.id for one in await self._people(client_id)]
        act = EraseClient(
            client_id=client_id,
            parts=tuple(people[1:]),
            chats=tuple(ChatId(id_) for id_ in await self._chats(people)),
            basis="retention",
            only_over=True,
            meta=meta,
        )
        receipt = await self._desk.submit(act)
        return receipt.position if receipt.added else 0

    async def settle(self, position: int) -> None:
        """Wait until the views are clean, and remove files; raise `ViewsDoNotFollow`."""
        await self._views_follow(position)
        await self.remove_files()

    async def erase_again(self, client_id: ClientId, meta: Meta) -> int:
        """
        Erase somebody whom an older copy of the log brought back; return the last position.

        The views are not waited for, and files not removed: `remove_files` does that.
        """
        # His identities may be unreadable by now, so that what leads to him goes by its stream.
        async with self._pool.connection() as connection:
            await connection.execute(_LEAD_TO, (stream_of("client", client_id),))
        position = 0
        while True:
            chats = tuple(ChatId(id_) for id_ in await self._chats([client_id]))
            act = EraseAgain(client_id=client_id, chats=chats, meta=meta)
            receipt = await self._desk.submit(act)
            if not receipt.added:
                return position
            position = receipt.position

    async def remove_files(self) -> int:
        """Remove the files that only erased chats held; return how many."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_UNNEEDED)).fetchall()
        removed = 0
        for sha256, thumbnail, is_needed in rows:
            if not is_needed:
                if self._store is None:
                    continue
                await self._remove(sha256, thumbnail)
                removed += 1
            async with self._pool.connection() as connection:
                await connection.execute(
                    "DELETE FROM recado_unneeded_files WHERE sha256 = %s", (sha256,)
                )
        return removed

    async def _remove(self, sha256: str, thumbnail: str | None) -> None:
        assert self._store is not None
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("DELETE FROM recado_uploads WHERE sha256 = %s", (sha256,))
            await connection.execute("DELETE FROM recado_files WHERE sha256 = %s", (sha256,))
        for address in filter(None, (sha256, thumbnail)):
            await self._store.remove(address)

    async def _people(self, client_id: ClientId) -> list[Client]:
        """Return a client as the log knows him, and those who are merged into him."""
        client = await self._client(client_id)
        if not client.exists:
            raise NotFound("client", client_id)
        return [client, *[await self._client(id_) for id_ in sorted(client.took_in)]]

    async def _client(self, client_id: ClientId) -> Client:
        stream, client = stream_of("client", client_id), Client(client_id)
        mapper = self._mapper.fresh()
        async with self._pool.connection() as connection:
            cursor = await connection.cursor(binary=True).execute(STREAM, (stream,))
            rows = await cursor.fetchall()
            await learn_soon(connection, mapper.ring, rows)
        for row in rows:
            client = evolve(client, mapper.decode(*row).event)  # type: ignore[arg-type]  # a stream holds its own kind's events
        return client

    async def _chats(self, clients: Sequence[str]) -> list[str]:
        async with self._pool.connection() as connection:
            rows = await connection.execute(_CHATS, {"clients": list(clients)})
            return sorted([row[0] async for row in rows])

    async def _head(self) -> int:
        async with self._pool.connection() as connection:
            row = await _row(connection, "SELECT position FROM recado_head", ())
        return int(row[0])

    async def _views_follow(self, position: int, within: float = VIEWS_FOLLOW_WITHIN) -> None:
        for _ in range(int(within / 0.05)):
            async with self._pool.connection() as connection:
                if (await _row(connection, _REACHED, ()))[0] >= position:
                    return
            await asyncio.sleep(0.05)
        raise ViewsDoNotFollow(position)


class ViewsDoNotFollow(RecadoError):
    """The client is erased, and the views still hold him: no projector is at work."""

    def __init__(self, position: int) -> None:
        super().__init__(
            f"the client is erased, and the views have not reached position {position} yet:"
            " start `recado project`, or everything with `recado up`; they are cleaned then"
        )
        self.position = position


async def _row(
    connection: AsyncConnection[TupleRow], statement: str, values: Any
) -> tuple[Any, ...]:
    row = await (await connection.execute(statement.encode(), values)).fetchone()
    assert row is not None
    return row


def _fields(client: Client) -> int:
    names = (client.given_name, client.channel_name)
    named = sum(name is not None for name in names)
    return named + len(client.identities) + len(client.facts) + len(client.tags)


def _words(people: Sequence[Client]) -> list[str]:
    """Return patterns of what names him for sure: whole names, numbers and addresses."""
    names = [name for one in people for name in (one.given_name, one.channel_name) if name]
    told = [name for name in names if len(name) >= _SHORTEST_NAME]
    told += [identity.value for one in people for identity in one.identities]
    told += [fact.value for one in people for fact in one.facts.values() if fact.value]
    escaped = (word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in told)
    return [f"%{word}%" for word in escaped if len(word) >= _SHORTEST_NAME]
