"""What can be seen of an adapter without running it."""

import ast
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from adapters.channels.base import CONTRACT
from adapters.channels.conformance.subject import Subject

_ADDRESS: Final = re.compile(r"https?://([A-Za-z0-9.-]+)([:/?#].*)?", re.DOTALL)
_HARMLESS: Final = (".test", "example.org", "example.com", "localhost", "127.0.0.1")


def static(subject: Subject, kind: str) -> Iterator[str]:
    """Yield what is wrong with the source or the metadata; `kind` is the entry point's name."""
    meta = subject.meta
    if meta.kind != kind:
        yield f"the entry point is called {kind!r}, and `meta.kind` is {meta.kind!r}"
    if meta.contract != CONTRACT:
        yield f"it is made for contract {meta.contract}, this is {CONTRACT}"
    known = {urlsplit(meta.docs).hostname or "", *meta.hosts}
    for name, source in subject.source().items():
        tree = ast.parse(source)
        yield from (f"{name}:{line} prints" for line in _prints(tree))
        for line, host in _hosts(tree):
            if host not in known and not host.endswith(_HARMLESS):
                yield f"{name}:{line} names the host {host}, which is not in `meta.hosts`"


def _prints(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print"), lineno=line):
                yield line
            case _:
                continue


def _hosts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every host that a text in the source begins with."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text), lineno=line) if _ADDRESS.fullmatch(text):
                if host := _ADDRESS.sub(r"\1", text):
                    yield line, host
            case _:
                continue
