"""Random valid histories: what the chat's own rules let happen, in an order of chance."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from domain.chat import commands as c
from domain.chat.decide import decide
from domain.chat.events import MessageState, ReleaseReason, ReopenReason, WakeReason
from domain.chat.state import Chat, evolve
from domain.content import Media, MediaKind, Parts, Text
from domain.errors import Refused
from domain.event import Event, Recorded
from domain.routing import Reason
from domain.values import (
    ChannelAccountId,
    ChatId,
    ClientId,
    GroupId,
    Meta,
    OperatorId,
    Priority,
    StreamId,
)

START = datetime(2030, 1, 2, 9, 0, tzinfo=UTC)
OPERATORS = tuple(OperatorId(name) for name in ("ana", "bia", "caio"))
GROUPS = tuple(GroupId(name) for name in ("vendas", "suporte"))
META = Meta("test")

ByHand = Reason("pulled")
ByRouting = Reason("least_busy", position=1)


@dataclass(slots=True)
class Log:
    """A log of one process: positions, versions and states, as the desk would keep them."""

    now: datetime = START
    recorded: list[Recorded] = field(default_factory=list)
    chats: dict[str, Chat] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def ask(self, chat_id: str, command: c.ChatCommand) -> list[Recorded]:
        """Return what was recorded; nothing where the rules refuse."""
        chat = self.chats.get(chat_id) or Chat(ChatId(chat_id))
        try:
            events = decide(chat, command, self.now)
        except Refused:
            return []
        added = []
        for event in events:
            chat = evolve(chat, event)
            added.append(self.record(f"chat-{chat_id}", event))
        self.chats[chat_id] = chat
        return added

    def record(self, stream: str, event: Event) -> Recorded:
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        position = len(self.recorded) + 1
        recorded = Recorded(position, StreamId(stream), version, META, None, event)
        self.recorded.append(recorded)
        return recorded

    def open(self, chat_id: str = "c1", group: str | None = None) -> None:
        self.ask(
            chat_id,
            c.OpenChat(
                account_id=ChannelAccountId("wa"),
                channel="whatsapp",
                client_id=ClientId(f"client-of-{chat_id}"),
                thread=chat_id,
                address="+5511900000000",
                episode=1,
                group_id=None if group is None else GroupId(group),
            ),
        )


def said(text: str) -> Parts:
    return (Text(text=text),)


_texts = st.sampled_from(["Oi", "Olá, João!", "", "nota\x00fiscal", "123.456.789-09", "  "])
_parts: st.SearchStrategy[Parts] = st.one_of(
    _texts.map(said),
    st.builds(
        lambda caption: (Media(media=MediaKind.IMAGE, caption=caption, name="nota.png"),), _texts
    ),
)
_who = st.sampled_from(OPERATORS)
_group = st.sampled_from(GROUPS)
_seq = st.integers(1, 12)
_late = st.integers(-300, 0).map(lambda seconds: timedelta(seconds=seconds))

Step = Callable[[Log, str], object]


def _asking(strategy: st.SearchStrategy[c.ChatCommand]) -> st.SearchStrategy[Step]:
    return strategy.map(lambda command: lambda log, chat: log.ask(chat, command))


def _received(parts: Parts, late: timedelta) -> Step:
    def step(log: Log, chat: str) -> None:
        provider_id = f"p{len(log.recorded)}"
        command = c.ReceiveMessage(
            provider_id=provider_id, parts=parts, sent_at=log.now + late, reply_to=None
        )
        log.ask(chat, command)

    return step


def _about_seq(make: Callable[[int], c.ChatCommand | None]) -> Step:
    """A step about the last message, whichever it is; none for a chat without."""

    def step(log: Log, chat: str) -> None:
        state = log.chats.get(chat)
        if state is not None and state.last_seq:
            command = make(state.last_seq)
            if command is not None:
                log.ask(chat, command)

    return step


def _waiting(log: Log, chat: str) -> None:
    state = log.chats.get(chat)
    if state is not None and state.waiting_since is not None:
        log.ask(chat, c.NoteWaiting(since=state.waiting_since, patience=timedelta()))


def _opened(log: Log, chat: str) -> None:
    log.open(chat, None if chat == "c1" else "vendas")


_mentions = st.lists(_who, max_size=2).map(tuple)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(_received, _parts, _late),
    st.builds(_received, _parts, _late),
    _asking(
        st.builds(
            c.SendMessage, message_id=st.just("m"), operator_id=st.none() | _who, parts=_parts
        )
    ),
    _asking(
        st.builds(
            c.NoteSentElsewhere,
            provider_id=st.just("e"),
            parts=_parts,
            sent_at=st.just(START),
        )
    ),
    _asking(st.builds(c.AssignChat, operator_id=_who, reason=st.sampled_from([ByHand, ByRouting]))),
    _asking(st.builds(c.ReleaseChat, reason=st.sampled_from(ReleaseReason))),
    _asking(
        st.builds(
            c.TransferChat,
            by_operator=_who,
            to_operator=_who,
            comment=st.none() | st.just("vê isto?"),
        )
    ),
    _asking(
        st.builds(
            c.TransferChat,
            by_operator=_who,
            to_group=_group,
            comment=st.none() | st.just("segunda via"),
        )
    ),
    _asking(st.builds(c.AddComment, operator_id=_who, text=st.just("nota"), mentions=_mentions)),
    _asking(st.builds(c.MarkRead, operator_id=_who, up_to=_seq)),
    _asking(st.builds(c.MarkRead, operator_id=_who, up_to=st.just(10_000))),
    _asking(st.builds(c.MarkUnread, operator_id=_who)),
    _asking(st.builds(c.SayNoAnswerNeeded, operator_id=_who)),
    _asking(
        st.builds(
            c.TagChat,
            add=st.frozensets(st.sampled_from(["vip", 'ç,{}"\\'])),
            remove=st.frozensets(st.sampled_from(["vip"])),
        )
    ),
    _asking(st.builds(c.SetPriority, priority=st.sampled_from(Priority))),
    _asking(st.builds(c.SnoozeChat, until=st.just(START + timedelta(days=1)))),
    _asking(st.builds(c.WakeChat, reason=st.sampled_from(WakeReason))),
    _asking(st.just(c.CloseChat())),
    _asking(
        st.builds(
            c.ReopenChat,
            reason=st.sampled_from(ReopenReason),
            operator_id=st.none() | _who,
        )
    ),
    st.just(_waiting),
    st.builds(
        _about_seq,
        st.sampled_from(
            [
                lambda seq: c.EditReceived(seq=seq, parts=said("melhor"), sent_at=START),
                lambda seq: c.DeleteReceived(seq=seq, sent_at=START),
                lambda seq: c.React(seq=seq, emoji="👍"),
                lambda seq: c.React(seq=seq, emoji=None),
                lambda seq: c.ReportDelivery(
                    seq=seq, state=MessageState.DELIVERED, provider_ids=("x",)
                ),
                lambda seq: c.EditComment(operator_id=OPERATORS[0], seq=seq, text="nota melhor"),
            ]
        ),
    ),
)


@st.composite
def logs(
    draw: st.DrawFn,
    chats: int = 1,
    most: int = 30,
    others: st.SearchStrategy[Callable[[Log], object]] | None = None,
) -> Log:
    """A log of so many chats, with other entities' events in between."""
    log = Log()
    names = [f"c{number}" for number in range(1, chats + 1)]
    for name in names:
        _opened(log, name)
    plain = st.tuples(st.sampled_from(names), steps, st.integers(1, 400))
    for name, step, seconds in draw(st.lists(plain, max_size=most)):
        log.now += timedelta(seconds=seconds)
        if others is not None and draw(st.integers(0, 3)) == 0:
            draw(others)(log)
        step(log, name)
    return log


def of_chat(log: Log, chat_id: str) -> Iterator[Recorded]:
    return (one for one in log.recorded if one.stream == f"chat-{chat_id}")
