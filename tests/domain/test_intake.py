"""What becomes of the things that channels say (R15, M1, M4, M6, M9, C1, C4)."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any, Final

import pytest

from adapters.storage.mapper import EventMapper
from adapters.storage.memory import MemoryDesk
from domain import channel as channels
from domain.acts import Ask, Reconfigure
from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.events import MessageState
from domain.client.events import ClientCreated, ConsentGiven, IdentityAdded
from domain.content import Parts, Text
from domain.errors import IdentityReused
from domain.event import Event
from domain.inbound import (
    Consent,
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
from domain.intake import LearnIdentity, TakeIn, keep_mismatch, take_in
from domain.ports import Receipt
from domain.values import (
    ChannelAccountId,
    GroupId,
    Identity,
    Meta,
    OperatorId,
    Timestamp,
    split_stream,
    stream_of,
)
from tests.spec import NOW

PHONE: Final = ChannelAccountId("whatsapp-main")
SALES: Final = GroupId("sales")
FABIO: Final = Identity("whatsapp.phone", "+5511900000001")
FABIO_TOO: Final = Identity("whatsapp.user", "BR.1")
RUI: Final = Identity("whatsapp.phone", "+5511900000002")
META: Final = Meta("cli")


@dataclass
class Company:
    """A desk with one channel account, and a clock that is moved by hand."""

    now: Timestamp = NOW
    desk: MemoryDesk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = MemoryDesk(EventMapper(), lambda: self.now, b"salt")
        connect = channels.ConnectChannel(
            name=PHONE, channel="whatsapp", group_id=SALES, fingerprint="f"
        )
        self.ask("channel", PHONE, connect)

    def ask(self, kind: str, id_: str, command: Any) -> Receipt:
        return self.desk.submit_now(Ask(meta=META, stream=stream_of(kind, id_), command=command))

    def act(self, inbound: InboundEvent, account: ChannelAccountId = PHONE) -> TakeIn:
        return take_in(self.desk.naming, account, inbound)

    def take(self, inbound: InboundEvent, account: ChannelAccountId = PHONE) -> list[Event]:
        """Return what was recorded when a channel said something."""
        before = len([*self.desk.rows()])
        self.desk.submit_now(self.act(inbound, account))
        return [recorded.event for recorded in self.desk.recorded(after=before)]

    def chats(self) -> list[str]:
        return [r.stream for r in self.desk.recorded() if isinstance(r.event, e.ChatOpened)]

    def close(self) -> None:
        """Close the latest chat."""
        kind, id_ = split_stream(self.chats()[-1])
        self.ask(kind, id_, c.CloseChat())


def words(text: str) -> Parts:
    return (Text(text=text),)


def told(of: type[Any], id_: str, *identities: Identity, **more: Any) -> Any:
    """Return something that a channel tells of a client, Fábio if it is nobody else."""
    if issubclass(of, FromPeer):
        more.setdefault("peer", Peer(identities or (FABIO,), "Fábio"))
    is_message = issubclass(of, MessageArrived | EchoArrived)
    key = f"m:{more['provider_id']}" if is_message else f"{of.__name__}:{id_}"
    return of(account=None, dedup_key=key, occurred_at=NOW, **more)


def message(id_: str, *identities: Identity, text: str = "Oi", **more: Any) -> MessageArrived:
    arrived: MessageArrived = told(
        MessageArrived, id_, *identities, provider_id=id_, parts=words(text), **more
    )
    return arrived


@pytest.fixture
def company() -> Company:
    return Company()


def topics(events: list[Event]) -> list[str]:
    return [event.TOPIC.removesuffix(".v1") for event in events]


def test_a_first_message_makes_a_client_a_chat_and_a_message(company: Company) -> None:
    """S1"""
    client, chat, received = company.take(message("w1"))
    assert isinstance(client, ClientCreated)
    assert (client.identities, client.name) == ((FABIO,), "Fábio")
    assert isinstance(chat, e.ChatOpened)
    assert (chat.channel, chat.group_id, chat.episode) == ("whatsapp", SALES, 1)
    assert chat.address == FABIO.value
    assert isinstance(received, e.MessageReceived)
    assert (received.seq, received.provider_id, received.parts) == (1, "w1", words("Oi"))


def test_further_messages_go_to_the_same_chat(company: Company) -> None:
    company.take(message("w1"))
    assert topics(company.take(message("w2"))) == ["message-received"]
    assert len(company.chats()) == 1


def test_four_first_messages_of_twenty_new_clients(company: Company) -> None:
    """S17"""
    people = [Identity("whatsapp.phone", f"+55119{n:08}") for n in range(20)]
    arrived = [message(f"{who.value}-{n}", who) for n in range(4) for who in people]
    Random(17).shuffle(arrived)
    for inbound in arrived:
        company.desk.submit_now(company.act(inbound))
    counted = Counter(r.event.TOPIC for r in company.desk.recorded())
    assert counted["message-received.v1"] == 80
    assert counted["chat-opened.v1"] == counted["client-created.v1"] == 20


def test_what_the_provider_delivers_again_is_recorded_once(company: Company) -> None:
    """M1"""
    company.take(message("w1"))
    assert company.take(message("w1")) == []


def test_two_accounts_of_a_company_are_two_conversations(company: Company) -> None:
    company.take(message("w1"))
    events = company.take(message("w1"), ChannelAccountId("whatsapp-two"))
    assert topics(events) == ["chat-opened", "message-received"]


def test_a_group_where_the_client_writes_is_another_conversation(company: Company) -> None:
    company.take(message("w1"))
    events = company.take(message("w2", thread="family"))
    assert topics(events) == ["chat-opened", "message-received"]
    assert topics(company.take(message("w3", thread="family"))) == ["message-received"]


def test_who_writes_soon_after_closing_reopens_the_chat(company: Company) -> None:
    """R15: up to the very end of the time."""
    company.take(message("w1"))
    company.close()
    company.now += timedelta(hours=2)
    reopened, received = company.take(message("w2"))
    assert reopened == e.ChatReopened(at=company.now, reason=e.ReopenReason.CLIENT_WROTE)
    assert isinstance(received, e.MessageReceived)
    assert received.seq == 2


def test_who_writes_later_starts_a_new_chat(company: Company) -> None:
    """R15"""
    company.take(message("w1"))
    company.close()
    company.now += timedelta(hours=2, microseconds=1)
    opened, received = company.take(message("w2"))
    assert isinstance(opened, e.ChatOpened)
    assert isinstance(received, e.MessageReceived)
    assert (opened.episode, received.seq) == (2, 1)
    assert len(set(company.chats())) == 2
    assert topics(company.take(message("w3"))) == ["message-received"]


def test_how_soon_is_a_setting(company: Company) -> None:
    """R15"""
    changes = {"reopen_within": timedelta(minutes=1)}
    company.desk.submit_now(Reconfigure(meta=META, changes=changes))
    company.take(message("w1"))
    company.close()
    company.now += timedelta(minutes=2)
    assert topics(company.take(message("w2"))) == ["chat-opened", "message-received"]


def test_a_message_wakes_a_chat_that_sleeps(company: Company) -> None:
    """T7"""
    company.take(message("w1"))
    kind, id_ = split_stream(company.chats()[0])
    company.ask(kind, id_, c.SnoozeChat(until=NOW + timedelta(days=1)))
    assert topics(company.take(message("w2"))) == ["message-received", "chat-woken"]


def test_an_edit_a_deletion_and_a_reaction_find_their_message(company: Company) -> None:
    """M9"""
    company.take(message("w1"))
    company.take(message("w2"))
    edit = told(MessageWasEdited, "e1", provider_id="w2", parts=words("Olá"))
    assert company.take(edit) == [e.MessageEdited(at=NOW, seq=2, parts=words("Olá"), sent_at=NOW)]
    delete = told(MessageWasDeleted, "d1", provider_id="w1")
    assert company.take(delete) == [e.MessageDeleted(at=NOW, seq=1, sent_at=NOW)]
    react = told(ReactionArrived, "r1", provider_id="w2", emoji="👍")
    assert company.take(react) == [e.ReactionChanged(at=NOW, seq=2, emoji="👍")]
    for again in (edit, delete, react):
        assert company.take(again) == []


def test_an_edit_of_a_message_in_a_closed_chat_stays_there(company: Company) -> None:
    """M9: it opens nothing."""
    company.take(message("w1"))
    company.close()
    edit = told(MessageWasEdited, "e1", provider_id="w1", parts=words("Olá"))
    assert topics(company.take(edit)) == ["message-edited"]


@pytest.mark.parametrize(
    "inbound",
    [
        told(MessageWasEdited, "x", provider_id="w9", parts=words("Olá")),
        told(MessageWasDeleted, "x", provider_id="w9"),
        told(ReactionArrived, "x", provider_id="w9", emoji="👍"),
        told(DeliveryReported, "x", provider_id="w9", state=MessageState.READ),
        told(DeliveryReported, "x", correlation="m9", state=MessageState.READ),
        told(DeliveryReported, "x", state=MessageState.READ),
    ],
)
def test_what_speaks_of_an_unknown_message_is_kept_once(
    company: Company, inbound: InboundEvent
) -> None:
    """M4"""
    (kept,) = company.take(inbound)
    assert isinstance(kept, channels.PayloadKept)
    assert (kept.account_id, kept.why) == (PHONE, "unmatched")
    assert inbound.dedup_key in kept.raw
    assert company.take(inbound) == []


def _answered(company: Company) -> None:
    """Fábio wrote, Ana answered, and the provider took it as `out-1`."""
    company.take(message("w1"))
    kind, id_ = split_stream(company.chats()[0])
    send = c.SendMessage(message_id="m1", operator_id=OperatorId("ana"), parts=words("Bom dia"))
    company.ask(kind, id_, send)
    report = c.ReportDelivery(seq=2, state=MessageState.SENT, provider_ids=("out-1", "out-2"))
    company.ask(kind, id_, report)


@pytest.mark.parametrize("name", [{"provider_id": "out-2"}, {"correlation": "m1"}])
def test_a_report_finds_the_message_by_the_providers_id_or_ours(
    company: Company, name: dict[str, str]
) -> None:
    """M6"""
    _answered(company)
    (changed,) = company.take(told(DeliveryReported, "d1", state=MessageState.READ, **name))
    assert isinstance(changed, e.MessageStateChanged)
    assert (changed.seq, changed.state) == (2, MessageState.READ)


def test_a_report_that_comes_late_changes_nothing(company: Company) -> None:
    """M6"""
    _answered(company)
    read = told(DeliveryReported, "d1", state=MessageState.READ, provider_id="out-1")
    delivered = told(DeliveryReported, "d2", state=MessageState.DELIVERED, provider_id="out-1")
    company.take(read)
    assert company.take(delivered) == []


def test_a_failure_says_why(company: Company) -> None:
    """M6"""
    _answered(company)
    failed = told(
        DeliveryReported, "d", state=MessageState.FAILED, provider_id="out-1", error="blocked: x"
    )
    (changed,) = company.take(failed)
    assert isinstance(changed, e.MessageStateChanged)
    assert (changed.state, changed.reason) == (MessageState.FAILED, "blocked: x")


def test_an_answer_from_the_providers_own_app_is_noted_and_stops_the_clock(
    company: Company,
) -> None:
    """V4"""
    company.take(message("w1"))
    echo = told(EchoArrived, "x", provider_id="x1", parts=words("Já vai"))
    (noted,) = company.take(echo)
    assert isinstance(noted, e.MessageSentElsewhere)
    assert noted.seq == 2
    assert company.take(echo) == []


def test_an_echo_does_not_name_the_client(company: Company) -> None:
    """C1: the name in it is the company's own."""
    created, *_ = company.take(told(EchoArrived, "x", provider_id="x1", parts=words("Oi")))
    assert isinstance(created, ClientCreated)
    assert created.name is None


