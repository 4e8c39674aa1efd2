"""Suite: the tree over a long log, and how fast it is made, checked, exported and verified."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.audit import tree
from adapters.audit.checking import TreeCheck
from adapters.audit.exporting import json_lines, table
from adapters.audit.heads import Signer
from adapters.audit.selection import Selection
from adapters.audit.verifier import Verification
from deploy.attesting import proved
from deploy.bench.failed import BenchFailed
from deploy.bench.place import Place
from deploy.bench.rebuild import EVENTS_OF_A_CHAT
from deploy.bench.report import Report
from deploy.bench.suite import Scale

_MOST: Final = 300_000
"""Events: longer logs take longer, at the same speed."""
_LOOK_EVERY: Final = 5_000


def run(place: Place, scale: Scale) -> Report:
    """Make a log, its tree, and an export of everything; check both."""
    events, rounds = (1_000, 1) if scale.is_quick else (min(scale.events, _MOST), 3)
    place.fill(events // EVENTS_OF_A_CHAT, 0, turns=1.2)
    url, signer = place.servers().postgres, Signer(Ed25519PrivateKey.generate())
    report = Report("audit")
    size, made_in, used = _make_tree(url)
    report.add("tree, an event, beside the way of a message", 1e6 * made_in / size, "µs")
    report.add("of it processor time here", 1e6 * used / size, "µs")
    exports, tables, checks, verifications = [], [], [], []
    grown = 0.0
    with TemporaryDirectory() as folder:
        file = Path(folder, "export.jsonl")
        for _ in range(rounds):
            with proved(url, signer, Selection()) as (proof, connection):
                began, before = time.perf_counter(), _resident()
                lines = json_lines(proof, Selection().events(connection, size))
                grown = max(grown, _write(file, lines) - before)
                exports.append(size / (time.perf_counter() - began))
                began = time.perf_counter()
                _write(file.with_suffix(".csv"), table(Selection().events(connection, size)))
                tables.append(size / (time.perf_counter() - began))
            began = time.perf_counter()
            _sound(list(TreeCheck(url).faults()))
            checks.append(size / (time.perf_counter() - began))
            began = time.perf_counter()
            verification = Verification({signer.public})
            with file.open("rb") as lines_again:
                verification.check(lines_again)
            _sound(verification.faults)
            verifications.append(size / (time.perf_counter() - began))
        length = file.stat().st_size
    report.add("audit verify: log against tree and heads", checks, "events/s", least=50_000)
    report.add("offline verifier: an export", verifications, "events/s", least=50_000)
    report.add("export, JSON Lines", exports, "events/s", least=20_000)
    report.add("export, CSV", tables, "events/s", least=20_000)
    report.add("memory that an export adds", grown / 1024, "MiB", most=32)
    report.notes += [
        f"{size:,} events; the export is {length / 1024**2:,.0f} MiB",
        "one process beside the servers; the tree is made in the background, never on appending",
    ]
    return report


def _make_tree(url: str) -> tuple[int, float, float]:
    tree.migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        before = tree.frontier(connection).size
        began, used = time.perf_counter(), time.process_time()
        while tree.extend(connection):
            pass
        seconds, used = time.perf_counter() - began, time.process_time() - used
        size = tree.frontier(connection).size
        # In an installation that others measured before, some of it may be there already.
        share = size / max(1, size - before)
        return size, seconds * share, used * share


def _write(file: Path, pieces: Iterable[bytes]) -> int:
    """Return the most KiB that were resident while all was written."""
    most = _resident()
    with file.open("wb") as out:
        for number, piece in enumerate(pieces):
            out.write(piece)
            if number % _LOOK_EVERY == 0:
                most = max(most, _resident())
    return most


def _resident() -> int:
    (line,) = _status_lines("VmRSS:")
    return int(line.split()[1])


def _status_lines(name: str) -> Iterator[str]:
    text = Path("/proc/self/status").read_text("ascii")
    return (line for line in text.splitlines() if line.startswith(name))


def _sound(faults: list[str]) -> None:
    if faults:
        raise BenchFailed(f"what was just made is not sound: {faults[0]}")
