"""The record of whatever no chat is told about."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, Protocol

from adapters.channels.reading import content_key, moment_of, raw_text, short
from domain.inbound import AccountRef, Notice


class Scope(Protocol):
    """Whom a thing concerns, and when it was told."""

    @property
    def account(self) -> AccountRef | None: ...
    @property
    def now(self) -> datetime: ...


def note(
    code: str,
    what: Any,
    scope: Scope,
    why: Literal["notice", "unknown", "unreadable"] = "notice",
) -> Notice:
    """
    Return the record of something that no chat is told about.

    Its key is its content alone: the time in an entry is when that delivery was sent, and
    re-batching moves a change into another entry.
    """
    source = what if isinstance(what, dict) else {}
    lasting = {key: value for key, value in source.items() if key != "time"} or what
    return Notice(
        account=scope.account,
        dedup_key=content_key("n", code, lasting),
        occurred_at=moment_of(source, "timestamp", scope.now),
        code=short(code),
        raw=raw_text(what),
        why=why,
    )


def note_junk(items: list[Any], scope: Scope) -> Iterator[Notice]:
    """Keep, in one notice, what stands in a list of objects and is none."""
    if junk := [item for item in items if not isinstance(item, dict)]:
        yield note("not-an-object", junk, scope, why="unreadable")
