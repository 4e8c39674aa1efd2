"""
Checks an export of Recado's log with nothing but Python: no service, no database, no package.

    python3 verify.py EXPORT --key PUBLIC_KEY [--head FILE …] [--show]

EXPORT is a `.jsonl` or `.html` file of `recado audit export`. PUBLIC_KEY is the installation's
(64 hexadecimal digits, or a file that holds them), got from somebody you trust, not with the
export. FILE holds signed heads that left the installation earlier: what was rewritten before
the export was made shows only against one of those. Status 0: sound, 1: a fault, 2: usage.

Events are the leaves of a Merkle tree (hashes as in RFC 9162); a head is its size and root,
signed with Ed25519 (RFC 8032). The export holds its events and, for those left out between
them, the hashes of the subtrees that they are in: together they must give the signed root.
What is personal is sealed in an event; where it can still be read, a line with the words
follows, and the event holds their hash.
"""

import argparse
import base64
import binascii
import json
import re
import struct
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256, sha512
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, Final

PROOF_BEGINS: Final = b'<script type="application/x-recado-proof">'
PROOF_ENDS: Final = (b"</script>", b"</body>", b"</html>")
HASH: Final = 32
"""Bytes."""
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_MOST: Final = 2**63
_TOP: Final = frozenset({"position", "stream", "version", "topic", "at"})


class NotSound(Exception):
    """What is wrong with an export, in one line."""


# Leaves and nodes


def leaf_hash(position: int, stream: str, version: int, topic: str, state: bytes) -> bytes:
    """Return the hash of one event: of its place, its name and the bytes that are stored."""
    named, told = stream.encode(), topic.encode()
    head = struct.pack(">cQQII", b"\x00", position, version, len(named), len(told))
    return sha256(b"".join((head, named, told, state))).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def spans(start: int, end: int) -> Iterator[tuple[int, int]]:
    """
    Yield the largest subtrees that leaves `start` (included) to `end` are made of.

    Each is its level (it has 2**level leaves) and its number among those of the level.

    >>> list(spans(3, 8))
    [(0, 3), (2, 1)]
    """
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level, start >> level
        start += 1 << level


def folded(peaks: Iterable[bytes]) -> bytes:
    """Return the root above subtrees that follow each other, each smaller than the one before."""
    root = b""
    for peak in reversed(list(peaks)):
        root = node_hash(peak, root) if root else peak
    return root or sha256(b"").digest()


