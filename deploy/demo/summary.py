"""What a demo has shown, counted in the log and held against what customers wrote."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.log import LogReader
from domain.channel import ChannelAdded
from domain.chat.events import ChatAssigned, ChatOpened, MessageReceived, MessageSent
from domain.chat.state import Chat
from domain.entities import evolve, initial
from domain.event import Recorded


@dataclass(frozen=True, slots=True)
class Summary:
    received: int
    """Customers' messages in the log."""
    assigned: int
    """Assignments made, each with its reason."""
    answered: int
    """Operators' answers."""
    waiting: int
    """Chats whose customer has no answer yet."""
    lost: int
    """Messages that were accepted and are not in the log."""
    doubled: int
    """Messages that are in the log more than once."""

    def __str__(self) -> str:
        return "  ".join(f"{name} {count}" for name, count in asdict(self).items())


def count(
    reader: LogReader, mapper: EventMapper, after: int, written: Mapping[str, list[str]]
) -> Summary:
    """Return the summary of what happened since a position."""
    received: Counter[tuple[str, str]] = Counter()
    names: dict[str, str] = {}
    chats: dict[str, Chat] = {}
    assigned = answered = 0
    for raw in reader.raw():
        recorded = mapper.decode(*raw)
        _follow(recorded, chats, names)
        if recorded.position <= after:
            continue
        match recorded.event:
            case MessageReceived(provider_id=id_):
                account = chats[recorded.stream].account_id
                received[names.get(account, account), id_] += 1
            case ChatAssigned():
                assigned += 1
            case MessageSent(operator_id=str()):
                answered += 1
            case _:
                pass
    sent = {(account, id_) for account, ids in written.items() for id_ in ids}
    return Summary(
        received=received.total(),
        assigned=assigned,
        answered=answered,
        waiting=sum(chat.is_open and chat.waiting_since is not None for chat in chats.values()),
        lost=len(sent - received.keys()),
        doubled=sum(times - 1 for times in received.values()),
    )


def _follow(recorded: Recorded, chats: dict[str, Chat], names: dict[str, str]) -> None:
    event, stream = recorded.event, recorded.stream
    if isinstance(event, ChannelAdded):
        names[stream.removeprefix("channel-")] = event.name
    if isinstance(event, ChatOpened) or stream in chats:
        state = evolve(stream, chats.get(stream) or initial(stream), event)
        if isinstance(state, Chat):
            chats[stream] = state
