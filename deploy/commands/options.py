"""Options that many commands share."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Data directory (default: the same folder as `up`'s)."),
]
Config = Annotated[
    Path | None, typer.Option("--config", help="TOML file with settings; see `recado up --help`.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def show_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    print(orjson.dumps(value, default=str).decode())
