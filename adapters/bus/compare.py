"""Whether the log's stream says what the log says, message by message."""

import asyncio
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal

from nats.aio.client import Client as Nats
from nats.js.errors import NotFoundError

from adapters.bus.streams import (
    LOG_STREAM,
    LogStreamReader,
    Sequenced,
    look_at_log_stream,
    reading,
)
from adapters.bus.subjects import POSITION, LogRow, event_headers, event_subject

RELAY_PATIENCE: Final = 2.0
"""Seconds that the relay may be behind the log's end without a word."""

_LOOK_AGAIN: Final = 0.05
_A_POSITION: Final = re.compile(r"[1-9][0-9]{0,17}")


def mistakes(message: Sequenced, row: LogRow) -> list[str]:
    """Return which parts of a message differ from what the relay makes of the row."""
    stream, _, topic, state, _ = row
    found = []
    if message.subject != event_subject(stream, topic):
        found.append("subject")
    if message.data != state:
        found.append("payload")
    headers = message.headers
    found += [name for name, text in event_headers(row).items() if headers.get(name) != text]
    return found


async def differences(
    nc: Nats, log_rows: AsyncIterable[LogRow], *, patience: float = RELAY_PATIENCE
) -> AsyncIterator[str]:
    """
    Yield a line for each run of positions at which the stream differs from the log.

    `log_rows` is the whole log from position 1, read to its end as it goes: both may
    grow meanwhile. What the stream lacks at the end is given `patience` seconds to come.
    Holds one block of messages at a time, however long the log is.
    """
    try:
        at_start = (await look_at_log_stream(nc)).last
    except NotFoundError:
        yield f"the stream {LOG_STREAM} does not exist"
        return
    runs = _Runs()
    async with reading(nc) as reader:
        places = _Places(reader, patience)
        position = 0
        async for row in log_rows:
            position = row[-1]
            message = await places.at(position)
            for line in runs.add(position, await _judge(nc, message, row, runs)):
                yield line
        for line in runs.end():
            yield line
    if at_start > position:
        yield f"{_span(position + 1, at_start)}: in the stream, not in the log"


@dataclass(frozen=True, slots=True)
class _Difference:
    kind: Literal["missing", "foreign", "altered", "misplaced"]
    what: str = ""
    shift: int = 0


async def _judge(
    nc: Nats, message: Sequenced | None, row: LogRow, runs: "_Runs"
) -> _Difference | None:
    if message is None:
        return _Difference("missing")
    position = row[-1]
    said = message.headers.get(POSITION, "")
    if said == f"{position}":
        wrong = mistakes(message, row)
        return _Difference("altered", ", ".join(wrong)) if wrong else None
    if not _A_POSITION.fullmatch(said):
        return _Difference("foreign")
    shift = int(said) - position
    if runs.goes_on_with(position, shift):
        return runs.difference
    doubled = await _holds_itself(nc, int(said))
    return _Difference("misplaced", f"position {said} is doubled" if doubled else "", shift)


async def _holds_itself(nc: Nats, position: int) -> bool:
    async with reading(nc, position) as reader:
        return any(
            m.sequence == position and m.headers.get(POSITION) == f"{position}"
            for m in await reader.block(1)
        )


class _Places:
    """The stream's messages, each asked for once, in rising order."""

    def __init__(self, reader: LogStreamReader, patience: float) -> None:
        self._reader = reader
        self._patience = patience
        self._block: Iterator[Sequenced] = iter(())
        self._ahead: Sequenced | None = None
        self._is_over = False

    async def at(self, sequence: int) -> Sequenced | None:
        """Return the message there; None when the stream has none."""
        while self._ahead is None or self._ahead.sequence < sequence:
            self._ahead = next(self._block, None)
            if self._ahead is None and not await self._read_on():
                return None
        return self._ahead if self._ahead.sequence == sequence else None

    async def _read_on(self) -> bool:
        give_up = monotonic() + self._patience
        while not self._is_over:
            messages = await self._reader.block()
            if messages:
                self._block = iter(messages)
                return True
            self._is_over = monotonic() >= give_up
            if not self._is_over:
                await asyncio.sleep(_LOOK_AGAIN)
        return False


class _Runs:
    """Neighbouring positions with the same difference, told in one line."""

    def __init__(self) -> None:
        self.difference: _Difference | None = None
        self._first = 0
        self._last = 0

    def goes_on_with(self, position: int, shift: int) -> bool:
        """Return whether the difference before this position is the same shift."""
        before = self.difference
        return before is not None and before.shift == shift and position == self._last + 1

    def add(self, position: int, difference: _Difference | None) -> Iterator[str]:
        """Yield the run that this position ends, if it does."""
        if difference != self.difference:
            yield from self.end()
            self.difference, self._first = difference, position
        self._last = position

    def end(self) -> Iterator[str]:
        """Yield the run that is open, if one is."""
        found, self.difference = self.difference, None
        if found is not None:
            yield f"{_span(self._first, self._last)}: {self._told(found)}"

    def _told(self, found: _Difference) -> str:
        match found.kind:
            case "missing":
                return "missing from the stream"
            case "foreign":
                return "the stream holds something else than an event"
            case "altered":
                return f"altered in the stream: {found.what}"
            case "misplaced":
                there = _span(self._first + found.shift, self._last + found.shift)
                return f"the stream holds {there} there{found.what and f' ({found.what})'}"


def _span(first: int, last: int) -> str:
    return f"position {first}" if first == last else f"positions {first} to {last}"
