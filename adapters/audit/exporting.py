"""Exports as they are streamed: lines that prove themselves, and a table for spreadsheets."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import orjson

from adapters.audit.heads import Head, Signer
from adapters.audit.merkle import Nodes
from adapters.audit.verifier import Event, end_line, event_line, leaf_hash

COLUMNS: Final = (
    *("position", "stream", "version", "topic", "at", "actor", "via", "cause", "subject"),
    *("data", "leaf"),
)
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  (spreadsheets read the wide forms, too)
_PIECE: Final = 65_536
"""Letters that are written at once."""


Opens = Callable[[int, str, int, str, bytes], tuple[bytes, bytes | None]]
"""Returns an event's JSON with its holes filled, and what was sealed of it, if it can be read."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What an export's lines are proved with."""

    head: Head
    nodes: Nodes
    signer: Signer
    selection: Mapping[str, Any]
    against: tuple[int, ...] = ()
    """Sizes of earlier heads that the export is to be compared with."""
    opens: Opens | None = None
    """Opens what is sealed; None leaves it shut."""

    def records(self, events: Iterable[Event]) -> Iterator[bytes]:
        """
        Yield all lines but the last, without their ends: what is exported, the events in
        order, each with what was sealed of it, and for those left out between them the hashes
        of their subtrees.
        """
        begin = {
            "recado": "export",
            "format": 1,
            "selection": self.selection,
            "head": self.head.as_json(),
        }
        yield orjson.dumps(begin)
        for size in self.against:
            hashes = [one.hex() for one in self.nodes.consistency(size, self.head.size)]
            yield orjson.dumps({"recado": "consistency", "from": size, "hashes": hashes})
        told = 0
        for event in events:
            if event[0] != told + 1:
                yield self._skip(told, event[0] - 1)
            yield event_line(*event)
            told = event[0]
            if self.opens is not None and (words := self.opens(*event)[1]) is not None:
                yield orjson.dumps({"recado": "opened", "text": words.decode()})
        if told < self.head.size:
            yield self._skip(told, self.head.size)

    def end(self, events: int, digest: str) -> bytes:
        """Return the last line: the signature of all that came before it."""
        return end_line(events, digest, self.signer.end(self.head, digest))

    def _skip(self, start: int, end: int) -> bytes:
        hashes = [one.hex() for one in self.nodes.cover(start, end)]
        return orjson.dumps({"recado": "skip", "to": end, "hashes": hashes})


def json_lines(proof: Proof, events: Iterable[Event]) -> Iterator[bytes]:
    """Yield an export as JSON Lines, which the offline verifier reads."""
    digest, number = sha256(), 0
    for record in proof.records(events):
        line = record + b"\n"
        number += record.startswith(b'{"position":')
        digest.update(line)
        yield line
    yield proof.end(number, digest.hexdigest()) + b"\n"


def table(events: Iterable[Event], opens: Opens | None = None) -> Iterator[bytes]:
    """
    Yield an export as CSV, where nothing can be taken for a formula; `opens` what is sealed.

    `leaf` is the event's hash in the tree, by which a row is found in a proved export.
    """
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    for event in events:
        readable = event[4] if opens is None else opens(*event)[0]
        rows.writerow(_cells(event, readable))
        if written.tell() > _PIECE:
            yield written.getvalue().encode()
            written.seek(0)
            written.truncate()
    yield written.getvalue().encode()


def _cells(event: Event, readable: bytes) -> list[str]:
    position, stream, version, topic, _ = event
    try:
        stored = orjson.loads(readable)
        data = stored["data"]
        told = [
            data["at"],
            *(stored.get(name, "") for name in ("actor", "via", "cause", "subject")),
        ]
        rest = orjson.dumps({name: value for name, value in data.items() if name != "at"}).decode()
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        told, rest = [""] * 5, readable.decode("utf-8", "backslashreplace")
    leaf = leaf_hash(*event).hex()
    words = [stream, topic, *told, rest]
    stream, topic, *others = [safe_cell(f"{word}") for word in words]
    return [f"{position}", stream, f"{version}", topic, *others, leaf]


def safe_cell(text: str) -> str:
    """
    Return the text such that no spreadsheet runs it.

    >>> safe_cell("=1+1"), safe_cell("Oi")
    ("'=1+1", 'Oi')
    """
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULAS) else text
