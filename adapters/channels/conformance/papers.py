"""What a stranger needs besides code: bodies that others recorded, and words."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from adapters.channels.base import CONTRACT
from adapters.channels.conformance.cases import raw_request
from adapters.channels.conformance.hearing import heard_by
from adapters.channels.conformance.subject import Subject
from domain.inbound import Notice

ENOUGH: Final = 10


def recordings(subject: Subject) -> Iterator[str]:
    """Yield that too few bodies of others are there, and each that is not understood."""
    found = subject.cases.recordings
    if len(found) < ENOUGH:
        yield f"there are {len(found)} recorded bodies of {ENOUGH}"
    adapter = subject.make()
    empty = raw_request(subject.cases.account, {"body": {}})
    for number, body in enumerate(found):
        for event in heard_by(adapter, replace(empty, body=body)):
            if isinstance(event, Notice) and event.why == "unreadable":
                yield f"recording {number} is not understood: {event.code}"


def documentation(subject: Subject) -> Iterator[str]:
    """Yield what the page about the channel lacks."""
    meta = subject.meta
    if meta.contract != CONTRACT:
        yield f"it is made for contract {meta.contract}, this is {CONTRACT}"
    for name in ("title", "provider_version", "docs", "setup", "errors"):
        if not getattr(meta, name) and not (name == "errors" and _calls_nobody(subject)):
            yield f"`meta.{name}` is empty"


def _calls_nobody(subject: Subject) -> bool:
    return callable(getattr(subject.adapter, "send", None))
