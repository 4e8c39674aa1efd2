"""Commands about policies: which there are, and which could not be loaded."""

from typing import Final

import typer

from deploy.commands.options import Json, show_json
from routers.policies.registry import installed

policy_commands: Final = typer.Typer(
    help="Policies: who of the eligible gets a chat.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add these commands to the `recado` command."""
    policy_commands.command("list")(list_policies)
    app.add_typer(policy_commands, name="policy")


@policy_commands.callback()
def _policies() -> None:
    """Policies: who of the eligible gets a chat."""


def list_policies(as_json: Json = False) -> None:
    """
    List the policies that can be set, and those that could not be loaded.

    Example: recado policy list
    """
    for policy in installed().listed():
        if as_json:
            show_json(
                {
                    "name": policy.name,
                    "version": policy.version,
                    "origin": policy.origin,
                    "fault": policy.fault,
                }
            )
            continue
        state = "ok" if policy.fault is None else f"failed to load: {policy.fault}"
        version = "" if policy.version is None else f"v{policy.version}"
        print(f"{policy.name:<20} {version:<5} {state}  ({policy.origin})")
