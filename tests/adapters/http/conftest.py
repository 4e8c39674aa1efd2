"""One installation for a test: log, views, desk, and the application over them."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.audit import tree
from adapters.channels.accounts import ConnectedChannels
from adapters.http.app import Recado, create_app
from adapters.http.parts import AppParts
from adapters.http.passwords import hash_password
from adapters.http.sessions import Sessions
from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres import keyframes, looks
from adapters.storage.postgres import recorder as log_tables
from adapters.storage.postgres import views as view_tables
from adapters.storage.postgres.projector import Projector
from adapters.storage.postgres.queries import Queries
from adapters.storage.postgres.recorder import LogRecorder
from domain.access import Scope
from domain.acts import Ask
from domain.channel import ConnectChannel
from domain.group import CreateGroup, GroupSettings
from domain.operator import ChangeOperator, CreateOperator
from domain.values import GroupId, Meta, OperatorId, Role, stream_of
from projections.filters import ChatFilter

META = Meta("cli", "apply")
EVERYTHING = Scope(OperatorId(""), Role.ADMINISTRATOR)
TELEGRAM_SECRET = "tg-secret"
APP_SECRET = "app-secret"
PHONE = "106540352242922"
PASSWORD = "correct horse battery"
CHANNELS = {
    "tg": ("telegram", {"bot_token": "42:test", "secret_token": TELEGRAM_SECRET}),
    "tgf": ("telegram", {"bot_token": "43:test", "secret_token": TELEGRAM_SECRET}),
    "wa": (
        "whatsapp",
        {
            "phone_number_id": PHONE,
            "app_secret": APP_SECRET,
            "verify_token": "vt",
            "access_token": "at",
        },
    ),
}


@dataclass
class Installation:
    url: str
    pool: AsyncConnectionPool[AsyncConnection[TupleRow]]
    desk: LogDesk
    queries: Queries
    mapper: EventMapper
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    def parts(self, **others: Any) -> AppParts:
        return AppParts(
            desk=self.desk,
            queries=self.queries,
            pool=self.pool,
            mapper=self.mapper,
            channels=ConnectedChannels(self.pool),
            **others,
        )

    async def ask(self, stream: str, command: Any) -> None:
        kind, _, id_ = stream.partition("-")
        await self.desk.submit(Ask(stream=stream_of(kind, id_), command=command, meta=META))

    async def group(self, name: str, **settings: Any) -> str:
        id_ = self.ids[name] = self.desk.naming.derive("group", name)
        command = CreateGroup(name=name, settings=GroupSettings(**settings))
        await self.ask(f"group-{id_}", command)
        return id_

    async def operator(self, name: str, role: Role = Role.OPERATOR, *groups: str) -> str:
        email = f"{name}@ipe.test"
        id_ = self.ids[name] = self.desk.naming.derive("operator", email)
        skills = {GroupId(self.ids[group]): 50 for group in groups}
        command = CreateOperator(email=email, name=name.title(), role=role, skills=skills)
        await self.ask(f"operator-{id_}", command)
        self.tokens[name] = (await Sessions(self.pool).issue(id_)).secret
        return id_

    async def move(self, name: str, *groups: str, **others: Any) -> None:
        """Make an operator a member of these groups and of no other."""
        skills = {GroupId(self.ids[group]): 50 for group in groups}
        await self.ask(f"operator-{self.ids[name]}", ChangeOperator(skills=skills, **others))

    async def password(self, name: str) -> None:
        async with self.pool.connection() as connection:
            await connection.execute(
                "INSERT INTO recado_credentials VALUES (%s, %s)",
                (self.ids[name], hash_password(PASSWORD)),
            )

    async def channel(self, name: str, group: str | None = None) -> str:
        kind, config = CHANNELS[name]
        id_ = self.ids[name] = self.desk.naming.derive("channel", name)
        command = ConnectChannel(
            name=name,
            channel=kind,
            group_id=GroupId(self.ids[group]) if group else None,
            fingerprint="f",
        )
        await self.ask(f"channel-{id_}", command)
        async with self.pool.connection() as connection:
            await connection.execute(
                "INSERT INTO recado_channel_secrets VALUES (%s, %s, %s, %s)",
                (id_, name, kind, json.dumps(config)),
            )
        return id_

    async def events(self) -> int:
        async with self.pool.connection() as connection:
            row = await (await connection.execute("SELECT position FROM recado_head")).fetchone()
        assert row is not None
        return int(row[0])


@dataclass
class Caller:
    """Somebody who calls the application, with or without a token."""

    http: httpx.AsyncClient
    installation: Installation

    async def call(
        self, method: str, path: str, who: str | None = None, **how: Any
    ) -> httpx.Response:
        headers = dict(how.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.installation.tokens[who]}"
        return await self.http.request(method, path, headers=headers, **how)

    async def get(self, path: str, who: str | None = None, **how: Any) -> httpx.Response:
        return await self.call("GET", path, who, **how)

    async def post(
        self, path: str, who: str | None = None, body: Any = None, **how: Any
    ) -> httpx.Response:
        return await self.call("POST", path, who, json=body, **how)

    async def telegram(self, chat: int, text: str, **how: Any) -> httpx.Response:
        headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM_SECRET} | how.pop("headers", {})
        body = update(chat, text, how.pop("message_id", next(self.installation.numbers)))
        return await self.post("/channels/tg/webhook", None, body, headers=headers)

    async def whatsapp(
        self, raw: bytes, secret: str = APP_SECRET, **headers: str
    ) -> httpx.Response:
        signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        sent = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={signature}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return await self.call("POST", "/channels/wa/webhook", content=raw, headers=sent)

    async def seen(self) -> None:
        """Return when the views hold all that was recorded."""
        await self.installation.queries.wait_for(await self.installation.events(), 10)

    async def chats(self, who: str, section: str = "all", **params: str) -> list[dict[str, Any]]:
        await self.seen()
        got = await self.get("/v1/chats", who, params={"section": section, "limit": 200, **params})
        assert got.status_code == 200, got.text
        items: list[dict[str, Any]] = got.json()["items"]
        return items

    async def new_chat(self, client: int = 1, text: str = "oi") -> str:
        """Return the id of the chat that a client's message opened."""
        assert (await self.telegram(client, text)).status_code == 200
        await self.seen()
        page = await self.installation.queries.chats(EVERYTHING, ChatFilter())
        found: str = next(c["id"] for c in page.items if c["client"]["name"] == f"C{client}")
        return found


