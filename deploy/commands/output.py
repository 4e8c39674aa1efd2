"""Where a command writes what is taken away: a file that is there whole, or standard output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def output(out: Path | None) -> Iterator[BinaryIO]:
    """Yield what is written to; the file takes its place only when all of it is there."""
    if out is None:
        yield sys.stdout.buffer
        return
    draft = out.with_name(f"{out.name}.part")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
