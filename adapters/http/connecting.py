"""
Connecting channel accounts over HTTP, by the configuration that each kind's adapter takes.

The log holds that an account was connected or configured anew, and a fingerprint of how;
the configuration itself, secrets and all, stays beside it, and secrets are never shown.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from psycopg.rows import tuple_row
from pydantic import Field

from adapters.channels.base import ChannelError, ConfigRefused, UnknownChannelKind
from adapters.channels.configuring import (
    Config,
    Named,
    SameAccountTwice,
    canonical,
    fingerprint_of,
    merged,
    refuse_twins,
    secrets_in,
    shown,
)
from adapters.channels.registry import adapter_for, installed
from adapters.http.answers import Answers, Asked, AskedBy, demand
from adapters.http.bodies import Body, Id
from adapters.http.pages import json
from adapters.http.parts import AppParts, Asking
from adapters.http.problems import Problem
from domain.acts import Ask
from domain.channel import ConnectChannel
from domain.errors import AlreadyExists, NotFound
from domain.values import ChannelAccountId, GroupId, stream_of

Json = dict[str, Any]

_READ: Final = "SELECT account_id, name, kind, config FROM recado_channel_secrets"
_KEEP: Final = """
INSERT INTO recado_channel_secrets (account_id, name, kind, config) VALUES (%s, %s, %s, %s)
ON CONFLICT (account_id) DO UPDATE SET config = excluded.config
"""


class NewChannel(Body):
    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
    """The `{account}` in the path of its webhook."""
    kind: Id
    group: Id | None = None
    config: dict[str, Any]


class ChannelChange(Body):
    """Only what is given changes; in `config`, null takes a value away and leaves a secret."""

    group: Id | None = None
    config: Annotated[dict[str, Any], Field(default_factory=dict)]


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/channels", tags=["records"])
    accounts = _Accounts(parts)

    async def connect(asked: AskedBy, id_: str, group: str | None, named: Named) -> Json:
        """Record that an account is connected so, and keep how."""
        name, kind, config = named
        await accounts.check(id_, named, group)
        stream = stream_of("channel", ChannelAccountId(id_))
        command = ConnectChannel(
            name=name,
            channel=kind,
            group_id=None if group is None else GroupId(group),
            fingerprint=fingerprint_of(config, parts.desk.naming),
        )
        receipt = await answers.submit(Ask(stream=stream, command=command, **asked.how), stream)
        # Asked again after a crash in between, it is kept then.
        await accounts.keep(id_, named)
        return receipt

    @router.post("", status_code=201)
    async def connect_channel(asked: Asked, body: NewChannel) -> Json:
        """Connect an account; the answer tells its `id`."""
        demand(asked.viewer, "administer")
        id_ = parts.desk.naming.derive("channel", body.name)
        known = (await accounts.configured()).get(id_)
        if known is not None and known != (body.name, body.kind, body.config):
            raise AlreadyExists("channel", body.name)
        named = (body.name, body.kind, body.config)
        return {"id": id_, **await connect(asked, id_, body.group, named)}

    @router.get("/{channel_id}/config")
    async def get_config(viewer: Asking, channel_id: str) -> Response:
        """Return how an account is configured, with null for each secret that is there."""
        demand(viewer, "administer")
        _, kind, config = await accounts.one(channel_id)
        return json({"kind": kind, "config": shown(config, secrets_in(installed(), kind))})

    @router.patch("/{channel_id}")
    async def change_channel(asked: Asked, channel_id: str, body: ChannelChange) -> Json:
        """Configure an account anew, or give what comes in on it to another group."""
        demand(asked.viewer, "administer")
        name, kind, config = await accounts.one(channel_id)
        group = body.group if "group" in body.model_fields_set else await accounts.group(channel_id)
        changed = merged(config, body.config, secrets_in(installed(), kind))
        return await connect(asked, channel_id, group, (name, kind, changed))

    return router


class _Accounts:
    """The configurations that are kept, and what must hold of a new one."""

    def __init__(self, parts: AppParts) -> None:
        self._parts: Final = parts

    async def configured(self) -> dict[str, Named]:
        async with self._parts.pool.connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            rows = await (await cursor.execute(_READ)).fetchall()
        return {id_: (name, kind, orjson.loads(config)) for id_, name, kind, config in rows}

    async def one(self, id_: str) -> Named:
        """Return the name, kind and configuration of an account; raise `NotFound`."""
        found = (await self.configured()).get(id_)
        if found is None:
            raise NotFound("channel", id_)
        return found

    async def group(self, id_: str) -> str | None:
        for item in (await self._parts.queries.channels()).items:
            if item["id"] == id_ and item["group"] is not None:
                return str(item["group"]["id"])
        return None

    async def check(self, id_: str, named: Named, group: str | None) -> None:
        """Raise what keeps an account from being connected so."""
        if group is not None:
            groups = {item["id"] for item in (await self._parts.queries.groups()).items}
            if group not in groups:
                raise NotFound("group", group)
        others = [one for key, one in (await self.configured()).items() if key != id_]
        usable = [one for one in others if await run_in_threadpool(_fault, one[1], one[2]) is None]
        if (fault := await run_in_threadpool(_fault, named[1], named[2])) is not None:
            raise fault
        try:
            refuse_twins((*usable, named))
        except SameAccountTwice as error:
            raise Problem(409, "channel_is_connected", channel=error.other) from None

    async def keep(self, id_: str, named: Named) -> None:
        name, kind, config = named
        async with self._parts.pool.connection() as connection:
            await connection.execute(_KEEP, (id_, name, kind, canonical(config)))
        # Known at once to this process, whose next look may be half a second away.
        await self._parts.channels.refresh()


def _fault(kind: str, config: Config) -> Problem | None:
    """Return what is wrong with a configuration, by key and without any value."""
    try:
        adapter_for(kind, config)
    except UnknownChannelKind as error:
        return _wrong({"/body/kind": str(error)})
    except ConfigRefused as error:
        return _wrong({f"/body/config/{_key_in(one)}": one for one in error.problems})
    except ChannelError as error:
        return _wrong({"/body/config": type(error).__name__})
    return None


def _key_in(problem: str) -> str:
    """Return the key that a problem of a configuration names in quotes."""
    return problem.split("'")[1] if problem.count("'") > 1 else ""


def _wrong(found: Mapping[str, str]) -> Problem:
    errors = [{"pointer": pointer.rstrip("/"), "detail": why} for pointer, why in found.items()]
    return Problem(422, "invalid", errors=errors)
