"""Commands that look at an installation itself: doctor, bench."""

import typer

from deploy.commands.options import Config, Data, Json, show_json
from deploy.doctor import Finding, examine
from deploy.installation import reach


def register(app: typer.Typer) -> None:
    """Add these commands to the `recado` command."""
    app.command()(doctor)


def doctor(data: Data = None, config: Config = None, as_json: Json = False) -> None:
    """
    Tell what is wrong with this installation, and the mend. Exit 1 if anything is.

    Example: recado doctor --data ./data
    """
    findings = examine(reach(data, config))
    if as_json:
        show_json([{"what": f.what, "is_well": f.is_well, "mend": f.mend} for f in findings])
    else:
        for finding in findings:
            _tell(finding)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)


def _tell(finding: Finding) -> None:
    print(f"{'ok  ' if finding.is_well else 'WARN'} {finding.what}")
    if not finding.is_well:
        print(f"     {finding.mend}")
