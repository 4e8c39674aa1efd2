"""Commands that change what an installation is: apply, token."""

from pathlib import Path
from typing import Annotated, Final

import psycopg
import typer

from adapters.http.sessions import digest_of, new_token
from deploy import workspace
from deploy.applying import keep_secrets, operator_id, plan, secrets
from deploy.commands.options import Config, Data, Json, show_json
from deploy.embedded.directory import Urls
from deploy.installation import Installation, opened, reach
from domain.errors import NotFound
from domain.operator import Operator

token_commands: Final = typer.Typer(
    help="Tokens for programs that speak to Recado.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add these commands to the `recado` command."""
    app.command()(apply)
    token_commands.command("create")(create_token)
    app.add_typer(token_commands, name="token")


def apply(
    file: Annotated[Path, typer.Argument(help="The workspace file (TOML).")],
    data: Data = None,
    config: Config = None,
    dry_run: Annotated[bool, typer.Option(help="Only tell what would change.")] = False,
) -> None:
    """
    Make account, groups, operators and channels match a file; print what changed.

    Example: recado apply loja.toml --dry-run
    """
    wanted = workspace.read(file)
    for line in apply_workspace(reach(data, config), wanted, dry_run=dry_run):
        print(line)


def apply_workspace(urls: Urls, wanted: workspace.Workspace, *, dry_run: bool = False) -> list[str]:
    """Return what changed, or would change, a line each."""
    with opened(urls) as installation:
        desk, reader = installation.desk, installation.reader
        changes = plan(wanted, reader, desk.naming)
        kept = secrets(wanted, desk.naming)
        said = [change.what for change in changes]
        # Secrets first: a channel that the log knows must be usable at once.
        said += keep_secrets(urls.postgres, kept, dry_run=dry_run)
        if dry_run:
            return said or ["nothing would change"]
        for change in changes:
            desk.submit_now(change.act)
    return said or ["nothing to change"]


def create_token(
    email: Annotated[str, typer.Argument(help="Whose rights the token has.")],
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """
    Print a new bearer token, once: it is not stored and cannot be shown again.

    Example: recado token create ana@ipe.test --json
    """
    with opened(reach(data, config)) as installation:
        token = issue_token(installation, email)
    if as_json:
        show_json({"token": token})
    else:
        print(token)


def issue_token(installation: Installation, email: str) -> str:
    """Return a new token with the rights of an operator; raise `NotFound` if there is none."""
    id_ = operator_id(installation.desk.naming, email)
    state = installation.reader.state(f"operator-{id_}")
    if not (isinstance(state, Operator) and state.exists and state.active):
        raise NotFound("operator", email)
    token = new_token()
    with psycopg.connect(installation.urls.postgres) as connection:
        connection.execute(
            "INSERT INTO recado_sessions (digest, operator_id, kind) VALUES (%s, %s, 'token')",
            (digest_of(token), id_),
        )
    return token
