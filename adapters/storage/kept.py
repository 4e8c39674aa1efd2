"""What a desk keeps from batch to batch: states and keys, true as of one position."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from adapters.storage.batch import LogRow
from adapters.storage.mapper import EventMapper
from domain.chat.events import ChatOpened
from domain.entities import State, evolve
from domain.errors import RecadoError
from domain.ports import Found
from domain.values import StreamId

KEPT: Final = 20_000
"""States and keys kept from batch to batch; the longest unused go first."""
SLACK: Final = 1_000
"""More than that are kept before some go: going through them costs as much for one as for all."""


class Memory:
    """What is kept between batches, true as of `position`."""

    def __init__(self) -> None:
        self.position = 0
        self.states: dict[str, State] = {}
        self.found: dict[str, Found] = {}

    def forget(self) -> None:
        """Drop everything: it may not be true any more."""
        self.__init__()  # type: ignore[misc]  # a forgotten memory is a new one

    def catch_up(self, tail: Iterable[LogRow], position: int, mapper: EventMapper) -> None:
        """Bring what is kept up to what others appended meanwhile."""
        # Where another's chat is told by its thread, nothing sealed is needed.
        blind = mapper.blind()
        for stream, version, topic, state, at in tail:
            row = (at, stream, version, topic, state)
            if stream in self.states:
                self._fold(stream, mapper, row)
            elif topic == ChatOpened.TOPIC:
                self._fold(stream, blind, row)
        self.position = position

    def _fold(
        self, stream: str, mapper: EventMapper, row: tuple[int, str, int, str, bytes]
    ) -> None:
        try:
            event = mapper.decode(*row).event
        except RecadoError:
            # Whoever asks for this stream is told; the others' acts go on.
            self.states.pop(stream, None)
            return
        if isinstance(event, ChatOpened):
            self.found[event.thread] = Found(StreamId(stream), event.episode, row[0])
        if (known := self.states.get(stream)) is not None:
            self.states[stream] = evolve(stream, known, event)

    def shrink(self) -> None:
        """Drop what was not used for longest, so that memory stays bounded."""
        for kept in (self.states, self.found):
            if len(kept) > KEPT + SLACK:
                for name in list(islice(kept, len(kept) - KEPT)):
                    del kept[name]
