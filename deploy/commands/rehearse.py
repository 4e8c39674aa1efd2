"""`recado rehearse`: past traffic once more, with another policy, capacity or staffing."""

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from deploy.commands.named import group_named, operator_named
from deploy.commands.options import Config, Data, Json, show_json
from deploy.installation import Installation, opened, reach
from deploy.periods import period as period_of
from deploy.rehearsal_report import ASSUMPTIONS, as_table, figures_of
from deploy.rehearsing import rehearse as rehearse_log
from domain.account import Account
from domain.errors import RecadoError
from domain.values import ACCOUNT_STREAM, OperatorId, Presence
from routers.policies.registry import installed
from routers.rehearsal.plan import Capacity, Plan


class UnknownPolicy(RecadoError):
    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no policy {name!r}; there are: {', '.join(known)}")
        self.name = name


class NoCapacity(RecadoError):
    def __init__(self, text: str) -> None:
        super().__init__(f"capacity: {text[:20]!r} is neither a number like 8 nor a change like +2")


class NoStaffing(RecadoError):
    def __init__(self, text: str) -> None:
        super().__init__(
            f"operators: {text[:80]!r} is not like ana@ipe.test=away (or =online, =offline)"
        )


def register(app: typer.Typer) -> None:
    """Add this command to the `recado` command."""
    app.command()(rehearse)


def rehearse(
    policy: Annotated[str | None, typer.Option(help="Decide by this policy.")] = None,
    since: Annotated[
        str | None, typer.Option(help="From this time, or so long ago: 24h. Default: a day.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="To this time. Default: now.")] = None,
    capacity: Annotated[
        str | None, typer.Option(help="Everybody's capacity: 8, or +2 for two more than it was.")
    ] = None,
    operators: Annotated[
        list[str] | None,
        typer.Option(metavar="EMAIL=away", help="What somebody is all the time; may be repeated."),
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="The policy is for this group; tell of its chats only.")
    ] = None,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """
    Run another policy, capacity or staffing over past traffic, beside what really happened.

    Example: recado rehearse --policy most_skilled --since 7d --capacity +2
    """
    with opened(reach(data, config)) as installation:
        account = installation.reader.state(ACCOUNT_STREAM)
        assert isinstance(account, Account)
        zone, now = account.settings.time_zone, datetime.now(UTC)
        plan = _plan(installation, policy, capacity, operators or (), group)
        period = period_of(since, until, now, zone)
        bar = Progress(
            console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True
        )
        with bar:
            task = bar.add_task("events")
            done = rehearse_log(
                installation,
                plan,
                period,
                installed().policies,
                lambda position, last: bar.update(task, completed=position, total=last),
            )
        told = figures_of(done, installation.reader)
    span = {"since": period.since, "until": period.until}
    if as_json:
        show_json({**span, **told, "assumptions": ASSUMPTIONS})
    else:
        print(f"{period.since:%Y-%m-%d %H:%M} to {period.until:%Y-%m-%d %H:%M} (UTC)")
        print(as_table(told))


def _plan(
    installation: Installation,
    policy: str | None,
    capacity: str | None,
    operators: Sequence[str],
    group: str | None,
) -> Plan:
    known = installed().policies
    if policy is not None and policy not in known:
        raise UnknownPolicy(policy, sorted(known))
    return Plan(
        policy=policy,
        group_id=None if group is None else group_named(installation, group),
        capacity=None if capacity is None else _capacity(capacity),
        presences=dict(_staffing(installation, text) for text in operators),
    )


def _capacity(text: str) -> Capacity:
    """
    Return the capacity that a text says.

    >>> _capacity("+2"), _capacity("8")
    (Capacity(number=2, is_added=True), Capacity(number=8, is_added=False))
    """
    if re.fullmatch(r"[+-]?\d{1,6}", text.strip()) is None:
        raise NoCapacity(text)
    return Capacity(int(text), is_added=text.strip()[0] in "+-")


def _staffing(installation: Installation, text: str) -> tuple[OperatorId, Presence]:
    email, _, presence = text.rpartition("=")
    if not email or presence not in set(Presence):
        raise NoStaffing(text)
    return operator_named(installation, email), Presence(presence)
