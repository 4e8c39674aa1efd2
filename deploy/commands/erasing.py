"""Commands for the data protection officer: erase a client, forbid it for a time, change keys."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import psycopg
import typer
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.erasing import Erasing, Plan
from adapters.storage.retaining import Idle, Retaining
from adapters.storage.sealing import rotating
from adapters.storage.sealing.masters import NoMasterKey
from adapters.storage.sealing.opening import UNSEALED
from deploy.attachments import AttachmentsPlace
from deploy.commands.options import Config, Data, Json, show_json
from deploy.installation import Installation, opened, reach, settings_with
from domain.acts import Ask
from domain.client.commands import EndHold, HoldClient
from domain.values import ClientId, Meta, stream_of
from projections.items import stamp

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT", help="A client's id.")]
META = Meta("cli", "cli")


def register(app: typer.Typer) -> None:
    """Add these commands to `recado audit`."""
    app.command()(erase)
    app.command()(hold)
    app.command()(release)
    app.command()(retention)
    app.command()(rekey)


def erase(
    client: ClientArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this, only tell.")] = False,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """
    Tell what erasing a client would remove; with --yes, erase him for good. Exit 1 if he is held.

    Example: recado audit erase 7c1f… --yes
    """
    place = AttachmentsPlace.of(settings_with(config), data)

    async def run(installation: Installation) -> Plan:
        async with _pool(installation) as pool:
            erasing = _erasing_over(installation, pool, place)
            plan = await erasing.plan(ClientId(client))
            if not yes or plan.held is not None:
                return plan
            return await erasing.erase(ClientId(client), META)

    with opened(reach(data, config)) as installation:
        plan = asyncio.run(run(installation))
    told = plan.as_json() | {"erased": yes and plan.held is None}
    if as_json:
        show_json(told)
    else:
        _tell(plan, told)
    if yes and plan.held is not None:
        raise typer.Exit(1)


def _tell(plan: Plan, told: dict[str, Any]) -> None:
    done = "erased" if told["erased"] else "would be erased"
    print(f"{done}: {plan.records} records with {plan.fields} fields,")
    print(f"  {plan.chats} chats ({plan.open_chats} open) with {plan.messages} messages,")
    print(f"  {plan.files} files ({plan.shared_files} stay: other clients' chats hold them, too)")
    if plan.held is not None:
        print(f"but he is held: {plan.held}")
    for chat, seq in plan.mentions:
        print(f"named in another client's chat, which stays: {chat} message {seq}")
    if not told["erased"]:
        print("nothing was done; --yes does it, and nothing brings it back")


def hold(
    client: ClientArgument,
    reason: Annotated[str, typer.Option(help="Why nothing of him may be erased.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """
    Forbid that a client is erased.

    Example: recado audit hold 7c1f… --reason "processo 123"
    """
    with opened(reach(data, config)) as installation:
        command = HoldClient(reason=reason)
        act = Ask(stream=stream_of("client", client), command=command, meta=META)
        installation.desk.submit_now(act)
    print("held")


def release(client: ClientArgument, data: Data = None, config: Config = None) -> None:
    """
    Allow again that a client is erased.

    Example: recado audit release 7c1f…
    """
    with opened(reach(data, config)) as installation:
        act = Ask(stream=stream_of("client", client), command=EndHold(), meta=META)
        installation.desk.submit_now(act)
    print("released")


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell who would go.")] = False,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """
    Erase who is older than the company keeps its clients (the account's setting `retention`).
    It is done every hour by itself, too.

    Example: recado audit retention --dry-run
    """
    place, now = AttachmentsPlace.of(settings_with(config), data), datetime.now(UTC)

    async def run(installation: Installation) -> tuple[list[Idle], int]:
        async with _pool(installation) as pool:
            retaining = Retaining(pool, _erasing_over(installation, pool, place))
            return await retaining.due(now), 0 if dry_run else await retaining.sweep(now)

    with opened(reach(data, config)) as installation:
        due, erased = asyncio.run(run(installation))
    if as_json:
        told = [asdict(one) | {"last_at": stamp(one.last_at)} for one in due]
        show_json({"due": told, "erased": erased})
        return
    for one in due:
        held = "  held: stays" if one.held else ""
        print(f"{one.client}  {one.chats} chats, the last on {one.last_at:%Y-%m-%d}{held}")
    goes = sum(not one.held for one in due)
    print(f"{goes} clients would be erased" if dry_run else f"{erased} clients erased")


def rekey(
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Keep no key but the one in use, after a restart.")
    ] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """
    Make another key over the clients' keys, in the file where it is kept.

    What is sealed is not touched. Start all parts anew afterwards, then drop the old key.

    Example: recado audit rekey
    """
    urls = reach(data, config)
    if urls.sealing is None or urls.sealing == UNSEALED:
        raise NoMasterKey("nothing is sealed here: there is no key")
    with psycopg.connect(urls.postgres) as connection:
        if drop_old:
            late = rotating.drop_old(connection, urls.sealing)
            print(f"only the key in use is left; {late} keys still had to be wrapped by it")
        else:
            wrapped = rotating.rotate(connection, urls.sealing)
            print(f"{wrapped} keys are wrapped by a new key; the old one is still in the file:")
            print("start all parts anew, then: recado audit rekey --drop-old")


@asynccontextmanager
async def _pool(installation: Installation) -> AsyncIterator[Pool]:
    url = installation.urls.postgres
    async with Pool(url, min_size=1, max_size=2, open=False, kwargs={"autocommit": True}) as pool:
        yield pool


def _erasing_over(installation: Installation, pool: Pool, place: AttachmentsPlace) -> Erasing:
    store = AttachmentStore.open(place.url)
    return Erasing(pool, installation.desk, installation.mapper, store)
