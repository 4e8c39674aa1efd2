"""What an append says about files: which are to be copied, and which chat holds which (M8)."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from domain.chat.events import (
    MediaCopied,
    MessageEdited,
    MessageReceived,
    MessageSent,
    MessageSentElsewhere,
)
from domain.chat.state import Chat
from domain.content import Media
from domain.event import Event

Record = dict[str, Any]


@dataclass(slots=True)
class Filing:
    """The files of one batch."""

    wanted: list[Record] = field(default_factory=list)
    """Those that lie at a provider; `event` is the place within the batch: 1 for its first."""
    held: list[Record] = field(default_factory=list)
    """Those that a message of a chat is known to hold."""

    def note(self, chat: Chat, event: Event, place: int) -> None:
        """Take down what an event of a chat says about files."""
        match event:
            case MessageReceived() | MessageEdited() | MessageSentElsewhere():
                for number, part in enumerate(event.parts):
                    if isinstance(part, Media) and part.reference is not None:
                        self._want(chat, event.seq, number, place)
            case MessageSent():
                for number, part in enumerate(event.parts):
                    if isinstance(part, Media) and part.sha256 is not None:
                        self._hold(chat, event.seq, number, part.sha256, part.name)
            case MediaCopied():
                self._hold(chat, event.seq, event.part, event.sha256, event.name)
            case _:
                pass

    def as_json(self) -> str | None:
        """Return what `recado_append` takes; None for nothing, which it nearly always is."""
        if not self.wanted and not self.held:
            return None
        return orjson.dumps({"wanted": self.wanted, "held": self.held}).decode()

    def _want(self, chat: Chat, seq: int, part: int, place: int) -> None:
        self.wanted.append(
            {
                "event": place,
                "part": part,
                "stream": f"chat-{chat.id}",
                "seq": seq,
                "account_id": chat.account_id,
            }
        )

    def _hold(self, chat: Chat, seq: int, part: int, sha256: str, name: str | None) -> None:
        # PostgreSQL's JSON takes no character nought.
        shown = None if name is None else name.replace("\x00", "")
        held = {"chat_id": chat.id, "seq": seq, "part": part, "sha256": sha256, "name": shown}
        self.held.append(held)