def update(chat: int, text: str, message_id: int) -> dict[str, Any]:
    who = {"id": chat, "first_name": f"C{chat}"}
    return {
        "update_id": message_id,
        "message": {
            "message_id": message_id,
            "date": int(time.time()),
            "chat": {**who, "type": "private"},
            "from": {**who, "is_bot": False},
            "text": text,
        },
    }


@asynccontextmanager
async def calling(app: Recado, installation: Installation) -> AsyncIterator[Caller]:
    transport = httpx.ASGITransport(app)
    async with (
        app.running(),
        httpx.AsyncClient(transport=transport, base_url="http://recado.test") as http,
    ):
        yield Caller(http, installation)


@asynccontextmanager
async def installed(fresh_database: str) -> AsyncIterator[Installation]:
    """Sales and Finance; Ana and Bia of Sales, Caio of Finance, an administrator, an auditor."""
    log_tables.migrate(fresh_database)
    keyframes.migrate(fresh_database)
    looks.migrate(fresh_database)
    tree.migrate(fresh_database)
    view_tables.migrate(fresh_database)
    mapper = EventMapper()
    recorder = LogRecorder.connect(fresh_database)
    desk = LogDesk(recorder, mapper)
    pool: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool(
        fresh_database, min_size=1, max_size=6, open=False, kwargs={"autocommit": True}
    )
    await pool.open()
    stop = asyncio.Event()
    projecting = asyncio.create_task(Projector(fresh_database, mapper).run(stop))
    one = Installation(fresh_database, pool, desk, Queries(pool), mapper)
    try:
        await one.group("Sales")
        await one.group("Finance")
        await one.operator("ana", Role.OPERATOR, "Sales")
        await one.operator("bia", Role.OPERATOR, "Sales")
        await one.operator("caio", Role.OPERATOR, "Finance")
        await one.operator("sara", Role.SUPERVISOR, "Finance")
        await one.operator("admin", Role.ADMINISTRATOR)
        await one.operator("ada", Role.AUDITOR)
        await one.channel("tg", "Sales")
        await one.channel("wa", "Sales")
        yield one
    finally:
        stop.set()
        await projecting
        await pool.close()
        desk.close()
        recorder.close()


@pytest.fixture
async def installation(fresh_database: str) -> AsyncIterator[Installation]:
    async with installed(fresh_database) as one:
        yield one


@pytest.fixture
async def caller(installation: Installation) -> AsyncIterator[Caller]:
    async with calling(create_app(installation.parts()), installation) as one:
        yield one
