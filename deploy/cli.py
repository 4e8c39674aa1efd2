"""The `recado` command: parse, call one function, print. A refusal is one line and status 1."""

import sys
from typing import Final

import typer
from eventsourcing.persistence import PersistenceError
from psycopg import OperationalError

from adapters.bus.nats import NatsIsUnreachable
from adapters.channels.base import ChannelError
from adapters.storage.postgres.queries import ViewsAreBehind
from adapters.storage.postgres.rebuild import UnknownView, ViewsAreBusy
from deploy.commands import (
    access,
    attesting,
    audit,
    channels,
    fairness,
    measure,
    policies,
    records,
    rehearse,
    replaying,
    run,
)
from deploy.embedded.errors import CannotBoot
from deploy.installation import NotReachable
from deploy.settings import SettingsRefused
from domain.errors import RecadoError
from projections.filter_parsing import UnreadableFilter

app: Final = typer.Typer(
    name="recado",
    help="Every customer's message, from every channel, to the right online operator.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (
    run,
    records,
    access,
    channels,
    policies,
    audit,
    attesting,
    rehearse,
    replaying,
    fairness,
    measure,
):
    group.register(app)

REFUSALS: Final = (
    RecadoError,
    SettingsRefused,
    CannotBoot,
    NotReachable,
    ChannelError,
    OperationalError,
    PersistenceError,
    NatsIsUnreachable,
    UnknownView,
    UnreadableFilter,
    ViewsAreBehind,
    ViewsAreBusy,
)


def main() -> None:
    """Run the command line; exit 0, 1 (refused, or something was found) or 2 (usage)."""
    try:
        app(prog_name="recado")
    except REFUSALS as error:
        print(f"recado: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(0)


if __name__ == "__main__":
    main()
