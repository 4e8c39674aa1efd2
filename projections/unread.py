"""
What the present assignee of a chat has not read, and what the next one would not have.

Messages are told apart by their `seq`. Ranges of them are kept, not lists, so that a
thousand unanswered messages are as small as one.
"""

from typing import Final, NamedTuple

from domain.values import OperatorId
from projections.rows import replacing

Ranges = tuple[tuple[int, int], ...]
"""First and last seq of each run, both included, rising, never touching."""


def including(ranges: Ranges, seq: int) -> Ranges:
    """
    Return the ranges with one more seq, higher than all in them.

    >>> including(((1, 2),), 3), including(((1, 2),), 5)
    (((1, 3),), ((1, 2), (5, 5)))
    """
    if ranges and ranges[-1][1] == seq - 1:
        return (*ranges[:-1], (ranges[-1][0], seq))
    return (*ranges, (seq, seq))


def above(ranges: Ranges, seq: int) -> Ranges:
    """
    Return what of the ranges is higher than `seq`.

    >>> above(((1, 3), (5, 9)), 6)
    ((7, 9),)
    """
    if not ranges or ranges[0][0] > seq:
        return ranges
    return tuple((max(first, seq + 1), last) for first, last in ranges if last > seq)


def size(ranges: Ranges) -> int:
    """
    Return how many seqs lie in the ranges.

    >>> size(((1, 3), (7, 7)))
    4
    """
    return sum(last - first + 1 for first, last in ranges)


class Unread(NamedTuple):
    """Everything that decides a chat's unread counts, now and after the next assignment."""

    mine: Ranges = ()
    """What the present assignee has not read."""
    unanswered: Ranges = ()
    """The client's messages since the last human reply, whoever has read them."""
    passed_on: tuple[int, OperatorId | None] | None = None
    """A transfer that nobody has taken yet: its seq and who asked for it."""
    reads: tuple[tuple[OperatorId, int], ...] = ()
    """Up to where each operator has read, as far as it still matters."""
    mentions: tuple[tuple[OperatorId, int], ...] = ()
    """Who was mentioned where and has not read it."""
    marked: tuple[OperatorId, ...] = ()
    """Who marked the chat unread for himself (V10)."""

    def total(self, owner: OperatorId | None) -> int:
        """Return how much `owner` has not read; 0 for a chat that nobody has."""
        if owner is None:
            return 0
        total = size(self.mine)
        return max(total, 1) if owner in self.marked else total


NOTHING: Final = Unread()
_with = replacing(Unread)


def received(unread: Unread, seq: int, owner: OperatorId | None) -> Unread:
    """Return it after a client's message (V9)."""
    # Written out, because it happens with every message of the log.
    return Unread(
        unread.mine if owner is None else including(unread.mine, seq),
        including(unread.unanswered, seq),
        unread.passed_on,
        unread.reads,
        unread.mentions,
        unread.marked,
    )


def received_from_colleague(unread: Unread, seq: int) -> Unread:
    """Return it after a colleague left something for the present owner."""
    return _with(unread, mine=including(unread.mine, seq))


def answered(unread: Unread, seq: int, by: OperatorId | None, owner: OperatorId | None) -> Unread:
    """Return it after a human reply; `by` is None where it was sent elsewhere."""
    unread = _with(unread, unanswered=())
    if by is not None:
        unread = _caught_up(unread, by, seq)
        if by == owner:
            unread = _with(unread, mine=())
    return _with(unread, reads=_still_of_use(unread))


def read(unread: Unread, up_to: int, by: OperatorId, owner: OperatorId | None) -> Unread:
    """Return it after `by` has read; a supervisor's reading is not the owner's (V10, S8)."""
    unread = _caught_up(unread, by, up_to)
    if by == owner:
        return _with(unread, mine=above(unread.mine, up_to))
    return unread


def marked_unread(unread: Unread, by: OperatorId) -> Unread:
    """Return it after `by` asked to be reminded of the chat."""
    return unread if by in unread.marked else _with(unread, marked=(*unread.marked, by))


def mentioned(
    unread: Unread,
    seq: int,
    who: tuple[OperatorId, ...],
    by: OperatorId,
    owner: OperatorId | None,
) -> Unread:
    """Return it after a comment that mentions operators (V9)."""
    others = tuple(dict.fromkeys(one for one in who if one != by))
    mentions = (*unread.mentions, *((one, seq) for one in others))
    mine = including(unread.mine, seq) if owner in others else unread.mine
    return _with(unread, mentions=mentions, mine=mine)


def passed_on(unread: Unread, seq: int, by: OperatorId | None) -> Unread:
    """Return it after a transfer; it counts for whoever is given the chat next."""
    return _with(unread, mine=(), passed_on=(seq, by))


def given(unread: Unread, owner: OperatorId) -> Unread:
    """Return it for a new owner: what came since the last human reply, unless he read it."""
    has_read = max((up_to for who, up_to in unread.reads if who == owner), default=0)
    seqs = {seq for who, seq in unread.mentions if who == owner}
    if unread.passed_on is not None and unread.passed_on[1] != owner:
        seqs.add(unread.passed_on[0])
    mine = _merged(unread.unanswered, seqs)
    return _with(unread, mine=above(mine, has_read), passed_on=None)


def taken_away(unread: Unread) -> Unread:
    """Return it for a chat that nobody has."""
    return _with(unread, mine=())


def closed(unread: Unread) -> Unread:
    """Return it for a closed chat: nothing in it waits for anybody."""
    return _with(unread, mine=(), unanswered=(), passed_on=None, reads=(), mentions=())


def _caught_up(unread: Unread, who: OperatorId, up_to: int) -> Unread:
    """Return it with `who` having seen everything up to a seq."""
    before = max((at for one, at in unread.reads if one == who), default=0)
    others = tuple(entry for entry in unread.reads if entry[0] != who)
    return _with(
        unread,
        reads=(*others, (who, max(before, up_to))),
        mentions=tuple(m for m in unread.mentions if m[0] != who or m[1] > up_to),
        marked=tuple(one for one in unread.marked if one != who),
    )


def _still_of_use(unread: Unread) -> tuple[tuple[OperatorId, int], ...]:
    """Return the reads that reach something a later owner might not have read."""
    waiting = [first for first, _ in unread.unanswered[:1]]
    waiting += [seq for _, seq in unread.mentions]
    if unread.passed_on is not None:
        waiting.append(unread.passed_on[0])
    if not waiting:
        return ()
    return tuple(entry for entry in unread.reads if entry[1] >= min(waiting))


def _merged(ranges: Ranges, seqs: set[int]) -> Ranges:
    if not seqs:
        return ranges
    for first, last in ranges:
        seqs.update(range(first, last + 1))
    merged: Ranges = ()
    for seq in sorted(seqs):
        merged = including(merged, seq)
    return merged