def test_the_echo_of_what_was_written_here_adds_nothing(company: Company) -> None:
    """M6: some providers repeat to us what we sent ourselves."""
    _answered(company)
    echo = told(EchoArrived, "x", provider_id="out-1", parts=words("Bom dia"))
    assert company.take(echo) == []


def test_a_client_is_found_under_any_of_his_identities(company: Company) -> None:
    """C4"""
    company.take(message("w1", FABIO))
    added, received = company.take(message("w2", FABIO_TOO, FABIO))
    assert added == IdentityAdded(at=NOW, identity=FABIO_TOO)
    assert isinstance(received, e.MessageReceived)
    assert topics(company.take(message("w3", FABIO_TOO))) == ["message-received"]
    assert len(company.chats()) == 1


def test_an_identity_of_somebody_else_stays_his(company: Company) -> None:
    """C4: two clients are merged by hand or not at all."""
    company.take(message("w1", FABIO))
    company.take(message("w2", RUI))
    events = company.take(message("w3", FABIO, RUI))
    assert topics(events) == ["message-received"]
    assert topics(company.take(message("w4", RUI))) == ["message-received"]
    assert len(company.chats()) == 2


def test_another_name_on_the_channel_is_noted(company: Company) -> None:
    """C1"""
    company.take(message("w1"))
    renamed = company.take(message("w2", peer=Peer((FABIO,), "Fabinho")))
    assert topics(renamed) == ["client-named-by-channel", "message-received"]


