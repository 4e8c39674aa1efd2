"""Files that a visitor's page is shown, by texts that nobody else can write."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson

from adapters.channels.reading import Unreadable, int_of, load_object, text_of
from adapters.channels.webchat.config import WebChatConfig
from adapters.channels.webchat.visitors import opened, sealed

GOOD_FOR: Final = timedelta(hours=2)
"""Longer than a stream lives: whoever listens is told of a new link before the old one ends."""
_PURPOSE: Final = "shown"


@dataclass(frozen=True, slots=True)
class ShownFile:
    sha256: str
    name: str


def token_for(config: WebChatConfig, file: ShownFile, now: datetime) -> str:
    """Return a text that is good for one file, for a while."""
    until = int((now + GOOD_FOR).timestamp())
    return sealed(config, _PURPOSE, orjson.dumps({"f": file.sha256, "n": file.name, "t": until}))


def shown_by(config: WebChatConfig, token: str, now: datetime) -> ShownFile | None:
    """Return the file that a text is good for; None for one that is not, or not now."""
    try:
        said = load_object(opened(config, _PURPOSE, token) or b"")
    except Unreadable:
        return None
    sha256, name, until = text_of(said, "f"), text_of(said, "n"), int_of(said, "t")
    if sha256 is None or until is None or now.timestamp() >= until:
        return None
    return ShownFile(sha256, name or "")
