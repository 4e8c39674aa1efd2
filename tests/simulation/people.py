"""Operators: they come and go, lose their network, and work on what their lists show them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.acts import Ask, Assign, Transfer, ask_chat
from domain.chat import commands as c
from domain.chat.events import ReleaseReason, ReopenReason, WakeReason
from domain.content import Text
from domain.errors import LogIsBusy, Refused
from domain.operator import ChangePresence
from domain.ports import Act
from domain.routing import Reason
from domain.values import ChatId, GroupId, Meta, OperatorId, Presence, Priority, stream_of
from projections.inbox import InboxRow
from tests.simulation.nodes import Office
from tests.simulation.traffic import Traffic

META: Final = Meta("operator", "http")
BEATS_EVERY: Final = 15.0
DEEDS: Final = (
    *("answer",) * 30,
    *("read",) * 12,
    *("close",) * 14,
    *("pull",) * 6,
    *("to_group",) * 5,
    *("to_operator",) * 4,
    *("snooze",) * 4,
    *("comment",) * 3,
    "wake",
    "give_back",
    "need_no_answer",
    "prioritise",
    "tag",
    "mark_unread",
    "reopen",
)


@dataclass(slots=True)
class Person:
    id: OperatorId
    wants: Presence = Presence.OFFLINE
    unheard_until: float = 0.0


class People:
    def __init__(
        self, office: Office, traffic: Traffic, ids: list[OperatorId], groups: list[GroupId]
    ) -> None:
        self.people: Final = [Person(id_) for id_ in ids]
        self._groups: Final = groups
        self._office, self._rng, self._traffic = office, office.rng, traffic
        self._numbers = 0
        self._closed: Final = list[str]()

    def beat(self, person: Person) -> None:
        """Have his program give a sign of life, and be what he wants to be."""
        office = self._office
        if office.store.is_down or office.loop.time() < person.unheard_until:
            return
        if person.wants is not Presence.OFFLINE:
            office.heartbeats[person.id] = office.loop.now()
        seat = office.store.judge.seats[person.id]
        if seat.active and seat.presence is not person.wants:
            self._ask(person, person.wants)

    def _ask(self, person: Person, presence: Presence) -> None:
        command = ChangePresence(presence=presence)
        self.hand_in(Ask(stream=stream_of("operator", person.id), command=command, meta=META))

    def change_mind(self, person: Person) -> None:
        presences = (Presence.ONLINE, Presence.ONLINE, Presence.AWAY, Presence.OFFLINE)
        person.wants = self._rng.choice(presences)
        self.beat(person)

    def lose_network(self, person: Person) -> None:
        seconds = self._rng.choice((30.0, 100.0, 400.0)) * self._office.climate.pace
        person.unheard_until = self._office.loop.time() + seconds
        self._office.sometimes["network_lost"] += 1

    def work(self, person: Person) -> None:
        """Have him do something about a chat, as his lists show it."""
        office, rng = self._office, self._rng
        if person.wants is Presence.OFFLINE or office.loop.time() < person.unheard_until:
            return
        office.heartbeats[person.id] = office.loop.now()
        deed = rng.choice(DEEDS)
        shown = office.projector.open_chats.values()
        if deed == "reopen":
            self._reopen(person)
            return
        if deed == "pull" or (deed == "to_group" and rng.random() < 0.2):
            rows = [row for row in shown if row.operator_id is None]
        else:
            rows = [row for row in shown if row.operator_id == person.id]
        if rows:
            row = rng.choice(rows)
            self.hand_in(getattr(self, f"_{deed}")(person, row), retried=True)

    def hand_in(self, act: Act, *, retried: bool = False) -> None:
        """Do an act; what the log cannot take now is asked again under its identity."""
        try:
            self._office.store.do(act)
        except Refused as error:
            self._office.sometimes[f"refused_{type(error).__name__}"] += 1
        except LogIsBusy:
            if retried and act.identity is not None:
                self._office.loop.call_later(1.0, self._again, act)

    def _again(self, act: Act) -> None:
        self.hand_in(act, retried=True)

    def _on_chat(self, row: InboxRow, command: c.ChatCommand) -> Act:
        return ask_chat(row.chat_id, command, META, self._identity())

    def _identity(self) -> str:
        self._numbers += 1
        return f"asked:{self._numbers}"

    def _answer(self, person: Person, row: InboxRow) -> Act:
        message_id = f"answer:{self._numbers}"
        self._traffic.report(message_id, row.account_id)
        by = None if self._rng.random() < 0.05 else person.id
        parts = (Text(text="Bom dia"),)
        return self._on_chat(row, c.SendMessage(message_id=message_id, operator_id=by, parts=parts))

    def _read(self, person: Person, row: InboxRow) -> Act:
        return self._on_chat(row, c.MarkRead(operator_id=person.id, up_to=row.last_seq))

    def _close(self, person: Person, row: InboxRow) -> Act:
        self._closed.append(row.chat_id)
        return self._on_chat(row, c.CloseChat())

    def _pull(self, person: Person, row: InboxRow) -> Act:
        command = c.AssignChat(operator_id=person.id, reason=Reason("pulled"))
        return Assign(chat_id=row.chat_id, command=command, meta=META, identity=self._identity())

    def _to_group(self, person: Person, row: InboxRow) -> Act:
        group = self._rng.choice(self._groups)
        seats = self._office.projector.tables.operators.values()
        members = tuple(seat.id for seat in seats if dict(seat.skills).get(group))
        if not any(group in s.groups for s in self._office.store.judge.seats.values()):
            self._office.sometimes["passed_to_a_group_that_was_emptied"] += 1
        command = c.TransferChat(by_operator=person.id, to_group=group, comment="por favor")
        return Transfer(
            chat_id=row.chat_id,
            command=command,
            members=members,
            meta=META,
            identity=self._identity(),
        )

    def _to_operator(self, person: Person, row: InboxRow) -> Act:
        to = self._rng.choice(self.people).id
        command = c.TransferChat(
            by_operator=person.id,
            to_operator=to,
            comment="é contigo",
            forced=self._rng.random() < 0.4,
        )
        return Transfer(chat_id=row.chat_id, command=command, meta=META, identity=self._identity())

    def _snooze(self, person: Person, row: InboxRow) -> Act:
        seconds = self._rng.choice((20, 60, 300)) * self._office.climate.pace
        until = self._office.loop.now() + timedelta(seconds=seconds)
        return self._on_chat(row, c.SnoozeChat(until=until))

    def _wake(self, person: Person, row: InboxRow) -> Act:
        return self._on_chat(row, c.WakeChat(reason=WakeReason.BY_HAND))

    def _comment(self, person: Person, row: InboxRow) -> Act:
        other = self._rng.choice(self.people).id
        command = c.AddComment(operator_id=person.id, text="nota", mentions=(other,))
        return self._on_chat(row, command)

    def _give_back(self, person: Person, row: InboxRow) -> Act:
        return self._on_chat(row, c.ReleaseChat(reason=ReleaseReason.GIVEN_BACK))

    def _need_no_answer(self, person: Person, row: InboxRow) -> Act:
        return self._on_chat(row, c.SayNoAnswerNeeded(operator_id=person.id))

    def _prioritise(self, person: Person, row: InboxRow) -> Act:
        return self._on_chat(row, c.SetPriority(priority=self._rng.choice(list(Priority))))

    def _tag(self, person: Person, row: InboxRow) -> Act:
        return self._on_chat(row, c.TagChat(add=frozenset({self._rng.choice(("vip", "novo"))})))

    def _mark_unread(self, person: Person, row: InboxRow) -> Act:
        return self._on_chat(row, c.MarkUnread(operator_id=person.id))

    def _reopen(self, person: Person) -> None:
        if self._closed:
            chat = ChatId(self._rng.choice(self._closed[-20:]))
            given = person.id if self._rng.random() < 0.5 else None
            command = c.ReopenChat(reason=ReopenReason.BY_HAND, operator_id=given)
            self.hand_in(ask_chat(chat, command, META, self._identity()), retried=True)