def test_consent_is_noted_with_the_client_and_opens_no_chat(company: Company) -> None:
    change = told(ConsentChanged, "c1", consent=Consent.OPTED_OUT)
    created, consent = company.take(change)
    assert isinstance(created, ClientCreated)
    assert isinstance(consent, ConsentGiven)
    assert (consent.account_id, consent.consent) == (PHONE, Consent.OPTED_OUT)
    same = replace(change, dedup_key="c2")
    assert company.take(same) == []
    assert company.chats() == []


def test_a_notice_is_kept_as_it_came_once(company: Company) -> None:
    """M4"""
    notice = Notice(
        account=None, dedup_key="n1", occurred_at=NOW, code="quality", raw='{"q":"RED"}'
    )
    (kept,) = company.take(notice)
    assert isinstance(kept, channels.PayloadKept)
    assert (kept.code, kept.why, kept.raw) == ("quality", "notice", '{"q":"RED"}')
    assert company.take(notice) == []


def test_the_same_id_with_other_words_is_kept_beside_the_first(company: Company) -> None:
    """M1, M4: nothing is overwritten and nothing is dropped."""
    company.take(message("w1", text="Oi"))
    other = company.act(message("w1", text="Tchau"))
    with pytest.raises(IdentityReused):
        company.desk.submit_now(other)
    keep = keep_mismatch(company.desk.naming, other, '{"text":"Tchau"}')
    assert company.desk.submit_now(keep).added == 1
    assert company.desk.submit_now(keep).repeated
    kept = [r.event for r in company.desk.recorded()][-1]
    assert isinstance(kept, channels.PayloadKept)
    assert (kept.code, kept.raw) == ("mismatch", '{"text":"Tchau"}')


