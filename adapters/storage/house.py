"""
All that a batch of decisions may look at: what was loaded, plus what the batch adds.

States of streams are kept from batch to batch and brought up to date from the log's
tail, so that an ordinary message needs no read of its chat. Under the write lock the
house is exact: nobody else can append between looking and deciding.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol, TypeVar, cast

from eventsourcing.persistence import StoredEvent

from adapters.storage.batch import Batch, LogRow, Opened, Wanted
from adapters.storage.kept import Memory
from adapters.storage.mapper import EventMapper
from adapters.storage.sealing.writing import BatchKeys
from adapters.storage.wanting import keys_needed, seats_needed, streams_needed
from domain.account import Account
from domain.channel import ChannelAccount
from domain.chat.events import ChatErased, MessageSent, MessageState, MessageStateChanged
from domain.chat.state import Chat
from domain.client.events import ClientErased
from domain.client.state import Client
from domain.entities import State, evolve, initial, subject_of
from domain.errors import RecadoError
from domain.event import NewEvent
from domain.field import Field
from domain.group import Group
from domain.lookup import identity_key, keys_of
from domain.operator import Operator
from domain.ports import Act, Found, Receipt
from domain.saved_filter import SavedFilter, Tabs
from domain.tag import Tag
from domain.template import Template
from domain.values import (
    ACCOUNT_STREAM,
    ChannelAccountId,
    ChatId,
    ClientId,
    FieldId,
    FilterId,
    GroupId,
    Naming,
    OperatorId,
    TagId,
    TemplateId,
    Timestamp,
    WebhookId,
    stream_of,
)
from domain.webhook import Webhook

T = TypeVar("T")


class Shelves(Protocol):
    """Where what is missing is looked up."""

    def keys(self, keys: Sequence[str]) -> dict[str, Found]: ...
    def streams(self, streams: Sequence[str]) -> list[LogRow]: ...
    def loads(self, operators: Sequence[str]) -> dict[str, int]: ...


class BatchHouse:
    """One batch's working table; implements `domain.ports.House`."""

    def __init__(
        self,
        memory: Memory,
        shelves: Shelves,
        mapper: EventMapper,
        naming: Naming,
        opened: Opened,
        keys: BatchKeys | None = None,
    ) -> None:
        self._base: Final = opened.position
        self._memory: Final = memory
        self._shelves: Final = shelves
        self._mapper: Final = mapper
        self._naming: Final = naming
        self._now: Final = opened.now
        self._keys: Final = keys
        self._absent: set[str] = set()
        self._states: dict[str, State] = {}
        self._loads: dict[str, int] = {}
        self._unreadable: dict[str, RecadoError] = {}
        self.batch: Final = Batch(at=opened.now)

    @property
    def now(self) -> Timestamp:
        return self._now

    @property
    def naming(self) -> Naming:
        return self._naming

    def take(self, wanted: Wanted, opened: Opened) -> None:
        """Take in what was looked up together with the lock."""
        self._memory.found.update(opened.found)
        self._absent.update(key for key in wanted.keys if key not in opened.found)
        self._take_streams([s for s in wanted.streams if self._kept(s) is None], opened.rows)
        self._loads.update({OperatorId(one): opened.loads.get(one, 0) for one in wanted.seats})

    def prefetch(self, acts: Iterable[Act]) -> None:
        """Look up what the acts need besides: one query for all keys, one for all streams."""
        acts = list(acts)
        self._find_all(keys_needed(acts, self._naming))
        streams = streams_needed(acts, self._known_key, self._naming)
        if unknown := [stream for stream in streams if self._kept(stream) is None]:
            self._load_streams(unknown)
        if seats := [one for one in seats_needed(acts) if one not in self._loads]:
            self._load_seats(seats)

    def find(self, key: str) -> Found | None:
        if (found := self._known_key(key)) is None and key not in self._absent:
            self._find_all({key})
            found = self._known_key(key)
        return found

    def chat(self, id_: ChatId) -> Chat:
        return cast("Chat", self.state(stream_of("chat", id_)))

    def client(self, id_: ClientId) -> Client:
        return cast("Client", self.state(stream_of("client", id_)))

    def operator(self, id_: OperatorId) -> Operator:
        return cast("Operator", self.state(stream_of("operator", id_)))

    def group(self, id_: GroupId) -> Group:
        return cast("Group", self.state(stream_of("group", id_)))

    def channel(self, id_: ChannelAccountId) -> ChannelAccount:
        return cast("ChannelAccount", self.state(stream_of("channel", id_)))

    def account(self) -> Account:
        return cast("Account", self.state(ACCOUNT_STREAM))

    def field(self, id_: FieldId) -> Field:
        return cast("Field", self.state(stream_of("field", id_)))

    def tag(self, id_: TagId) -> Tag:
        return cast("Tag", self.state(stream_of("tag", id_)))

    def template(self, id_: TemplateId) -> Template:
        return cast("Template", self.state(stream_of("template", id_)))

    def webhook(self, id_: WebhookId) -> Webhook:
        return cast("Webhook", self.state(stream_of("webhook", id_)))

    def filter(self, id_: FilterId) -> SavedFilter:
        return cast("SavedFilter", self.state(stream_of("filter", id_)))

    def tabs(self, id_: OperatorId) -> Tabs:
        return cast("Tabs", self.state(stream_of("tabs", id_)))

    def load(self, operator_id: OperatorId) -> int:
        if operator_id not in self._loads:
            self._load_seats([operator_id])
        return self._loads[operator_id]

    def state(self, stream: str) -> State:
        """Return a stream's state, with what this batch has added to it."""
        if (state := self._kept(stream)) is None:
            self._load_streams([stream])
            if (error := self._unreadable.get(stream)) is not None:
                raise error
            state = self._states[stream]
        return state

    def record(self, act: Act, events: list[NewEvent]) -> Receipt:
        """Add what an act led to, and return its receipt."""
        encoded = [self._encoded(act, pair) for pair in self._evolved(events)]
        main: Found | None = None
        for new, after, state in encoded:
            number = self._apply(new, after, state)
            if main is None or hasattr(new.event, "seq"):
                place = len(self.batch.events)
                main = Found(new.stream, number, place, act.fingerprint)
        position = self._base + len(self.batch.events)
        if main is None:
            return Receipt(None, 0, position)
        if act.identity is not None:
            last = len(self.batch.events)
            self.batch.keys[act.identity] = Found(main.stream, main.number, last, main.fingerprint)
        version = self.state(main.stream).version
        return Receipt(main.stream, version, position, main.number, len(events))

    def commit(self, position: int) -> None:
        """Keep what the batch made true, now that it is committed up to `position`."""
        base = position - len(self.batch.events)
        memory = self._memory
        for stream, state in self._states.items():
            memory.states.pop(stream, None)
            memory.states[stream] = state
        for key in self.batch.freed:
            memory.found.pop(key, None)
        for key, found in self.batch.keys.items():
            memory.found[key] = Found(
                found.stream, found.number, found.position + base, found.fingerprint
            )
        memory.position = position
        memory.shrink()
        if self._keys is not None:
            self._keys.committed()

    def _evolved(self, events: list[NewEvent]) -> list[tuple[NewEvent, State]]:
        after: dict[str, State] = {}
        evolved = []
        for new in events:
            state = after.get(new.stream) or self.state(new.stream)
            after[new.stream] = state = evolve(new.stream, state, new.event)
            evolved.append((new, state))
        return evolved

    def _encoded(self, act: Act, pair: tuple[NewEvent, State]) -> tuple[NewEvent, State, bytes]:
        new, after = pair
        event, meta, subject = new.event, act.meta, subject_of(after)
        if self._keys is None:
            return new, after, self._mapper.encode(event, meta, subject)
        place = (new.stream, after.version)
        return new, after, self._mapper.seal(event, meta, subject, place, self._keys.key_of)

    def _apply(self, new: NewEvent, after: State, encoded: bytes) -> int:
        before = self.state(new.stream)
        self._states[new.stream] = after
        self.batch.events.append(_stored(new.stream, after.version, new.event.TOPIC, encoded))
        place = len(self.batch.events)
        for key in keys_of(self._naming, after, new.event):
            found = Found(new.stream, key.number, place)
            self.batch.keys[key.key] = found
        if isinstance(before, Chat) and isinstance(after, Chat):
            self._move(before.occupies, after.occupies)
            self._post(new, after, place)
            self.batch.files.note(after, new.event, place)
        if isinstance(before, Client) and isinstance(new.event, ClientErased):
            self._erase(before)
        number: int = getattr(new.event, "seq", after.version)
        return number

    def _post(self, new: NewEvent, chat: Chat, place: int) -> None:
        """Keep the list of what is to be sent in step with the chat (M6)."""
        match new.event:
            case MessageSent(seq=seq):
                self.batch.outgoing[new.stream, seq] = (chat.account_id, place)
            case MessageStateChanged(seq=seq, state=MessageState.QUEUED):
                self.batch.outgoing[new.stream, seq] = (chat.account_id, None)
            case MessageStateChanged(seq=seq):
                self.batch.outgoing.pop((new.stream, seq), None)
                self.batch.settled.append((new.stream, seq))
            case ChatErased():
                self.batch.erased_chats.append(new.stream)
            case _:
                pass

    def _erase(self, client: Client) -> None:
        """Destroy his key with the batch, and let nothing lead to him any more (A4)."""
        for identity in client.identities:
            key = identity_key(self._naming, identity)
            self.batch.freed.append(key)
            self.batch.keys.pop(key, None)
        if self._keys is not None:
            self._keys.destroy(client.id)

    def _move(self, left: OperatorId | None, taken: OperatorId | None) -> None:
        if left == taken:
            return
        for operator, change in ((left, -1), (taken, 1)):
            if operator is not None:
                self.batch.loads[operator] = self.batch.loads.get(operator, 0) + change
                if operator in self._loads:
                    self._loads[operator] += change

    def _known_key(self, key: str) -> Found | None:
        return self.batch.keys.get(key) or self._memory.found.get(key)

    def _find_all(self, keys: Iterable[str]) -> None:
        missing = [k for k in keys if self._known_key(k) is None and k not in self._absent]
        if not missing:
            return
        found = self._shelves.keys(missing)
        self._memory.found.update(found)
        self._absent.update(key for key in missing if key not in found)

    def _kept(self, stream: str) -> State | None:
        return self._states.get(stream) or self._memory.states.get(stream)

    def _load_streams(self, streams: Sequence[str]) -> None:
        self._take_streams(streams, self._shelves.streams(streams))

    def _take_streams(self, streams: Sequence[str], rows: Iterable[LogRow]) -> None:
        states: dict[str, State] = {stream: initial(stream) for stream in streams}
        for stream, version, topic, state, position in rows:
            if stream not in states:
                continue
            try:
                event = self._mapper.decode(position, stream, version, topic, state).event
                states[stream] = evolve(stream, states[stream], event)
            except RecadoError as error:
                self._unreadable[stream] = error
        self._states.update((s, state) for s, state in states.items() if s not in self._unreadable)

    def _load_seats(self, operators: Sequence[str]) -> None:
        stored = self._shelves.loads(operators)
        for operator in operators:
            added = self.batch.loads.get(operator, 0)
            self._loads[operator] = stored.get(operator, 0) + added


def _stored(stream: str, version: int, topic: str, state: bytes) -> StoredEvent:
    return StoredEvent(originator_id=stream, originator_version=version, topic=topic, state=state)
