"""What decides and folds knows no clock, no chance and no order of hashes (R13)."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SHELL: Final = frozenset(
    {"hearing.py", "leadership.py", "process.py", "shadow.py", "stopping.py", "submissions.py"}
)
"""The parts of `routers` that run: they wait, and are simulated on virtual time."""
BANNED_MODULES: Final = frozenset({"time", "random", "secrets", "asyncio", "threading", "os"})
BANNED_NAMES: Final = frozenset({"uuid1", "uuid4", "monotonic", "perf_counter"})
BANNED_CALLS: Final = frozenset({"now", "utcnow", "today"})
"""Of `datetime` and `date`."""


def pure_modules() -> Iterator[Path]:
    yield from (ROOT / "domain").rglob("*.py")
    yield from (ROOT / "projections").rglob("*.py")
    for module in (ROOT / "routers").rglob("*.py"):
        if module.name not in SHELL and module.name != "assignment.py":
            yield module


def impurities(source: str) -> list[str]:
    """Return what in a module's source depends on more than what it is given, a line each."""
    return [f"{node.lineno}: {why}" for node, why in _found(ast.parse(source))]


def _found(tree: ast.AST) -> Iterator[tuple[ast.stmt | ast.expr, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for name in names:
                    if name.name.partition(".")[0] in BANNED_MODULES:
                        yield node, f"imports {name.name}"
            case ast.ImportFrom(module=str(module), names=names):
                for name in names:
                    if module in BANNED_MODULES or name.name in BANNED_NAMES:
                        yield node, f"imports {module}.{name.name}"
            case ast.Call(func=ast.Name(id="hash")):
                yield node, "hashes words, which no two processes do alike"
            case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr=name)):
                if of in {"datetime", "date"} and name in BANNED_CALLS:
                    yield node, f"asks what time it is: {of}.{name}"
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated) if _is_set(iterated):
                yield iterated, "goes through a set in its order"
            case _:
                pass


def _is_set(node: ast.expr) -> bool:
    """Return whether an expression is a set at first sight: `{…}`, `set(…)`, `frozenset(…)`."""
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case _:
            return False


@pytest.mark.parametrize("module", sorted(pure_modules()), ids=lambda m: str(m.relative_to(ROOT)))
def test_what_decides_depends_on_what_it_is_given_alone(module: Path) -> None:
    assert impurities(module.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from time import monotonic",
        "import random",
        "from uuid import uuid4",
        "import asyncio.tasks",
        "key = hash('word')",
        "from datetime import datetime\nat = datetime.now()",
        "for one in {1, 2}: print(one)",
        "found = [one for one in set(given)]",
    ],
)
def test_an_impurity_is_seen(source: str) -> None:
    assert impurities(source) != []