class Frontier:
    """A Merkle tree that only grows: its size, and the roots of its complete subtrees."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks: Final = list(peaks)

    def add(self, node: bytes, level: int = 0) -> None:
        """Add a leaf, or a complete subtree where the size is a multiple of its own."""
        number = self.size >> level
        while number & 1:
            node = sha256(b"\x01" + self.peaks.pop() + node).digest()
            number >>= 1
        self.peaks.append(node)
        self.size += 1 << level

    def root(self) -> bytes:
        return folded(self.peaks)


def is_consistent(old: tuple[int, bytes], new: tuple[int, bytes], proof: list[bytes]) -> bool:
    """Return whether `proof` shows that the tree of the old (size, root) begins the new one."""
    (first, old_root), (second, new_root) = old, new
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and old_root == new_root
    path = [old_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        return False
    low, high = first - 1, second - 1
    while low & 1:
        low, high = low >> 1, high >> 1
    was = becomes = path[0]
    for node in path[1:]:
        if high == 0:
            return False
        if low & 1 or low == high:
            was, becomes = node_hash(node, was), node_hash(node, becomes)
            while low and not low & 1:
                low, high = low >> 1, high >> 1
        else:
            becomes = node_hash(becomes, node)
        low, high = low >> 1, high >> 1
    return high == 0 and was == old_root and becomes == new_root


# Ed25519

_P: Final = 2**255 - 19
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE: Final = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]
_NEUTRAL: Final[_Point] = (0, 1, 1, 0)


def _sum(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _combined(a: int, one: _Point, b: int, other: _Point) -> _Point:
    """Return a times one point and b times another, added."""
    added = {(1, 0): one, (0, 1): other, (1, 1): _sum(one, other)}
    total = _NEUTRAL
    for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        total = _sum(total, total)
        step = (a >> bit & 1, b >> bit & 1)
        if step in added:
            total = _sum(total, added[step])
    return total


def _point(encoded: bytes) -> _Point | None:
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


_BASE: Final = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether `signature` is the Ed25519 signature of `message` by a public key."""
    if len(key) != HASH or len(signature) != 2 * HASH or _BASE is None:
        return False
    signer, commitment = _point(key), _point(signature[:HASH])
    s = int.from_bytes(signature[HASH:], "little")
    if signer is None or commitment is None or s >= _ORDER:
        return False
    digest = sha512(signature[:HASH] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    minus = (_P - signer[0], signer[1], 1, _P - signer[3])
    x, y, z, _ = _combined(s, _BASE, challenge, minus)
    return not ((x - commitment[0] * z) % _P or (y - commitment[1] * z) % _P)


# What is signed


def head_message(log: str, size: int, root: str, at: str) -> bytes:
    """Return the bytes that a head's signature is of."""
    return f"recado-head-v1\n{log}\n{size}\n{root}\n{at}\n".encode()


def end_message(log: str, size: int, root: str, digest: str) -> bytes:
    """Return the bytes that an export's last signature is of."""
    return f"recado-export-v1\n{log}\n{size}\n{root}\n{digest}\n".encode()


def end_line(events: int, digest: str, signature: bytes) -> bytes:
    """Return an export's last line, of which every byte counts, too."""
    return (
        f'{{"recado":"end","events":{events},"sha256":"{digest}","signature":"{signature.hex()}"}}'
    ).encode()


def head_fault(head: Any, keys: Collection[bytes]) -> str | None:
    """Return what is wrong with a head, read from JSON; None if one of the keys signed it."""
    try:
        log, size, root, at = head["log"], head["size"], head["root"], head["at"]
        key, signature = bytes.fromhex(head["key"]), bytes.fromhex(head["signature"])
        is_shaped = head["recado"] == "head" and type(size) is int and size >= 0
        is_shaped = is_shaped and all(isinstance(word, str) for word in (log, at))
    except (KeyError, TypeError, ValueError):
        return "it is no signed head"
    if not is_shaped or not isinstance(root, str) or not _HEX.fullmatch(root):
        return "it is no signed head"
    if key not in keys:
        return "it is signed with a key that you do not trust"
    if not is_signed(key, head_message(log, size, root, at), signature):
        return "its signature is wrong"
    return None


# Lines of events


def line_begin(position: int, stream: str, version: int, topic: str) -> str:
    return (
        f'{{"position":{position},"stream":{encode_basestring(stream)},'
        f'"version":{version},"topic":{encode_basestring(topic)}'
    )


def event_line(position: int, stream: str, version: int, topic: str, state: bytes) -> bytes:
    """
    Return an event as a line of JSON from which exactly the stored bytes can be taken again.

    What is stored is JSON itself: its members follow after position, stream, version, topic
    and time. Where it is none, it stands there in base64.
    """
    begin = line_begin(position, stream, version, topic)
    try:
        stored = json.loads(state)
        at = stored["data"]["at"]
        fits = state.startswith(b'{"') and not (stored.keys() & _TOP) and isinstance(at, str)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        fits, at = False, ""
    if not fits or b"\n" in state or b"\r" in state:
        return f'{begin},"state_base64":"{base64.b64encode(state).decode()}"}}'.encode()
    return f'{begin},"at":{encode_basestring(at)},'.encode() + state[1:]


Event = tuple[int, str, int, str, bytes]
"""position, stream, version, topic, stored bytes"""


def read_event(line: bytes) -> Event:
    """Return what a line tells; raise `NotSound`."""
    try:
        event = _read(line, json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        event = None
    if event is None:
        raise NotSound(f"not an event as Recado writes it: {line[:60]!r}…")
    return event


def _read(line: bytes, told: Any) -> Event | None:
    position, version = told["position"], told["version"]
    stream, topic = told["stream"], told["topic"]
    if type(position) is not int or type(version) is not int:
        return None
    if not (0 < position < _MOST and 0 <= version < _MOST):
        return None
    if "state_base64" in told:
        state = base64.b64decode(told["state_base64"], validate=True)
        whole = line == event_line(position, stream, version, topic, state)
        return (position, stream, version, topic, state) if whole else None
    begin = line_begin(position, stream, version, topic)
    before = f'{begin},"at":{encode_basestring(told["at"])},'.encode()
    if not line.startswith(before) or told["at"] != told["data"]["at"]:
        return None
    return position, stream, version, topic, b"{" + line[len(before) :]


# An export


class Verification:
    """
    One way through an export. `faults` is empty where it is sound; `notes` say what that
    means; `shown` gets each event's line.
    """

    def __init__(
        self, keys: Collection[bytes], outside: Iterable[Any] = (), shown: list[bytes] | None = None
    ) -> None:
        self.faults: Final[list[str]] = []
        self.notes: Final[list[str]] = []
        self.events = 0
        self._keys: Final = keys
        self._outside: Final = list(outside)
        self._shown: Final = shown
        self._tree: Final = Frontier()
        self._awaited: Final[dict[int, list[str]]] = {}
        self._selection: Mapping[str, Any] = {}
        self._is_of_streams = False
        self._versions: Final[dict[str, int]] = {}
        self._skips: Final[list[tuple[int, int]]] = []
        self._head: Any = {}
        self._last = b""

    def check(self, lines: Iterable[bytes]) -> bool:
        """Go through a file's lines; return whether it is sound."""
        try:
            self._check(iter(lines))
        except NotSound as fault:
            self.faults.append(str(fault))
        return not self.faults

    def _check(self, lines: Iterator[bytes]) -> None:
        digest, page = sha256(), False
        first = next(lines, b"")
        if first.startswith(b"<!doctype html>"):
            page = True
            while first.rstrip(b"\n") != PROOF_BEGINS:
                if not first:
                    raise NotSound("the page holds no proof")
                digest.update(first)
                first = next(lines, b"")
            digest.update(first)
            first = next(lines, b"")
        self._begin(_record(first, page))
        digest.update(first)
        for line in lines:
            record = _record(line, page)
            if record.startswith(b'{"recado":"end"'):
                self._end(record, digest.hexdigest())
                break
            digest.update(line)
            self._take(record)
        else:
            raise NotSound("the export is cut off: its end is missing")
        rest = tuple(line.rstrip(b"\n") for line in lines)
        if rest != (PROOF_ENDS if page else ()):
            raise NotSound("something follows after the export's end")

    def _begin(self, record: bytes) -> None:
        begin = _json(record)
        if not isinstance(begin, dict) or begin.get("recado") != "export":
            raise NotSound("this is no export of Recado")
        self._head, self._selection = begin.get("head"), begin.get("selection") or {}
        if not isinstance(self._selection, dict):
            raise NotSound("this is no export of Recado")
        of_streams = not {"chat", "client"}.isdisjoint(self._selection)
        self._is_of_streams = of_streams and not self._selection.get("kind")
        if fault := head_fault(self._head, self._keys):
            raise NotSound(f"the export's head: {fault}")
        size = self._head["size"]
        for head in self._outside:
            if fault := head_fault(head, self._keys):
                self.faults.append(f"an outside head: {fault}")
            elif head["log"] != self._head["log"]:
                self.faults.append("an outside head is of another log")
            elif head["size"] > size:
                self.faults.append(
                    f"an outside head knows {head['size']} events, the export's head {size}:"
                    " the log was cut, or the export is older"
                )
            elif head["size"]:
                self._awaited.setdefault(head["size"], []).append(head["root"])

    def _take(self, record: bytes) -> None:
        if record.startswith(b'{"position":'):
            self._event(record)
            return
        told = _json(record)
        if told.get("recado") == "skip":
            self._skip(told)
        elif told.get("recado") == "opened":
            self._opened(told, record)
        elif told.get("recado") == "consistency":
            self._consistency(told)
        else:
            raise NotSound(f"a line that nobody knows: {record[:60]!r}")

    def _event(self, record: bytes) -> None:
        position, stream, version, topic, state = read_event(record)
        if position != self._tree.size + 1:
            raise NotSound(f"position {position} stands where {self._tree.size + 1} has to be")
        self.events += 1
        if self._is_of_streams:
            self._follows(stream, version, position)
        self._grow(leaf_hash(position, stream, version, topic, state), 0)
        self._last = state
        if self._shown is not None:
            self._shown.append(record)

    def _opened(self, told: Any, record: bytes) -> None:
        """Check words that were sealed in the event before: it holds their SHA-256."""
        try:
            is_told = sha256(told["text"].encode()).hexdigest() == json.loads(self._last)["digest"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            is_told = False
        if not is_told:
            raise NotSound(f"position {self._tree.size}: the words are not those that were sealed")
        self._last = b""
        if self._shown is not None:
            self._shown.append(record)

    def _follows(self, stream: str, version: int, position: int) -> None:
        before = self._versions.get(stream)
        begins = version if "since" in self._selection else 1
        if version != (begins if before is None else before + 1):
            raise NotSound(f"position {position}: {stream} version {version} follows {before}")
        self._versions[stream] = version

    def _skip(self, told: Any) -> None:
        try:
            to, hashes = told["to"], [_hash(one) for one in told["hashes"]]
            needed = [level for level, _ in spans(self._tree.size, to)]
        except (KeyError, TypeError, ValueError):
            raise NotSound("a gap between events is not written as Recado writes it") from None
        if not needed or len(needed) != len(hashes) or to > self._head["size"]:
            raise NotSound(f"a gap after position {self._tree.size} is not written right")
        self._skips.append((self._tree.size, to))
        for level, node in zip(needed, hashes, strict=True):
            self._grow(node, level)

    def _grow(self, node: bytes, level: int) -> None:
        tree = self._tree
        tree.add(node, level)
        if self._awaited and tree.size in self._awaited:
            root = tree.root().hex()
            for known in self._awaited.pop(tree.size):
                if known != root:
                    self._differs(tree.size)

    def _consistency(self, told: Any) -> None:
        try:
            proof = [_hash(one) for one in told["hashes"]]
            size, new = told["from"], (self._head["size"], bytes.fromhex(self._head["root"]))
            known = self._awaited.pop(size, [])
        except (KeyError, TypeError, ValueError):
            raise NotSound("a proof of consistency is not written as Recado writes it") from None
        for root in known:
            if not is_consistent((size, bytes.fromhex(root)), new, proof):
                self._differs(size)

    def _differs(self, size: int) -> None:
        self.faults.append(
            f"the first {size} events are not those of the outside head: history was rewritten"
        )

    def _end(self, record: bytes, digest: str) -> None:
        end, head = _json(record), self._head
        if self._tree.size != head["size"]:
            raise NotSound(f"the export ends at {self._tree.size}, its head at {head['size']}")
        if self._tree.root().hex() != head["root"]:
            raise NotSound("the events are not those that the head was signed for")
        message = end_message(head["log"], head["size"], head["root"], digest)
        try:
            signature = bytes.fromhex(end["signature"])
        except (KeyError, TypeError, ValueError):
            signature = b""
        is_ours = record == end_line(self.events, digest, signature)
        if not is_ours or not is_signed(bytes.fromhex(head["key"]), message, signature):
            raise NotSound("the file is not the one that was signed")
        self._complete()
        for size in self._awaited:
            self.faults.append(
                f"nothing in the export leads to the outside head of {size} events:"
                " export again with --against that head"
            )

    def _complete(self) -> None:
        by = self._selection.keys() - {"since", "until"}
        size = self._head["size"]
        inside = [gap for gap in self._skips if gap[0] != 0 and gap[1] != size]
        if (not self._selection and self._skips) or (not by and inside):
            raise NotSound("events are left out that the selection asks for")
        if by:
            self.notes.append("that nothing else fits the selection is the exporter's word")
        if not self._outside:
            self.notes.append("no outside head was given: a rewritten log signed anew looks sound")


def _record(line: bytes, page: bool) -> bytes:
    if not line.endswith(b"\n"):
        raise NotSound("the export is cut off within a line")
    if not page:
        return line[:-1]
    try:
        record = base64.b64decode(line[:-1], validate=True)
    except binascii.Error:
        record = b""
    if base64.b64encode(record) != line[:-1]:
        raise NotSound("the page's proof is damaged")
    return record


def _json(record: bytes) -> Any:
    try:
        told = json.loads(record)
    except (ValueError, RecursionError):
        raise NotSound(f"a line is no JSON: {record[:60]!r}") from None
    if not isinstance(told, dict):
        raise NotSound(f"a line that nobody knows: {record[:60]!r}")
    return told


def _hash(text: Any) -> bytes:
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        raise ValueError(text)
    return bytes.fromhex(text)


def key_from(text: str) -> bytes:
    """Return a public key given as 64 digits or as a file with them; raise ValueError, OSError."""
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    return _hash(Path(text).read_text("ascii").strip())


def heads_in(path: str) -> list[Any]:
    """Return the heads of a file, one a line; raise ValueError, OSError."""
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines() if line]


def main(arguments: list[str] | None = None) -> int:
    """Check one export; return the status that the command ends with."""
    parser = argparse.ArgumentParser(description="Checks an export of Recado's log.")
    parser.add_argument("export", help="a .jsonl or .html file of `recado audit export`")
    parser.add_argument("--key", action="append", required=True, help="public key, or its file")
    parser.add_argument("--head", action="append", default=[], help="file of outside heads")
    parser.add_argument("--show", action="store_true", help="print the events that were checked")
    given = parser.parse_args(arguments)
    shown: list[bytes] | None = [] if given.show else None
    try:
        keys = [key_from(text) for text in given.key]
        outside = [head for path in given.head for head in heads_in(path)]
        verification = Verification(keys, outside, shown)
        with Path(given.export).open("rb") as lines:
            sound = verification.check(lines)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    tell = sys.stdout.write
    for record in shown or ():
        tell(record.decode() + "\n")
    for fault in verification.faults:
        tell(f"FAULT: {fault}\n")
    if sound:
        tell(f"sound: {verification.events} events\n")
        for note in verification.notes:
            tell(f"note: {note}\n")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
