"""The command that makes an installation be as a file says: apply."""

from pathlib import Path
from typing import Annotated

import typer

from deploy import workspace
from deploy.applying import keep_secrets, plan, secrets
from deploy.commands.options import Config, Data
from deploy.embedded.directory import Urls
from deploy.installation import opened, reach


def register(app: typer.Typer) -> None:
    """Add these commands to the `recado` command."""
    app.command()(apply)


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
