"""`recado audit looks`: who looked at what."""

from datetime import datetime
from typing import Annotated

import psycopg
import typer

from adapters.http.looks import look_item
from adapters.storage.postgres.looks import LookKind, LooksWanted, page_now
from deploy.commands.named import operator_named
from deploy.commands.options import Config, Data, Json, show_json
from deploy.installation import opened, reach
from deploy.periods import moment
from domain.account import Account
from domain.operator import Operator
from domain.values import ACCOUNT_STREAM


def looks(
    kind: Annotated[LookKind | None, typer.Option(help="Only of this kind.")] = None,
    operator: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Only what this one did.")
    ] = None,
    what: Annotated[
        str | None, typer.Option(metavar="STREAM", help="Only at this: chat-<id>, client-<id>, …")
    ] = None,
    since: Annotated[str | None, typer.Option(help="From this time, or so long ago: 7d.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to this time.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 1_000,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """
    Print who looked at chats and records beyond his work, what was asked of the past, exports,
    failed logins and changes of settings, the latest first: one for each person, thing and hour.

    Example: recado audit looks --kind export --since 30d
    """
    with opened(reach(data, config)) as installation:
        account = installation.reader.state(ACCOUNT_STREAM)
        assert isinstance(account, Account)
        zone = account.settings.time_zone

        def time(name: str, text: str | None) -> datetime | None:
            return None if text is None else moment(name, text, zone)

        wanted = LooksWanted(
            kind=kind,
            who=None if operator is None else operator_named(installation, operator),
            what=what,
            since=time("since", since),
            until=time("until", until),
            limit=limit,
        )
        with psycopg.connect(installation.urls.postgres, autocommit=True) as connection:
            found = page_now(connection, wanted)
        names: dict[str, str | None] = {}
        for id_ in {look.who for look in found if look.who and ":" not in look.who}:
            state = installation.reader.state(f"operator-{id_}")
            names[id_] = state.name if isinstance(state, Operator) else None
    for look in found:
        item = look_item(look, names)
        if as_json:
            show_json(item)
        else:
            who = names.get(look.who) or look.who or "-"
            told = f"{item['last_at'][:19]}  {look.kind.value:<8} {look.times:>5}x  {who:<20}"
            print(f"{told}  {look.what}")