def test_who_said_it_and_where_it_came_in_is_told(company: Company) -> None:
    """A1"""
    company.take(message("w1"))
    recorded = [*company.desk.recorded()][-1]
    assert (recorded.meta.actor, recorded.meta.via) == (f"channel:{PHONE}", "webhook")
    assert recorded.meta.cause == company.act(message("w1")).identity
    client = next(r for r in company.desk.recorded() if r.stream.startswith("client-"))
    assert recorded.subject == split_stream(client.stream)[1]


def _until(state: MessageState, until: Timestamp, **more: Any) -> DeliveryReported:
    report: DeliveryReported = told(
        DeliveryReported, f"{state}:{until}", state=state, watermark=until, **more
    )
    return report


def _left(company: Company, seq: int, at: Timestamp) -> None:
    kind, id_ = split_stream(company.chats()[0])
    send = c.SendMessage(message_id=f"m{seq}", operator_id=OperatorId("ana"), parts=words("Oi"))
    report = c.ReportDelivery(
        seq=seq, state=MessageState.SENT, provider_ids=(f"out-{seq}",), left_at=at
    )
    company.ask(kind, id_, send)
    company.ask(kind, id_, report)


def test_a_watermark_finds_the_chat_by_the_peer(company: Company) -> None:
    """M6"""
    company.take(message("w1"))
    _left(company, 2, NOW)
    _left(company, 3, NOW + timedelta(seconds=5))
    until = NOW + timedelta(seconds=1)
    (read,) = company.take(_until(MessageState.READ, until, peer=Peer((FABIO,))))
    assert isinstance(read, e.MessageStateChanged)
    assert (read.seq, read.state) == (2, MessageState.READ)
    assert company.take(_until(MessageState.READ, until, peer=Peer((FABIO,)))) == []


@pytest.mark.parametrize("more", [{"peer": Peer((RUI,))}, {"peer": Peer((FABIO,)), "thread": "t"}])
def test_a_watermark_of_a_chat_that_is_not_there_is_kept(
    company: Company, more: dict[str, Any]
) -> None:
    """M4"""
    company.take(message("w1"))
    (kept,) = company.take(_until(MessageState.READ, NOW, **more))
    assert isinstance(kept, channels.PayloadKept)
    assert kept.why == "unmatched"


def test_the_subject_of_a_message_is_kept(company: Company) -> None:
    received = next(
        event
        for event in company.take(replace(message("w1"), subject="Boleto"))
        if isinstance(event, e.MessageReceived)
    )
    assert received.subject == "Boleto"


def test_an_identity_that_an_answer_gave_away_is_learned_once(company: Company) -> None:
    """C4"""
    company.take(message("w1"))
    client = company.desk.naming.client(FABIO)
    learn = LearnIdentity(client, FABIO_TOO, META)
    assert company.desk.submit_now(learn).added == 1
    assert company.desk.submit_now(learn).added == 0


def test_an_identity_that_is_somebody_elses_is_not_learned(company: Company) -> None:
    """C4"""
    company.take(message("w1"))
    company.take(message("w2", RUI))
    learn = LearnIdentity(company.desk.naming.client(FABIO), RUI, META)
    assert company.desk.submit_now(learn).added == 0
