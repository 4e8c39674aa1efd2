"""What holds for a chat whatever is asked of it, in any order."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.commands import ChatCommand
from domain.chat.decide import decide
from domain.chat.events import ChatEvent
from domain.chat.state import Chat, evolve, fold
from domain.content import Media, MediaKind
from domain.errors import Refused
from domain.routing import Reason
from domain.values import ChatId, GroupId, OperatorId, Priority
from tests.domain.chat.given import OPENED, text
from tests.spec import NOW

OPERATORS: Final = st.sampled_from([OperatorId(name) for name in ("ana", "bia", "caio")])
GROUPS: Final = st.sampled_from([GroupId("sales"), GroupId("billing")])
SEQS: Final = st.integers(0, 12)
WORDS: Final = st.sampled_from(
    [text("Oi"), text("Bom dia"), text(""), (Media(media=MediaKind.IMAGE, reference="a"),)]
)
COMMENTS: Final = st.sampled_from(["", "cuidado", "liga"])
IDS: Final = st.sampled_from(["a", "b", "c", "d"])
TAGS: Final = st.frozensets(st.sampled_from(["vip", "novo", "nota"]), max_size=2)
TIMES: Final = st.integers(-30, 30).map(lambda minutes: NOW + timedelta(minutes=minutes))
VERSIONS: Final = st.none() | st.integers(0, 20)

COMMANDS: Final[dict[type, st.SearchStrategy[Any]]] = {
    c.OpenChat: st.just(
        c.OpenChat(
            account_id=OPENED.account_id,
            channel=OPENED.channel,
            client_id=OPENED.client_id,
            thread=OPENED.thread,
            address=OPENED.address,
            episode=1,
            group_id=OPENED.group_id,
        )
    ),
    c.ReceiveMessage: st.builds(c.ReceiveMessage, provider_id=IDS, parts=WORDS, sent_at=TIMES),
    c.EditReceived: st.builds(c.EditReceived, seq=SEQS, parts=WORDS, sent_at=TIMES),
    c.DeleteReceived: st.builds(c.DeleteReceived, seq=SEQS, sent_at=TIMES),
    c.React: st.builds(c.React, seq=SEQS, emoji=st.sampled_from([None, "👍"])),
    c.SendMessage: st.builds(
        c.SendMessage,
        message_id=IDS,
        operator_id=st.none() | OPERATORS,
        parts=WORDS,
        window=st.sampled_from([None, timedelta(minutes=10)]),
    ),
    c.NoteSentElsewhere: st.builds(
        c.NoteSentElsewhere, provider_id=IDS, parts=WORDS, sent_at=TIMES
    ),
    c.ReportDelivery: st.builds(
        c.ReportDelivery,
        seq=SEQS,
        state=st.sampled_from(e.MessageState),
        provider_ids=st.lists(IDS, max_size=2).map(tuple),
        left_at=st.none() | TIMES,
    ),
    c.RetryMessage: st.builds(c.RetryMessage, seq=SEQS),
    c.SplitMessage: st.builds(c.SplitMessage, seq=SEQS, parts=st.integers(2, 3)),
    c.ReportUpTo: st.builds(c.ReportUpTo, state=st.sampled_from(e.MessageState), until=TIMES),
    c.NoteMediaCopied: st.builds(
        c.NoteMediaCopied,
        seq=SEQS,
        part=st.integers(0, 1),
        reference=IDS,
        sha256=IDS,
        mime=st.just("image/png"),
        size=st.integers(0, 9),
    ),
    c.NoteMediaLost: st.builds(
        c.NoteMediaLost, seq=SEQS, part=st.integers(0, 1), reference=IDS, why=IDS
    ),
    c.AssignChat: st.builds(
        c.AssignChat, operator_id=OPERATORS, reason=st.just(Reason("x")), seen_version=VERSIONS
    ),
    c.ReleaseChat: st.builds(
        c.ReleaseChat,
        reason=st.sampled_from(e.ReleaseReason),
        operator_id=st.none() | OPERATORS,
    ),
    c.TransferChat: st.one_of(
        st.builds(c.TransferChat, by_operator=OPERATORS, to_operator=OPERATORS, comment=COMMENTS),
        st.builds(c.TransferChat, by_operator=OPERATORS, to_group=GROUPS, comment=COMMENTS),
    ),
    c.ReleaseUnread: st.builds(
        c.ReleaseUnread,
        operator_id=OPERATORS,
        since=TIMES,
        within=st.just(timedelta(minutes=2)),
    ),
    c.OverflowChat: st.builds(
        c.OverflowChat,
        from_group=GROUPS,
        to_group=GROUPS,
        since=TIMES,
        after=st.just(timedelta(minutes=2)),
    ),
    c.AddComment: st.builds(c.AddComment, operator_id=OPERATORS, text=COMMENTS),
    c.EditComment: st.builds(c.EditComment, operator_id=OPERATORS, seq=SEQS, text=COMMENTS),
    c.MarkRead: st.builds(c.MarkRead, operator_id=OPERATORS, up_to=SEQS),
    c.MarkUnread: st.builds(c.MarkUnread, operator_id=OPERATORS),
    c.NoteWaiting: st.builds(c.NoteWaiting, since=TIMES, patience=st.just(timedelta(minutes=10))),
    c.SayNoAnswerNeeded: st.builds(c.SayNoAnswerNeeded, operator_id=OPERATORS),
    c.TagChat: st.builds(c.TagChat, add=TAGS, remove=TAGS),
    c.SetPriority: st.builds(c.SetPriority, priority=st.sampled_from(Priority)),
    c.SnoozeChat: st.builds(c.SnoozeChat, until=TIMES),
    c.WakeChat: st.builds(c.WakeChat, reason=st.sampled_from(e.WakeReason)),
    c.CloseChat: st.builds(c.CloseChat),
    c.ReopenChat: st.builds(
        c.ReopenChat,
        reason=st.sampled_from(e.ReopenReason),
        operator_id=st.none() | OPERATORS,
    ),
}

SAID_EACH_TIME: Final = (
    c.ReceiveMessage,
    c.EditReceived,
    c.DeleteReceived,
    c.React,
    c.SendMessage,
    c.NoteSentElsewhere,
    c.AddComment,
    c.EditComment,
)
"""Said twice, these are two things; it is their identity that makes a repeat known (M1)."""

TAKES_A_SEQ: Final = (
    e.MessageReceived,
    e.MessageSent,
    e.MessageSentElsewhere,
    e.CommentAdded,
    e.ChatTransferred,
)


def test_every_command_is_tried() -> None:
    assert {*COMMANDS} == {*get_args(ChatCommand)}


def _says_it_each_time(command: ChatCommand) -> bool:
    return isinstance(command, SAID_EACH_TIME) or (
        isinstance(command, c.TransferChat) and bool(command.comment)
    )


def _waiting_since(events: list[ChatEvent]) -> datetime | None:
    """Return when the oldest message that nobody answered came (V4), told once more."""
    since: datetime | None = None
    for event in events:
        match event:
            case e.MessageReceived(at=at):
                since = since or at
            case e.MessageSent(operator_id=str()) | e.MessageSentElsewhere():
                since = None
            case e.AnswerNotNeeded() | e.ChatClosed():
                since = None
            case _:
                pass
    return since


class AnyHistory(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.chat = Chat(ChatId("chat-1"))
        self.events: list[ChatEvent] = []
        self.owner: str | None = None

    def ask(self, command: ChatCommand) -> None:
        try:
            news = decide(self.chat, command, self.now)
        except Refused:
            return
        for event in news:
            self.follow_the_owner(event)
            self.chat = evolve(self.chat, event)
            assert self.chat.operator_id == self.owner
        self.events += news
        self.check_again(command)

    def check_again(self, command: ChatCommand) -> None:
        """Asked twice, a command adds nothing, or is refused as made on an older version."""
        if _says_it_each_time(command):
            return
        try:
            again = decide(self.chat, command, self.now)
        except Refused:
            assert getattr(command, "seen_version", None) is not None
        else:
            assert again == []

    def follow_the_owner(self, event: ChatEvent) -> None:
        """S3: he changes by these events alone, and is never put aside silently."""
        match event:
            case e.ChatAssigned(operator_id=to):
                assert self.owner is None
                self.owner = to
            case e.ChatReleased(operator_id=whose):
                assert self.owner == whose
                self.owner = None
            case e.ChatTransferred(from_operator=whose, to_operator=to):
                assert self.owner == whose
                self.owner = to
            case e.ChatClosed(operator_id=whose):
                assert self.owner == whose
                self.owner = None
            case e.ChatReopened(operator_id=to):
                assert self.owner is None
                self.owner = to
            case _:
                pass

    @rule(minutes=st.integers(0, 7))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(command=COMMANDS[c.OpenChat] | COMMANDS[c.ReceiveMessage] | COMMANDS[c.AssignChat])
    def the_usual_is_asked(self, command: ChatCommand) -> None:
        self.ask(command)

    @rule(command=st.one_of(list(COMMANDS.values())))
    def anything_is_asked(self, command: ChatCommand) -> None:
        self.ask(command)

    @rule(operator=OPERATORS)
    def the_router_assigns(self, operator: OperatorId) -> None:
        seen = self.chat.version
        self.ask(c.AssignChat(operator_id=operator, reason=Reason("x"), seen_version=seen))

    @rule()
    def the_timer_rings(self) -> None:
        if self.chat.waiting_since is not None:
            self.ask(c.NoteWaiting(since=self.chat.waiting_since, patience=timedelta(minutes=10)))

    @invariant()
    def the_version_counts_the_events(self) -> None:
        assert self.chat.version == len(self.events)

    @invariant()
    def seqs_have_no_hole(self) -> None:
        taken = [event.seq for event in self.events if isinstance(event, TAKES_A_SEQ)]
        assert taken == list(range(1, len(taken) + 1))
        assert self.chat.last_seq == len(taken)

    @invariant()
    def the_clock_follows_v4(self) -> None:
        assert self.chat.waiting_since == _waiting_since(self.events)

    @invariant()
    def crossing_the_line_is_said_once_for_each_clock(self) -> None:
        """V6"""
        crossed = [ev.since for ev in self.events if isinstance(ev, e.ChatBecameWaiting)]
        assert len(crossed) == len({*crossed}) or self._clocks_started_at_once(crossed)

    def _clocks_started_at_once(self, crossed: list[datetime]) -> bool:
        """Time may stand still here: two clocks then start at the same instant."""
        starts = [ev.at for ev in self.events if isinstance(ev, e.MessageReceived)]
        return all(crossed.count(since) <= starts.count(since) for since in crossed)

    @invariant()
    def only_an_open_chat_awake_takes_capacity(self) -> None:
        """R3"""
        chat = self.chat
        is_at_work = chat.is_open and chat.snoozed_until is None
        assert chat.occupies == (chat.operator_id if is_at_work else None)
        assert chat.operator_id is None or chat.is_open

    @invariant()
    def nobody_has_read_what_is_not_there(self) -> None:
        """V10"""
        assert all(up_to <= self.chat.last_seq for up_to in self.chat.read_by.values())

    @invariant()
    def folding_again_gives_the_same(self) -> None:
        """V12"""
        assert fold(Chat(self.chat.id), self.events) == self.chat

    def teardown(self) -> None:
        for event in self.events:
            # What was once recorded is never refused, not even where it makes no sense.
            evolve(replace(self.chat, is_open=False), event)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
