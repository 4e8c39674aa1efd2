"""Commands that look at an installation itself: doctor, bench."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.bench.suite import NAMES, Scale, UnknownSuite
from deploy.commands.options import Config, Data, Json, show_json
from deploy.doctor import Finding, examine
from deploy.installation import reach, settings_with


def register(app: typer.Typer) -> None:
    """Add these commands to the `recado` command."""
    app.command()(doctor)
    app.command()(bench)


def doctor(data: Data = None, config: Config = None, as_json: Json = False) -> None:
    """
    Tell what is wrong with this installation, and the mend. Exit 1 if anything is.

    Example: recado doctor --data ./data
    """
    findings = examine(reach(data, config), settings_with(config).oidc())
    if as_json:
        show_json([{"what": f.what, "is_well": f.is_well, "mend": f.mend} for f in findings])
    else:
        for finding in findings:
            _tell(finding)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)


def bench(
    suite: Annotated[
        list[str] | None, typer.Argument(help=f"Of: {', '.join(NAMES)}. Default: all.")
    ] = None,
    as_json: Json = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Try all of it at a tiny size; the figures mean little.")
    ] = False,
    events: Annotated[
        int, typer.Option(min=1_000, help="Length of the log that `rebuild` and `replay` read.")
    ] = Scale().events,
    chats: Annotated[
        int,
        typer.Option(min=1_000, help="To how many `growth` grows; of how many `api` is asked."),
    ] = Scale().chats,
    folder: Annotated[
        Path | None, typer.Option("--in", help="Folder on the disk to be measured.")
    ] = None,
) -> None:
    """
    Measure what this machine does, in installations of its own that end with the run.

    Example: recado bench ingest live --json
    """
    from deploy.bench import suites  # noqa: PLC0415  (other commands need not wait for it)
    from deploy.bench.failed import BenchFailed  # noqa: PLC0415  (as above)
    from deploy.bench.machine import this_machine  # noqa: PLC0415  (as above)

    # So that whoever stops us leaves no servers and no folder behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    machine = this_machine()
    reports = []
    if not as_json:
        print(machine.line(), flush=True)
    try:
        for report in suites.run(suite or [], Scale(quick, events, chats), folder):
            reports.append(report.as_json())
            if not as_json:
                print(f"\n{report.table()}", flush=True)
    except UnknownSuite as error:
        raise typer.BadParameter(str(error)) from None
    except BenchFailed as error:
        print(f"recado: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    if as_json:
        show_json({"machine": machine.as_json(), "quick": quick, "suites": reports})


def _tell(finding: Finding) -> None:
    print(f"{'ok  ' if finding.is_well else 'WARN'} {finding.what}")
    if not finding.is_well:
        print(f"     {finding.mend}")
