"""A3: whoever changes an export, or a log before it is exported, is found out."""

import os
import random
from collections import Counter
from collections.abc import Callable

import pytest

from adapters.audit.exporting import Proof, json_lines
from adapters.audit.heads import Signer
from adapters.audit.verifier import Event
from tests.adapters.audit.audit_kit import check, event, exported, head_of, log_of, signer, tree_of

TRIES = int(os.environ.get("RECADO_TAMPERINGS", "60"))
"""1000 for the whole trial; a hundredth of a second each."""
SIZE = 40
OURS, THEIRS = signer(1), signer(2)

Log = list[Event]


def edit(log: Log, dice: random.Random) -> Log:
    at = dice.randrange(len(log))
    return [*log[:at], event(at + 1, "Nunca"), *log[at + 1 :]]


def delete(log: Log, dice: random.Random) -> Log:
    at = dice.randrange(len(log))
    return [*log[:at], *log[at + 1 :]]


def insert(log: Log, dice: random.Random) -> Log:
    at = dice.randrange(len(log))
    return [*log[:at], event(at + 1, "Também"), *log[at:]]


def swap(log: Log, dice: random.Random) -> Log:
    one, other = sorted(dice.sample(range(len(log)), 2))
    changed = list(log)
    changed[one], changed[other] = log[other], log[one]
    return changed


def truncate(log: Log, dice: random.Random) -> Log:
    return log[: dice.randrange(1, len(log))]


def renumber(log: Log, dice: random.Random) -> Log:
    at = dice.randrange(len(log))
    position, stream, version, topic, state = log[at]
    return [*log[:at], (position, stream, version + 7, topic, state), *log[at + 1 :]]


KINDS: dict[str, Callable[[Log, random.Random], Log]] = {
    "edit": edit,
    "delete": delete,
    "insert": insert,
    "swap": swap,
    "truncate": truncate,
    "re-number": renumber,
}


def dense(log: Log) -> Log:
    """Return the log with positions as a careful forger writes them."""
    return [(n, *one[1:]) for n, one in enumerate(log, 1)]


def by_hand(log: Log, changed: Log) -> bytes:
    """Return the sound export with its lines of events exchanged, and nothing signed anew."""
    lines = exported(log, OURS).splitlines(keepends=True)
    others = exported(dense(changed), OURS).splitlines(keepends=True)
    return b"".join([lines[0], *others[1:-1], lines[-1]])


WAYS: dict[str, Callable[[Log, Log], bytes]] = {
    "the file alone": by_hand,
    "signed with another key": lambda _, changed: exported(dense(changed), THEIRS),
    "signed with the right key": lambda _, changed: exported(dense(changed), OURS),
}


def test_every_tampering_is_found_with_an_outside_head() -> None:
    """Without one, whatever was signed anew with the right key is not, of whichever kind."""
    dice = random.Random(7)
    unseen_alone = Counter[str]()
    log = log_of(SIZE)
    outside = head_of(log, OURS)
    for number in range(TRIES):
        kind = list(KINDS)[number % len(KINDS)]
        way = dice.choice(list(WAYS))
        export = WAYS[way](log, KINDS[kind](log, dice))
        assert check(export, OURS.public, outside), (number, kind, way)
        if not check(export, OURS.public):
            unseen_alone[f"{kind}, {way}"] += 1
    needs_an_outside_head = {f"{kind}, signed with the right key" for kind in KINDS}
    assert unseen_alone.keys() == needs_an_outside_head


def test_no_sound_export_is_called_tampered() -> None:
    dice = random.Random(8)
    for _ in range(TRIES):
        size = dice.randrange(1, SIZE)
        log = log_of(size)
        selection = dice.choice([None, {"chat": f"{dice.randrange(min(3, size))}"}])
        first = dice.randrange(1, size + 1)
        export = exported(log, OURS, selection, (first,))
        outside = [head_of(log[:first], OURS), head_of(log, OURS)]
        assert check(export, OURS.public, *outside) == []


def test_any_byte_of_a_file_counts() -> None:
    dice = random.Random(9)
    export = exported(log_of(9), OURS, {"chat": "1"})
    for _ in range(TRIES):
        at = dice.randrange(len(export))
        changed = bytes([export[at] ^ (1 << dice.randrange(8))])
        assert check(export[:at] + changed + export[at + 1 :], OURS.public)
    for at in range(0, len(export), 97):
        assert check(export[:at], OURS.public)
    assert check(export + b"\n", OURS.public)


def test_a_chat_with_an_event_left_out_is_no_chat() -> None:
    """Whoever holds the key can hide an event of a chat between two others only by its number."""
    log = log_of(12)
    hidden = [one for one in log if one[0] != 5]
    _expect_fault(hidden, log, {"chat": "1"}, "version 3 follows 1")


def test_an_export_of_everything_leaves_nothing_out() -> None:
    log = log_of(12)
    _expect_fault([one for one in log if one[0] != 5], log, {}, "left out")


def _expect_fault(told: Log, log: Log, selection: dict[str, str], fault: str) -> None:
    proof = Proof(head_of(log, OURS), tree_of(log)[1], OURS, selection)
    chat = selection.get("chat")
    events = [one for one in told if chat is None or one[1] == f"chat-{chat}"]
    found = check(b"".join(json_lines(proof, events)), OURS.public)
    assert any(fault in one for one in found), found


def test_a_gap_that_hides_an_outside_head_asks_for_a_proof() -> None:
    log = log_of(12)
    outside = head_of(log[:5], OURS)
    (fault,) = check(exported(log, OURS, {"chat": "0"}), OURS.public, outside)
    assert "--against" in fault
    assert check(exported(log, OURS, {"chat": "0"}, (5,)), OURS.public, outside) == []


@pytest.mark.parametrize("by", [OURS, THEIRS])
def test_heads_of_another_key_or_log_are_not_taken(by: Signer) -> None:
    log = log_of(5)
    assert check(exported(log, OURS), OURS.public, head_of(log, by, "another"))
