"""Packages with a channel, as a stranger would write them, and spoiled in one place."""

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from adapters.channels._template import Auth, Way, write
from adapters.channels.base import ChannelAdapter
from adapters.channels.conformance import Subject, subject_of

SECOND = {
    "type": "message",
    "id": "m2",
    "from": "5511900000002",
    "text": "Bom dia",
    "at": 1893574860,
}


def package(
    folder: Path, name: str, way: Way = Way.WEBHOOK_JSON, auth: Auth = Auth.HMAC_SHA256
) -> Path:
    """Return where the scaffold's package was written, with enough recorded bodies for gold."""
    where = folder / name
    write(name, way, auth, where)
    add_case(where, "second.inbound.json", {"request": {"body": SECOND}})
    for number in range(10):
        body = {**SECOND, "id": f"r{number}"}
        add_case(where, f"recordings/{number}.json", body)
    return where


def add_case(package: Path, name: str, case: Any) -> None:
    path = package / "tests" / "cases" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(case))


def spoil(package: Path, old: str, new: str, head: str = "") -> None:
    """Change the adapter's source in one place, and put something before it."""
    (path,) = package.glob("src/*/adapter.py")
    source = path.read_text()
    assert source.count(old) == 1, old
    path.write_text(head + source.replace(old, new))


@contextmanager
def importable(package: Path) -> Iterator[type[ChannelAdapter]]:
    """Yield the adapter of a package, which can be imported inside the context."""
    (module,) = (path.name for path in (package / "src").iterdir())
    sys.path.insert(0, str(package / "src"))
    try:
        found = importlib.import_module(f"{module}.adapter")
        name = "".join(word.capitalize() for word in module.split("_")[1:])
        yield cast(type[ChannelAdapter], getattr(found, name))
    finally:
        sys.path.remove(str(package / "src"))
        for name in [n for n in sys.modules if n.split(".")[0] == module]:
            del sys.modules[name]


@contextmanager
def subject_in(package: Path) -> Iterator[Subject]:
    with importable(package) as adapter:
        yield subject_of(adapter, package / "tests" / "cases")
