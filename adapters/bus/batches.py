"""
Many messages to a JetStream stream, all or none.

The library has no call for atomic batches, and its asynchronous publish never resolves
what the server refuses: these are plain messages, and a request for the last one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Final

import orjson
from nats.aio.client import Client as Nats
from nats.js.api import Header

from adapters.bus.nats import while_connected

MOST_MESSAGES: Final = 1000
"""In one atomic batch: the server refuses more."""

MOST_BYTES: Final = 8 * 1024 * 1024
"""In one atomic batch, so that neither side holds much more at a time."""

ANSWER_WITHIN: Final = 5.0
_OVERHEAD: Final = 256
"""Bytes that the headers of a batch add to a message, at most."""

_EXPECTED: Final = Header.EXPECTED_LAST_SEQUENCE.value
_BATCH: Final = Header.BATCH_ID.value
_NUMBERED: Final = Header.BATCH_SEQUENCE.value
_COMMIT: Final = Header.BATCH_COMMIT.value
_WRONG_LAST: Final = 10071
_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be published."""

    subject: str
    payload: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes on the wire, at most, as the server's `max_payload` counts them."""
        headers = "".join([*self.headers, *self.headers.values()])
        length = len(headers) if headers.isascii() else len(headers.encode())
        return len(self.payload) + length + 4 * len(self.headers) + _OVERHEAD


class PublishRefused(Exception):
    """The stream took nothing of the batch."""


class WrongLastSequence(PublishRefused):
    def __init__(self, last: int | None) -> None:
        super().__init__(f"the stream's last sequence is {last}")
        self.last = last
        """What the server says it is; None when it does not tell."""


class BatchRefused(PublishRefused):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"the stream refused a batch: {text} ({code})")
        self.code = code
        self.text = text


class MessageTooLarge(PublishRefused):
    def __init__(self, subject: str, size: int, limit: int) -> None:
        super().__init__(
            f"a message on {subject} needs {size} bytes and the server takes {limit}:"
            " raise max_payload in its configuration"
        )
        self.subject = subject
        self.size = size
        self.limit = limit


async def publish_batch(
    nc: Nats, messages: Sequence[Message], *, expected_last: int | None = None
) -> int:
    """
    Store the messages in the stream of their subjects; return the last one's sequence.

    They are stored in order, all or none; only a list of more than `MOST_MESSAGES` or
    `MOST_BYTES` is stored in several such parts, one after the other. With
    `expected_last` nothing is stored unless the stream ends there.

    Raises WrongLastSequence, BatchRefused, MessageTooLarge (before anything is sent),
    and the connection's own errors: after TimeoutError it is not known what became of
    the part that was under way.
    """
    if not messages:
        raise ValueError("a batch needs a message")
    last = 0
    for part in list(_parts(messages, nc.max_payload)):
        last = await while_connected(nc, _publish_part(nc, part, expected_last))
        if expected_last is not None:
            expected_last = last
    return last


def _parts(messages: Sequence[Message], limit: int) -> Iterator[list[Message]]:
    part: list[Message] = []
    total = 0
    for message in messages:
        size = message.size
        # The server ends the connection of whoever sends more, and the library then gives up.
        if size > limit:
            raise MessageTooLarge(message.subject, size, limit)
        if part and (len(part) == MOST_MESSAGES or total + size > MOST_BYTES):
            yield part
            part, total = [], 0
        part.append(message)
        total += size
    yield part


async def _publish_part(nc: Nats, part: Sequence[Message], expected_last: int | None) -> int:
    expected = {} if expected_last is None else {_EXPECTED: f"{expected_last}"}
    *others, final = part
    if not others:
        return await _answer(nc, final, dict(final.headers) | expected)
    batch = token_hex(12)
    for number, message in enumerate(others, 1):
        headers = {**message.headers, **expected, _BATCH: batch, _NUMBERED: f"{number}"}
        await nc.publish(message.subject, message.payload, headers=headers)
        expected = {}
    commit = {_BATCH: batch, _NUMBERED: f"{len(part)}", _COMMIT: "1"}
    return await _answer(nc, final, {**final.headers, **commit})


async def _answer(nc: Nats, message: Message, headers: dict[str, str]) -> int:
    reply = await nc.request(
        message.subject, message.payload, timeout=ANSWER_WITHIN, headers=headers or None
    )
    answer: dict[str, Any] = orjson.loads(reply.data)
    error = answer.get("error")
    if error is None:
        return int(answer["seq"])
    code, text = int(error.get("err_code", 0)), str(error.get("description", ""))
    if code == _WRONG_LAST:
        found = _NUMBER.search(text)
        raise WrongLastSequence(int(found[0]) if found else None)
    raise BatchRefused(code, text)
