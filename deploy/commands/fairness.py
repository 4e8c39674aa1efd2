"""`recado fairness`: what each operator was given, shift by shift."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from adapters.http.fairness_items import Told, items_of
from adapters.storage.postgres.fairness import TooMuchHappened, read_fairness
from deploy.commands.named import group_named, operator_named
from deploy.commands.options import Config, Data, Json, show_json
from deploy.installation import Installation, opened, reach
from deploy.periods import BadPeriod, period
from domain.account import Account
from domain.group import Group
from domain.operator import Operator
from domain.values import ACCOUNT_STREAM
from projections.fairness import Shift, What

_HEADER = ("shift from", *(what.value.replace("_", " ") for what in What), "online", "away", "full")


def register(app: typer.Typer) -> None:
    """Add this command to the `recado` command."""
    app.command()(fairness)


def fairness(
    since: Annotated[
        str | None, typer.Option(help="From this time, or so long ago: 24h. Default: a day.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="To this time. Default: now.")] = None,
    group: Annotated[str | None, typer.Option(help="Only chats of this group.")] = None,
    operator: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only this one.")] = None,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """
    Print what each operator was given in each shift, and how many minutes he was there.

    Example: recado fairness --since 7d --group Vendas
    """
    with opened(reach(data, config)) as installation:
        account = installation.reader.state(ACCOUNT_STREAM)
        assert isinstance(account, Account)
        span = period(since, until, datetime.now(UTC), account.settings.time_zone)
        told = Told(
            None if operator is None else {operator_named(installation, operator)},
            None if group is None else {group_named(installation, group)},
        )
        url = installation.urls.postgres
        try:
            found = read_fairness(url, installation.mapper, span.since, span.until)
        except TooMuchHappened as error:
            raise BadPeriod(str(error)) from None
        names = _names(installation, found.shifts)
    items = items_of(found.shifts, told, names, names)
    if as_json:
        show_json({"since": span.since, "until": span.until, "items": items})
    else:
        print(_table(items))


def _names(installation: Installation, shifts: list[Shift]) -> dict[str, str]:
    reader = installation.reader
    people = {shift.operator_id for shift in shifts}
    groups = {group for shift in shifts for group, _, _ in shift.counts if group is not None}
    streams = [*(f"operator-{id_}" for id_ in people), *(f"group-{id_}" for id_ in groups)]
    states = [reader.state(stream) for stream in streams]
    return {one.id: one.name for one in states if isinstance(one, Operator | Group)}


def _table(items: list[dict[str, Any]]) -> str:
    rows: list[tuple[str, ...]] = [("operator", *_HEADER)]
    for item in items:
        minutes = item["minutes"]
        rows.append(
            (
                item["operator"]["name"] or "(unknown)",
                (item["shift"]["began"] or "offline")[:16],
                *(str(item[what.value]["count"]) for what in What),
                *(f"{minutes[name]:g}" for name in ("online", "away", "at_capacity")),
            )
        )
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join([*lines, "minutes are those of each shift within the time asked for"])
