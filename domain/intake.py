"""
What becomes of the things that channels say.

One `TakeIn` is one inbound value. Its identity is the provider's own name for it, so
that it is recorded once however often and wherever it is delivered (M1).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from domain.channel import KeepPayload, decide_payload
from domain.channel import Payload as PayloadState
from domain.chat import commands as c
from domain.chat.decide import decide
from domain.chat.events import ReopenReason
from domain.chat.state import Chat, fold
from domain.client.commands import MeetClient, NoteConsent
from domain.client.decide import decide as decide_client
from domain.client.state import evolve as evolve_client
from domain.content import words_of
from domain.event import NewEvent
from domain.inbound import (
    ConsentChanged,
    DeliveryReported,
    EchoArrived,
    FromPeer,
    InboundEvent,
    MessageArrived,
    MessageWasDeleted,
    MessageWasEdited,
    Notice,
    Peer,
    ReactionArrived,
)
from domain.lookup import identity_key, inbound_key, message_key, sent_key, thread_key
from domain.ports import Found, House
from domain.values import (
    ChannelAccountId,
    ChatId,
    ClientId,
    Identity,
    Meta,
    Naming,
    OperatorId,
    StreamId,
    Timestamp,
    split_stream,
    stream_of,
)


@dataclass(frozen=True, slots=True)
class TakeIn:
    """One thing that a channel said, to be recorded once."""

    account_id: ChannelAccountId
    inbound: InboundEvent
    meta: Meta
    identity: str
    needed_keys: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    """Keys of the message that this speaks of, the surest first."""
    likely_client: StreamId | None = None
    fingerprint: str | None = None

    def keys(self, naming: Naming) -> Iterable[str]:
        return self.needed_keys

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterator[StreamId]:
        if self.likely_client is not None:
            yield self.likely_client
        for key in self.needed_keys:
            if (found := find(key)) is not None:
                yield found.stream

    def seats(self) -> Iterable[OperatorId]:
        return ()

    def decide(self, house: House) -> list[NewEvent]:
        match self.inbound:
            case MessageArrived() | EchoArrived():
                return self._talk(self.inbound, house)
            case DeliveryReported(watermark=until, peer=Peer()) if until is not None:
                return self._reached_up_to(self.inbound, until, house)
            case MessageWasEdited() | MessageWasDeleted() | ReactionArrived() | DeliveryReported():
                return self._about_a_message(self.inbound, house)
            case ConsentChanged():
                return self._consent(self.inbound, house)
            case Notice(code=code, raw=raw, why=why):
                return self._keep(code, why, raw, house)
            case _:
                assert_never(self.inbound)

    def _talk(self, inbound: MessageArrived | EchoArrived, house: House) -> list[NewEvent]:
        client_id, met = self._meet(inbound, house)
        chat, opened = self._chat_for(client_id, inbound, house)
        said = decide(chat, _said(inbound), house.now)
        stream = stream_of("chat", chat.id)
        return [*met, *opened, *(NewEvent(stream, event) for event in said)]

    def _meet(self, inbound: FromPeer, house: House) -> tuple[ClientId, list[NewEvent]]:
        identities = inbound.peer.identities
        owners = [house.find(key) for key in self.needed_keys[: len(identities)]]
        found = next((owner for owner in owners if owner is not None), None)
        client_id = (
            house.naming.client(identities[0])
            if found is None
            else ClientId(split_stream(found.stream)[1])
        )
        while house.client(client_id).erased:
            # Whoever writes again after he was erased is somebody new: nothing joins the two.
            client_id = ClientId(house.naming.derive("client-after", client_id))
        # An identity that is somebody else's already is left with him.
        free = tuple(
            identity
            for identity, owner in zip(identities, owners, strict=True)
            if owner is None or found is None or owner.stream == found.stream
        )
        is_echo = isinstance(inbound, EchoArrived)
        command = MeetClient(identities=free, name=None if is_echo else inbound.peer.name)
        events = decide_client(house.client(client_id), command, house.now)
        stream = stream_of("client", client_id)
        return client_id, [NewEvent(stream, event) for event in events]

    def _chat_for(
        self, client_id: ClientId, inbound: FromPeer, house: House
    ) -> tuple[Chat, list[NewEvent]]:
        """Return the chat that the message belongs to, and what makes it ready (R15)."""
        thread = thread_key(house.naming, self.account_id, client_id, inbound.thread or "")
        found = house.find(thread)
        chat = None if found is None else house.chat(ChatId(split_stream(found.stream)[1]))
        if chat is not None and chat.is_open:
            return chat, []
        reopen_within = house.account().settings.reopen_within
        if chat is not None and chat.closed_at and house.now - chat.closed_at <= reopen_within:
            is_echo = isinstance(inbound, EchoArrived)
            reason = ReopenReason.BY_HAND if is_echo else ReopenReason.CLIENT_WROTE
            reopen = c.ReopenChat(reason=reason)
            return _after(chat, reopen, house)
        episode = 1 if chat is None else chat.episode + 1
        chat_id = house.naming.chat(self.account_id, thread, episode)
        account = house.channel(self.account_id)
        open_ = c.OpenChat(
            account_id=self.account_id,
            channel=account.channel,
            client_id=client_id,
            thread=thread,
            address=inbound.thread or inbound.peer.identities[0].value,
            episode=episode,
            group_id=account.group_id,
        )
        return _after(Chat(chat_id), open_, house)

    def _about_a_message(
        self,
        inbound: MessageWasEdited | MessageWasDeleted | ReactionArrived | DeliveryReported,
        house: House,
    ) -> list[NewEvent]:
        found = next((f for key in self.named if (f := house.find(key)) is not None), None)
        if found is None:
            return self._unmatched(inbound, house)
        chat = house.chat(ChatId(split_stream(found.stream)[1]))
        events = decide(chat, _about(inbound, found.number), house.now)
        return [NewEvent(found.stream, event) for event in events]

    def _reached_up_to(
        self, inbound: DeliveryReported, until: Timestamp, house: House
    ) -> list[NewEvent]:
        """Return how far what was sent to a client has come: he has one chat at a time."""
        identities = () if inbound.peer is None else inbound.peer.identities
        owners = (house.find(key) for key in self.needed_keys[: len(identities)])
        owner = next((o for o in owners if o is not None), None)
        if owner is None:
            return self._unmatched(inbound, house)
        client_id = ClientId(split_stream(owner.stream)[1])
        thread = thread_key(house.naming, self.account_id, client_id, inbound.thread or "")
        found = house.find(thread)
        if found is None:
            return self._unmatched(inbound, house)
        chat = house.chat(ChatId(split_stream(found.stream)[1]))
        command = c.ReportUpTo(state=inbound.state, until=until)
        return [NewEvent(found.stream, event) for event in decide(chat, command, house.now)]

    def _unmatched(self, inbound: InboundEvent, house: House) -> list[NewEvent]:
        what = type(inbound).__name__
        return self._keep(what, "unmatched", f'"{inbound.dedup_key}"', house)

    def _consent(self, inbound: ConsentChanged, house: House) -> list[NewEvent]:
        client_id, met = self._meet(inbound, house)
        client = house.client(client_id)
        for new in met:
            client = evolve_client(client, new.event)  # type: ignore[arg-type]  # _meet adds only a client's events
        command = NoteConsent(
            account_id=self.account_id, consent=inbound.consent, scope=inbound.scope
        )
        noted = decide_client(client, command, house.now)
        stream = stream_of("client", client_id)
        return [*met, *(NewEvent(stream, event) for event in noted)]

    def _keep(self, code: str, why: str, raw: str, house: House) -> list[NewEvent]:
        id_ = house.naming.derive("payload", self.account_id, self.identity, why)
        command = KeepPayload(account_id=self.account_id, code=code, why=why, raw=raw)
        events = decide_payload(PayloadState(id_), command, house.now)
        return [NewEvent(stream_of("payload", id_), event) for event in events]


@dataclass(frozen=True, slots=True)
class LearnIdentity:
    """A provider's answer gave away another identity of a client; somebody else's is left."""

    client_id: ClientId
    learned: Identity
    meta: Meta
    identity: str | None = None
    fingerprint: str | None = None

    def keys(self, naming: Naming) -> Iterable[str]:
        return (identity_key(naming, self.learned),)

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return (stream_of("client", self.client_id),)

    def seats(self) -> Iterable[OperatorId]:
        return ()

    def decide(self, house: House) -> list[NewEvent]:
        stream = stream_of("client", self.client_id)
        if house.find(identity_key(house.naming, self.learned)) is not None:
            return []
        if house.client(self.client_id).erased:
            return []
        command = MeetClient(identities=(self.learned,), name=None)
        events = decide_client(house.client(self.client_id), command, house.now)
        return [NewEvent(stream, event) for event in events]


def take_in(naming: Naming, account_id: ChannelAccountId, inbound: InboundEvent) -> TakeIn:
    """Return the act of recording what a channel said."""
    identity = inbound_key(naming, account_id, inbound.dedup_key)
    fingerprint = None
    if isinstance(inbound, MessageArrived | EchoArrived):
        fingerprint = naming.key("words", words_of(inbound.parts))
    keys: list[str] = []
    client: StreamId | None = None
    if isinstance(inbound, FromPeer | DeliveryReported) and inbound.peer is not None:
        keys = [identity_key(naming, i) for i in inbound.peer.identities]
        client_id = naming.client(inbound.peer.identities[0])
        keys.append(thread_key(naming, account_id, client_id, inbound.thread or ""))
        client = stream_of("client", client_id)
    named = tuple(_named(naming, account_id, inbound))
    keys.extend(named)
    meta = Meta(f"channel:{account_id}", "webhook", identity)
    return TakeIn(account_id, inbound, meta, identity, tuple(keys), named, client, fingerprint)


def _named(naming: Naming, account_id: str, inbound: InboundEvent) -> Iterator[str]:
    if isinstance(inbound, DeliveryReported) and inbound.correlation is not None:
        yield sent_key(naming, inbound.correlation)
    match inbound:
        case (
            DeliveryReported(provider_id=str(id_))
            | MessageWasEdited(provider_id=id_)
            | MessageWasDeleted(provider_id=id_)
            | ReactionArrived(provider_id=id_)
        ):
            yield message_key(naming, account_id, id_)
        case _:
            return


def keep_mismatch(naming: Naming, act: TakeIn, raw: str) -> TakeIn:
    """Return the act of keeping a message that came again under the same id with other words."""
    dedup_key = f"mismatch:{act.identity}:{act.fingerprint}"
    notice = Notice(
        account=None,
        dedup_key=dedup_key,
        occurred_at=act.inbound.occurred_at,
        code="mismatch",
        raw=raw,
        why="mismatch",
    )
    return take_in(naming, act.account_id, notice)


def _said(inbound: MessageArrived | EchoArrived) -> c.ChatCommand:
    if isinstance(inbound, EchoArrived):
        return c.NoteSentElsewhere(
            provider_id=inbound.provider_id, parts=inbound.parts, sent_at=inbound.occurred_at
        )
    return c.ReceiveMessage(
        provider_id=inbound.provider_id,
        parts=inbound.parts,
        sent_at=inbound.occurred_at,
        reply_to=inbound.reply_to,
        forwarded=inbound.forwarded,
        referral=inbound.referral,
        subject=inbound.subject,
    )


def _about(
    inbound: MessageWasEdited | MessageWasDeleted | ReactionArrived | DeliveryReported, seq: int
) -> c.ChatCommand:
    match inbound:
        case MessageWasEdited(parts=parts, occurred_at=at):
            return c.EditReceived(seq=seq, parts=parts, sent_at=at)
        case MessageWasDeleted(occurred_at=at):
            return c.DeleteReceived(seq=seq, sent_at=at)
        case ReactionArrived(emoji=emoji):
            return c.React(seq=seq, emoji=emoji)
        case DeliveryReported(state=state, provider_id=id_, error=error):
            ids = (id_,) if id_ else ()
            return c.ReportDelivery(seq=seq, state=state, provider_ids=ids, reason=error)
        case _:
            assert_never(inbound)


def _after(chat: Chat, command: c.ChatCommand, house: House) -> tuple[Chat, list[NewEvent]]:
    events = decide(chat, command, house.now)
    stream = stream_of("chat", chat.id)
    return fold(chat, events), [NewEvent(stream, event) for event in events]
