"""Commands for those who ask what happened and why: history, explain, rebuild, verify."""

import asyncio
import sys
from collections.abc import Mapping
from time import monotonic
from typing import Annotated, Any, Final

import orjson
import typer
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool
from rich.console import Console
from rich.progress import Progress

from adapters.http.explaining import Explaining
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.queries import Queries
from adapters.storage.postgres.rebuild import rebuild as rebuild_views
from deploy.commands.options import Config, Data, Json, show_json
from deploy.installation import Installation, check_log, opened, reach
from deploy.sealing import OpeningMapper
from deploy.verifying import faults
from domain.chat.events import ChatAssigned
from domain.errors import NotFound
from domain.event import Recorded
from domain.operator import Operator

WIDEST: Final = 60
ChatArgument = Annotated[str, typer.Argument(metavar="CHAT", help="A chat's id.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the `recado` command."""
    app.command()(history)
    app.command()(explain)
    app.command()(rebuild)
    app.command()(verify)


def as_public(recorded: Recorded, mapper: EventMapper) -> dict[str, Any]:
    """Return an event as the contract shows it: position, stream, version, topic, at, …, data."""
    event, meta = recorded.event, recorded.meta
    stored = orjson.loads(mapper.encode(event, meta, None))
    data = {name: value for name, value in stored["data"].items() if name != "at"}
    return {
        "position": recorded.position,
        "stream": recorded.stream,
        "version": recorded.version,
        "topic": event.TOPIC,
        "at": stored["data"]["at"],
        "actor": meta.actor,
        "via": meta.via,
        "cause": meta.cause,
        "data": data,
    }


def history(
    chat: ChatArgument, data: Data = None, config: Config = None, as_json: Json = False
) -> None:
    """
    Print what happened in a chat, one event a line.

    Example: recado history 0b6c2f1e-… --json
    """
    with opened(reach(data, config)) as installation:
        events = installation.reader.history(f"chat-{chat}")
        if not events:
            raise NotFound("chat", chat)
        for recorded in events:
            public = as_public(recorded, installation.mapper)
            if as_json:
                show_json(public)
            else:
                told = " ".join(f"{k}={_short(v)}" for k, v in public["data"].items())
                at, topic, actor = public["at"], public["topic"], public["actor"]
                print(f"{recorded.position:>8} {at:<27} {topic:<26} {actor}  {told}")


def explain(
    chat: ChatArgument, data: Data = None, config: Config = None, as_json: Json = False
) -> None:
    """
    Print why each assignment of a chat was made: who could have got it, and what excluded him.
    Of a chat that is New: why nobody has it.

    Example: recado explain 0b6c2f1e-…
    """
    with opened(reach(data, config)) as installation:
        reader = installation.reader
        events = reader.history(f"chat-{chat}")
        if not events:
            raise NotFound("chat", chat)
        for recorded in events:
            if not isinstance(recorded.event, ChatAssigned):
                continue
            public = as_public(recorded, installation.mapper)
            if as_json:
                show_json(public)
                continue
            event = recorded.event
            ids = {event.operator_id, *(c.operator_id for c in event.reason.candidates)}
            names = {id_: _name(reader.state(f"operator-{id_}")) for id_ in ids}
            _tell_assignment(event, public, names)
        if (nobody := _nobody(installation, chat)) is not None:
            show_json({"nobody": nobody}) if as_json else _tell_nobody(nobody)


def _tell_assignment(event: ChatAssigned, public: dict[str, Any], names: dict[Any, str]) -> None:
    reason = event.reason
    chosen = names[event.operator_id]
    print(f"{public['at']}  given to {chosen} by {reason.policy} v{reason.policy_version}")
    if reason.position:
        print(f"    decided on the log at position {reason.position}")
    for candidate in reason.candidates:
        mark = "→" if candidate.operator_id == event.operator_id else " "
        why = "could have got it" if candidate.excluded_by is None else candidate.excluded_by
        why = "chosen" if mark == "→" else why
        load = f"{candidate.load}/{candidate.capacity}"
        print(
            f"  {mark} {names[candidate.operator_id]:<24} {load:>7}  {_skill(candidate.skill)}{why}"
        )
    _tell_more(reason.not_listed)


def _nobody(installation: Installation, chat_id: str) -> dict[str, Any] | None:
    async def ask() -> dict[str, Any] | None:
        url = installation.urls.postgres
        async with AsyncConnectionPool[AsyncConnection[TupleRow]](url, open=False) as pool:
            queries = Queries(pool)
            names = {one["id"]: one["name"] for one in (await queries.operators()).items}
            return await Explaining(pool, queries, installation.mapper).nobody(chat_id, names)

    return asyncio.run(ask())


def _tell_nobody(nobody: dict[str, Any]) -> None:
    print(f"New, with nobody: {', '.join(nobody['reasons']) or 'about to be given'}")
    if nobody["opens_at"] is not None:
        print(f"    its group opens at {nobody['opens_at']}")
    for candidate in nobody["candidates"]:
        load = f"{candidate['load']}/{candidate['capacity']}"
        name = candidate["operator"]["name"] or "(unknown)"
        why = candidate["excluded_by"] or "may get it"
        print(f"    {name:<24} {load:>7}  {_skill(candidate['skill'])}{why}")
    _tell_more(nobody["not_listed"])


def _skill(skill: int | None) -> str:
    return f"skill {skill:>3}  " if skill else ""


def _tell_more(more: Mapping[str, int] | None) -> None:
    if more:
        told = ", ".join(f"{number} {why}" for why, number in sorted(more.items()))
        print(f"    and more: {told}")


def _name(state: object) -> str:
    return state.name if isinstance(state, Operator) and state.exists else "(unknown)"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def rebuild(
    views: Annotated[list[str] | None, typer.Argument(help="Which views; all if none.")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """
    Make views anew from the log, while the old ones are still read.

    Example: recado rebuild inbox messages
    """
    urls = reach(data, config)
    check_log(urls.postgres)
    began = monotonic()
    bar = Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)
    with bar:
        task = bar.add_task("events")
        events = rebuild_views(
            urls.postgres,
            views or None,
            lambda done, of: bar.update(task, completed=done, total=of),
            OpeningMapper(urls),
        )
    seconds = monotonic() - began
    print(f"{events} events in {seconds:.1f} s, {events / seconds:,.0f} events/s")


def verify(data: Data = None, config: Config = None, as_json: Json = False) -> None:
    """
    Compare every view with a replay and the stream with the log; check the log's own hash.
    Exit 1 on any difference.

    Example: recado verify --data ./data
    """
    urls = reach(data, config)
    check_log(urls.postgres)

    async def tell() -> int:
        found = 0
        async for fault in faults(urls):
            found += 1
            show_json({"fault": fault}) if as_json else print(fault)
        return found

    found = asyncio.run(tell())
    if found:
        raise typer.Exit(1)
    if not as_json:
        print("the log is whole; views, stream, keys, seats and outbox follow from it")
