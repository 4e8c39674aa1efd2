"""A company with objects that some see and others do not, for questions of access."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from adapters.http.app import Recado, create_app
from adapters.http.auth import PLAIN_COOKIE
from adapters.http.sessions import Sessions
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.postgres.files import FileRegister
from domain.chat.commands import SendMessage
from domain.content import Media, MediaKind
from domain.operator import ChangeOperator
from domain.values import OperatorId, Role
from projections.filters import ChatFilter
from tests.adapters.http.conftest import (
    EVERYTHING,
    TELEGRAM_SECRET,
    Caller,
    Installation,
    calling,
    update,
)

AT_ONCE: Final = 50
"""Requests under way while the company is made; a slow machine answers no more in time."""
HIDDEN_FROM: Final = frozenset({"caio", "sara"})
"""From whom something is hidden at all: what is Ana's, of Sales."""


class World:
    """
    Caio and his supervisor Sara are of Finance, Ana and Bia of Sales.

    Whoever sees all is given Caio's objects as his own, and nothing is foreign to him.
    """

    def __init__(self, app: Recado, caller: Caller) -> None:
        self.app: Final = app
        self.caller: Final = caller
        self._chats: dict[str, list[tuple[str, str]]] = {"tg": [], "tgf": []}
        self._kept: dict[str, str] = {}
        self._turns: Final = asyncio.Semaphore(AT_ONCE)
        self.sessions: Final = Sessions(caller.installation.pool)

    @property
    def ids(self) -> dict[str, str]:
        return self.caller.installation.ids

    async def open(self, chats: int) -> None:
        """Let clients write to both groups, and give all chats away."""
        finance = [self._write("tgf", 1000 + n) for n in range(chats)]
        await asyncio.gather(self._write("tg", 1), self._write("tg", 2), *finance)
        for id_, client, account in await self._listed():
            self._chats[account].append((id_, client))
        given = [self._give(id_, "ana") for id_, _ in self._chats["tg"]]
        given += [self._give(id_, "caio") for id_, _ in self._chats["tgf"]]
        await asyncio.gather(*given)
        for account, who in (("tg", "ana"), ("tgf", "caio")):
            self._kept[account] = await self._send_file(self._chats[account][0][0], who)
        await self.caller.seen()

    async def in_person(self, method: str, path: str, who: str, **how: Any) -> httpx.Response:
        """Call as somebody who has signed in with a browser."""
        cookie = {"Cookie": f"{PLAIN_COOKIE}={await self.spare_session(who)}"}
        headers = how.pop("headers", {}) | cookie
        return await self.caller.call(method, path, headers=headers, **how)

    async def spare_session(self, who: str) -> str:
        """Return the secret of a new session."""
        # As of any version of his: sessions end here because the matrix ends them.
        return await self.sessions.open(self.ids[who], 10**6)

    async def some_operator(self, who: str) -> str:
        return self.ids["bia"]

    async def own_chat(self, who: str) -> str:
        return self._take()[0]

    async def foreign_chat(self, who: str) -> str | None:
        return self._chats["tg"][0][0] if who in HIDDEN_FROM else None

    async def own_client(self, who: str) -> str:
        return self._take()[1]

    async def foreign_client(self, who: str) -> str | None:
        return self._chats["tg"][0][1] if who in HIDDEN_FROM else None

    async def own_file(self, who: str) -> str:
        return self._kept["tgf"]

    async def foreign_file(self, who: str) -> str | None:
        return self._kept["tg"] if who in HIDDEN_FROM else None

    async def some_group(self, who: str) -> str:
        return self.ids["Finance"]

    async def some_channel(self, who: str) -> str:
        return self.ids["tg"]

    async def some_field(self, who: str) -> str:
        body = {"name": f"Campo {len(self._kept)}", "kind": "text"}
        made = await self.caller.post("/v1/fields", "admin", body)
        id_: str = made.json()["id"]
        self._kept[id_] = id_
        await self.caller.seen()
        return id_

    async def own_upload(self, who: str) -> str:
        """Return one that was begun; whoever cannot begin one is given another's."""
        return await self._upload("caio" if who == "ada" else who)

    async def foreign_upload(self, who: str) -> str | None:
        return await self._upload("bia")

    async def _upload(self, who: str) -> str:
        made = await self.caller.post("/v1/uploads", who, {"name": "a.pdf", "size": 9})
        id_: str = made.json()["id"]
        return id_

    async def some_tag(self, who: str) -> str:
        name = f"tag-{len(self._kept)}"
        self._kept[name] = name
        made = await self.caller.post("/v1/tags", "admin", {"name": name})
        id_: str = made.json()["id"]
        return id_

    async def own_template(self, who: str) -> str:
        """Return a personal template; whoever cannot have one is given everybody's."""
        return await (self._template("admin", "account") if who == "ada" else self._template(who))

    async def foreign_template(self, who: str) -> str | None:
        return await self._template("bia")

    async def _template(self, who: str, shared: str = "personal") -> str:
        code = f"template-{len(self._kept)}"
        body = {"code": code, "title": "Oi", "text": "Oi", "shared": shared}
        made = await self.caller.post("/v1/templates", who, body)
        id_: str = made.json()["id"]
        self._kept[code] = id_
        await self.caller.seen()
        return id_

    async def nothing(self, who: str) -> str | None:
        """Return None: what everybody may know is foreign to nobody."""
        return None

    def _take(self) -> tuple[str, str]:
        assert len(self._chats["tgf"]) > 1, "more chats are needed: see `opened`"
        return self._chats["tgf"].pop()

    async def _write(self, account: str, client: int) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM_SECRET}
        body = update(client, f"oi {client}", client)
        async with self._turns:
            path = f"/channels/{account}/webhook"
            got = await self.caller.post(path, None, body, headers=headers)
        assert got.status_code == 200, got.text

    async def _listed(self) -> list[tuple[str, str, str]]:
        await self.caller.seen()
        queries, cursor, found = self.caller.installation.queries, None, []
        while True:
            page = await queries.chats(EVERYTHING, ChatFilter(), cursor=cursor, limit=200)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return [(i["id"], i["client"]["id"], i["channel"]["account"]) for i in found]

    async def _give(self, chat: str, who: str) -> None:
        body = {"operator": self.ids[who]}
        async with self._turns:
            got = await self.caller.post(f"/v1/chats/{chat}/assign", "admin", body)
        assert got.status_code == 200, got.text

    async def _send_file(self, chat: str, who: str) -> str:
        content = f"%PDF-1.7\n{who}".encode()
        made = await self.caller.call("POST", "/v1/attachments", who, content=content)
        address: str = made.json()["sha256"]
        part = Media(media=MediaKind.DOCUMENT, sha256=address, name=f"{who}.pdf")
        command = SendMessage(
            message_id=address, operator_id=OperatorId(self.ids[who]), parts=(part,)
        )
        await self.caller.installation.ask(f"chat-{chat}", command)
        return address


@asynccontextmanager
async def opened(installation: Installation, folder: Path, chats: int) -> AsyncIterator[World]:
    """Yield the company with so many chats that somebody may call his own."""
    one = installation
    await one.operator("chef", Role.SUPERVISOR)
    for name in ("ana", "caio"):
        await one.ask(f"operator-{one.ids[name]}", ChangeOperator(capacity=10_000))
    await one.channel("tgf", "Finance")
    store = AttachmentStore.open(f"{folder / 'attachments'}")
    attachments = Attachments(store, FileRegister(one.pool), 100_000)
    app = create_app(one.parts(attachments=attachments))
    async with calling(app, one) as caller:
        world = World(app, caller)
        await world.open(chats)
        yield world
