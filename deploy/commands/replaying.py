"""The panel as it was: `recado replay --at`, and from one moment to another."""

import sys
from typing import Annotated, Any, Final

import psycopg
import typer
from rich.console import Console
from rich.progress import Progress

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.keyframe_keeper import KeyframeMaker
from adapters.storage.postgres.looks import LookKind
from adapters.storage.postgres.moments import Moment, moment_of
from adapters.storage.postgres.past import Eyes, Past
from adapters.storage.postgres.playing import played
from deploy.commands.named import operator_named
from deploy.commands.options import Config, Data, Json, show_json
from deploy.installation import Installation, opened, reach
from deploy.looks import note_here
from deploy.periods import moment as time_of
from domain.access import Scope
from domain.account import Account
from domain.values import ACCOUNT_STREAM, OperatorId, Role
from projections.filters import ChatFilter, Listed
from projections.items import Item, stamp
from projections.play import Move

LISTS: Final = (Listed.NEW, Listed.WAITING, Listed.OPEN, Listed.UNREAD)
_SHORT: Final = 12
_EVERYTHING: Final = Scope(OperatorId(""), Role.ADMINISTRATOR)
_NO_LIMIT: Final = 2**62


def register(app: typer.Typer) -> None:
    """Add this command to the `recado` command."""
    app.command()(replay)


def replay(
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME|POSITION", help="The moment: a time, so long ago, a position."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME|POSITION", help="Play from here.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="TIME|POSITION", help="… to here. Default: now.")
    ] = None,
    operator: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="What this operator saw.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Chats shown of each list.")] = 20,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """
    Print the panel as it was: who was there, how many chats each list held, and which.
    With --from: every move from one moment to another, one a line.

    Example: recado replay --at 2030-01-02T14:32 --operator ana@ipe.test
    """
    if (at is None) == (start is None):
        raise typer.BadParameter("give --at, or --from and perhaps --to")
    with opened(reach(data, config)) as installation:
        whose = None if operator is None else operator_named(installation, operator)
        if at is not None:
            moment = _moment(installation, "at", at)
            _prepare(installation.urls.postgres, installation.mapper, moment.position)
            _show(installation, moment, whose, limit, as_json=as_json)
            return
        assert start is not None
        first, last = _moment(installation, "from", start), _moment(installation, "to", to or "0s")
        _prepare(installation.urls.postgres, installation.mapper, first.position)
        url, mapper = installation.urls.postgres, installation.mapper
        for move in played(url, mapper, first, last, whose):
            show_json(_as_json(move)) if as_json else print(_line(move))


def _moment(installation: Installation, name: str, text: str) -> Moment:
    account = installation.reader.state(ACCOUNT_STREAM)
    assert isinstance(account, Account)
    with psycopg.connect(installation.urls.postgres, autocommit=True) as connection:
        if text.isdecimal() or "@" in text:
            return moment_of(connection, text)
        at = time_of(name, text, account.settings.time_zone)
        return moment_of(connection, at.isoformat())


def _prepare(url: str, mapper: EventMapper, position: int) -> None:
    """Make the keyframes up to a position, with a bar on a terminal where it lasts."""
    console = Console(stderr=True)
    with psycopg.connect(url, autocommit=True) as connection:
        maker = KeyframeMaker(connection, mapper)
        with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("keyframes", total=max(1, position))
            while (made := maker.make_next(position)) is not None:
                bar.update(task, completed=made)


def _show(
    installation: Installation,
    moment: Moment,
    whose: str | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    whom = "" if whose is None else f" of operator-{whose}"
    note_here(installation.urls.postgres, LookKind.PAST, f"panel at {moment.at:%Y-%m-%dT%H}Z{whom}")
    past = Past(installation.urls.postgres, installation.mapper, _NO_LIMIT)
    eyes = Eyes(_EVERYTHING, whose)
    operators = past.operators(moment)
    # Supervisors and administrators see everybody's chats; an operator's lists are his own.
    own = whose is not None and _role(operators, whose) is Role.OPERATOR
    lists: dict[str, Any] = {}
    for listed in LISTS:
        of = whose if own and listed is not Listed.NEW else None
        asked = ChatFilter(section=listed, operator=of)
        lists[listed.value] = past.chats(eyes, asked, moment, limit=limit).items
    counts = past.counts(eyes, ChatFilter(), moment)
    if as_json:
        as_of = {"position": moment.position, "at": stamp(moment.at)}
        show_json({"as_of": as_of, "operators": operators, "counts": counts, "lists": lists})
        return
    print(f"{stamp(moment.at)}  position {moment.position}")
    for one in operators:
        if one["active"]:
            load = f"{one['load']}/{one['capacity']}"
            print(f"  {one['presence']:<8} {load:>6}  {one['name'] or '(unknown)'}  {one['role']}")
    for listed in LISTS:
        items = lists[listed.value]
        print(f"\n{listed.value} ({counts[listed.value]})")
        for item in items:
            print(_chat_line(item))


def _role(operators: list[Item], id_: str) -> Role | None:
    return next((Role(one["role"]) for one in operators if one["id"] == id_), None)


def _chat_line(item: Item) -> str:
    owner = item["operator"]["name"] if item["operator"] else "-"
    said = (item["last_message"] or {}).get("text") or ""
    since = (item["waiting_since"] or "-")[:19]
    return (
        f"  {item['id'][:_SHORT]}…  {item['unread']:>3}  {since:<19}  {owner or '-':<16}"
        f"  {item['client']['name'] or '-':<20}  {' '.join(said.split())[:60]}"
    )


def _as_json(move: Move) -> dict[str, Any]:
    return {
        "at": stamp(move.at),
        "chat": move.chat_id,
        "position": None if move.cause is None else move.cause.position,
        "topic": None if move.cause is None else move.cause.event.TOPIC,
        "actor": None if move.cause is None else move.cause.meta.actor,
        "before": None if move.before is None else move.before._asdict(),
        "after": None if move.after is None else move.after._asdict(),
    }


def _line(move: Move) -> str:
    told = _as_json(move)
    moved = " -> ".join(
        "gone"
        if place is None
        else f"{place.section} {place.operator_id or '-':.12} unread {place.unread}"
        for place in (move.before, move.after)
    )
    position, topic = told["position"] or "", told["topic"] or "the clock ran out"
    return f"{told['at']:<27} {position:>8} {move.chat_id[:_SHORT]}…  {topic:<26} {moved}"
