"""
Stories that were told once, played again by other clients.

Telling one by the rules costs a hundred microseconds an event, which is too long for a
million chats. So a few dozen are told and written as they are stored; for everybody else
names and times are put in the place of theirs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.storage.mapper import EventMapper
from deploy.bench.histories import Cast, Happened, Story
from deploy.bench.payloads import phone
from domain.chat.events import ChatOpened, MessageReceived, MessageSent, MessageStateChanged
from domain.client.events import ClientCreated
from domain.entities import subject_of
from domain.lookup import identity_key, message_key, sent_key, thread_key
from domain.values import Identity, stream_of

VARIANTS: Final = 64
_TOLD_AT: Final = datetime(2020, 1, 1, tzinfo=UTC)
_TOLD_OF: Final = 97_531_008
"""The number of the first client of whom a story is told; all have eight digits."""


@dataclass(frozen=True, slots=True)
class Names:
    """What stands for one client in the log."""

    number: str
    client_id: str
    chat_id: str
    thread: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One event of a story, ready to be played by anybody."""

    later: timedelta
    """After the story's start."""
    is_about_chat: bool
    version: int
    topic: str
    pieces: tuple[bytes, ...]
    """What is stored, cut wherever the time stands."""
    keys: tuple[tuple[str, str, int], ...]
    """Lookup keys: what they are of, its name in the story, and the number they stand for."""


@dataclass(frozen=True, slots=True)
class Played:
    """One event before it has a place in the log."""

    at: datetime
    stream: str
    version: int
    topic: str
    state: bytes
    keys: tuple[tuple[str, int], ...]


class Repertoire:
    """Stories of one kind: with so many turns, that end or stay open."""

    def __init__(self, cast: Cast, mapper: EventMapper, turns: float, *, stays_open: bool) -> None:
        self._cast: Final = cast
        self._mapper: Final = mapper
        self._told: Final = []
        for number in range(_TOLD_OF, _TOLD_OF + VARIANTS):
            told = Story(cast, number, _TOLD_AT, turns, stays_open).tell()
            self._told.append((self._names(number), [self._scene(one) for one in told]))

    def play(self, number: int, start: datetime) -> Iterator[Played]:
        """Yield what happened to the nth client from a moment on."""
        told, scenes = self._told[number % VARIANTS]
        names = self._names(number)
        replaced = [
            (ours.encode(), theirs.encode())
            for ours, theirs in zip(_words(told), _words(names), strict=True)
        ]
        streams = stream_of("client", names.client_id), stream_of("chat", names.chat_id)
        for scene in scenes:
            at = start + scene.later
            state = _stamp(at).join(scene.pieces)
            for ours, theirs in replaced:
                state = state.replace(ours, theirs)
            keys = tuple(
                (self._key(kind, name, told, names), number) for kind, name, number in scene.keys
            )
            stream = streams[scene.is_about_chat]
            yield Played(at, stream, scene.version, scene.topic, state, keys)

    def operator(self, number: int) -> str:
        """Return who has the nth client's chat."""
        return self._cast.operator(_TOLD_OF + number % VARIANTS)

    def _names(self, number: int) -> Names:
        naming, account_id = self._cast.naming, self._cast.account_id
        client_id = naming.client(Identity("whatsapp.phone", phone(number)))
        thread = thread_key(naming, account_id, client_id, "")
        return Names(f"{number:08d}", client_id, naming.chat(account_id, thread, 1), thread)

    def _scene(self, one: Happened) -> Scene:
        state = self._mapper.encode(one.event, one.meta, subject_of(one.after))
        pieces = tuple(state.split(_stamp(one.at)))
        is_about_chat = one.stream.startswith("chat-")
        later, topic, keys = one.at - _TOLD_AT, one.event.TOPIC, tuple(_keys(one))
        return Scene(later, is_about_chat, one.after.version, topic, pieces, keys)

    def _key(self, kind: str, name: str, told: Names, names: Names) -> str:
        naming, account_id = self._cast.naming, self._cast.account_id
        name = name.replace(told.chat_id, names.chat_id).replace(told.number, names.number)
        match kind:
            case "thread":
                return names.thread
            case "client":
                return identity_key(naming, Identity("whatsapp.phone", name))
            case "sent":
                return sent_key(naming, name)
            case _:
                return message_key(naming, account_id, name)


def _keys(one: Happened) -> Iterator[tuple[str, str, int]]:
    """Yield what `domain.lookup.keys_of` makes keys of, before it is hidden in them."""
    match one.event:
        case ChatOpened(thread=thread, episode=episode):
            yield "thread", thread, episode
        case MessageReceived(seq=seq, provider_id=id_):
            yield "message", id_, seq
        case MessageSent(seq=seq, message_id=id_):
            yield "sent", id_, seq
        case MessageStateChanged(seq=seq, provider_ids=ids):
            yield from (("message", id_, seq) for id_ in ids)
        case ClientCreated(identities=identities):
            yield from (("client", identity.value, 0) for identity in identities)
        case _:
            return


def in_order(stories: Iterable[Iterator[Played]]) -> Iterator[Played]:
    """Yield what happens in all stories in the order of time, as their starts are in it."""
    waiting: list[Played] = []
    for number, story in enumerate(stories, 1):
        events = list(story)
        if number % VARIANTS == 0:
            waiting.sort(key=_at)
            started = events[0].at
            over = next((n for n, one in enumerate(waiting) if one.at >= started), len(waiting))
            yield from waiting[:over]
            del waiting[:over]
        waiting += events
    yield from sorted(waiting, key=_at)


def _at(one: Played) -> datetime:
    return one.at


def _words(names: Names) -> tuple[str, ...]:
    return names.client_id, names.chat_id, names.thread, names.number


def _stamp(at: datetime) -> bytes:
    """Return a time as the mapper writes it."""
    return at.isoformat().replace("+00:00", "Z").encode()
