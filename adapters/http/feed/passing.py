"""
What passes: who looks at a chat and who writes in it. Told, never stored, never told again.

Each process keeps what it heard for as long as it lasts and tells those whose feed shows the
chat's messages, but not the operator himself. NATS carries it to the other processes; while
NATS is away, colleagues at the same process still hear of each other.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from time import monotonic
from typing import Any, Final, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.http.feed import frames
from adapters.http.feed.feed import Feed
from adapters.http.feed.hub import Hub
from adapters.http.feed.views import MessagesView
from projections.items import stamp

State = Literal["viewing", "typing", "gone"]
Mode = Literal["reply", "comment"]

LASTS: Final[dict[State, float]] = {"viewing": 30.0, "typing": 6.0, "gone": 6.0}
"""Seconds; who is still there says so again before they are over."""


class Sign(BaseModel):
    """What one operator does with one chat just now."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    chat: str
    operator: str
    name: str
    state: State
    mode: Mode | None = None


class Carried(BaseModel):
    """A sign on its way to the other processes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    teller: str
    """Which process tells it: it knows already."""
    sign: Sign


@dataclass(frozen=True, slots=True)
class Heard:
    """A sign, when it was heard of, and what is said of it."""

    sign: Sign
    number: int
    ends: float
    frame: bytes


class Passing:
    """The last sign of each operator in each chat, as this process heard it."""

    def __init__(
        self,
        hub: Hub,
        publish: Callable[[bytes], Awaitable[None]],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._hub: Final = hub
        self._publish: Final = publish
        self._clock: Final = clock
        self._id: Final = uuid4().hex
        self._heard: Final[dict[str, dict[str, Heard]]] = {}
        self._numbers: Final = count(1)
        self.last = 0
        """The number of the last sign of all."""

    async def tell(self, sign: Sign) -> datetime:
        """Tell everybody concerned; return until when it is true."""
        until = self._take(sign)
        await self._publish(Carried(teller=self._id, sign=sign).model_dump_json().encode())
        return until

    def hear(self, said: bytes) -> None:
        """Take what another process told; what cannot be read is passed over."""
        with suppress(ValidationError):
            told = Carried.model_validate_json(said)
            if told.teller != self._id:
                self._take(told.sign)

    def since(self, feed: Feed, number: int, operator_id: str) -> bytes:
        """Return what a feed's subscriber was not told yet; he hears nothing of himself."""
        if number == self.last:
            return b""
        new = (h for h in self._of(feed) if h.number > number and h.sign.operator != operator_id)
        return b"".join(h.frame for h in new if number or h.sign.state != "gone")

    def sweep(self) -> None:
        """Forget what is over."""
        now = self._clock()
        for chat_id, signs in list(self._heard.items()):
            for operator_id in [id_ for id_, heard in signs.items() if heard.ends <= now]:
                del signs[operator_id]
            if not signs:
                del self._heard[chat_id]

    def count(self) -> int:
        """Return how many signs are kept."""
        return sum(map(len, self._heard.values()))

    def _of(self, feed: Feed) -> Iterator[Heard]:
        now = self._clock()
        for _, view in feed.views:
            if isinstance(view, MessagesView) and view.visible:
                for heard in self._heard.get(view.chat_id, {}).values():
                    if heard.ends > now:
                        yield heard

    def _take(self, sign: Sign) -> datetime:
        lasts = LASTS[sign.state]
        until = datetime.now(UTC) + timedelta(seconds=0 if sign.state == "gone" else lasts)
        self.last = next(self._numbers)
        heard = Heard(sign, self.last, self._clock() + lasts, _frame(sign, until))
        self._heard.setdefault(sign.chat, {})[sign.operator] = heard
        for feed in {feed for view in self._hub.messages_of(sign.chat) for feed in view.feeds}:
            feed.wake()
        return until


def _frame(sign: Sign, until: datetime) -> bytes:
    said: dict[str, Any] = {
        "chat": sign.chat,
        "operator": {"id": sign.operator, "name": sign.name},
        "state": sign.state,
        "mode": sign.mode,
        "until": stamp(until),
    }
    return frames.frame(b"ephemeral", said)
