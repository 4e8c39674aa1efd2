"""
Plays a short working day of an invented company, with every kind of event in it.

`python -m tests.data.record > tests/data/log-v1.jsonl` wrote the log that later versions
have to read. A released log is never written again: what is new goes into another file.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

from adapters.storage.mapper import EventMapper
from adapters.storage.memory import MemoryDesk
from domain import channel as ch
from domain import operator as op
from domain import webhook as wh
from domain.access import Action
from domain.acts import Ask, Assign, Reconfigure, Transfer
from domain.chat import commands as c
from domain.chat.events import MessageState, ReleaseReason, ReopenReason, WakeReason
from domain.client.commands import EndHold, HoldClient, MeetClient, NameClient
from domain.client.erasure import EraseClient
from domain.client.facts import Detail
from domain.client.record import EditRecord, MergeClients, PartClients
from domain.content import (
    Choice,
    ContactCard,
    Location,
    Media,
    MediaKind,
    Order,
    Parts,
    Share,
    Text,
    Unsupported,
)
from domain.event import NewEvent
from domain.field import ChangeField, DefineField, FieldKind, RemoveField
from domain.group import ChangeGroup, CreateGroup, GroupSettings, NobodyOnline
from domain.inbound import (
    AccountRef,
    Consent,
    ConsentChanged,
    DeliveryReported,
    EchoArrived,
    InboundEvent,
    MessageArrived,
    MessageWasDeleted,
    MessageWasEdited,
    Notice,
    Peer,
    ReactionArrived,
)
from domain.intake import take_in
from domain.ports import Act, Found, House, Receipt
from domain.routing import Candidate, Reason
from domain.saved_filter import (
    ChangeFilter,
    OrderTabs,
    RemoveFilter,
    SaveFilter,
    SharedTab,
    Tab,
)
from domain.signing_in import (
    IssueToken,
    NotePassword,
    NoteSecondFactor,
    RevokeToken,
    SignOutEverywhere,
)
from domain.tag import ChangeTag, DefineTag, RemoveTag, tag_id
from domain.template import ReplyTemplate, Shared, TemplateFile
from domain.template_acts import AdjustTemplate, MakeTemplate
from domain.values import (
    ChannelAccountId,
    ChatId,
    ClientId,
    FieldId,
    FilterId,
    GroupId,
    Identity,
    Meta,
    Naming,
    OperatorId,
    Presence,
    Priority,
    Role,
    StreamId,
    TemplateId,
    Timestamp,
    TokenId,
    split_stream,
    stream_of,
)

START: Final = datetime(2030, 1, 2, 12, 0, 0, 250_000, UTC)
ANA, BIA = OperatorId("ana"), OperatorId("bia")
SALES, BILLING = GroupId("sales"), GroupId("billing")
PHONE: Final = ChannelAccountId("whatsapp-main")
REF: Final = AccountRef("whatsapp.phone_number_id", "100000000000001")
FABIO: Final = Identity("whatsapp.phone", "+5511900000001")
PARTS: Final[Parts] = (
    Text(text="Olá! Ça va? 👋"),
    Media(media=MediaKind.IMAGE, reference="media-1", mime="image/jpeg", caption="a nota"),
    Location(latitude=-23.55, longitude=-46.63, name="Loja Ipê", address="Rua das Flores, 1"),
    ContactCard(name="Rui", phones=("+5511900000009",), emails=("rui@cliente.test",)),
    Choice(id="b1", title="Sim", description="pode ser"),
    Order(summary="2 itens", items=("ipê-amarelo", "ipê-roxo")),
    Share(what="link", title="Ipês", link="https://ipe.test/"),
    Unsupported(what="hologram", raw='{"type":"hologram"}'),
)


@dataclass(frozen=True, slots=True)
class Happened:
    """An act whose outcome is known beforehand, for events that follow from no command."""

    news: tuple[NewEvent, ...]
    meta: Meta = Meta("system")
    identity: str | None = None
    fingerprint: str | None = None

    def keys(self, naming: Naming) -> Iterable[str]:
        return ()

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return (new.stream for new in self.news)

    def seats(self) -> Iterable[OperatorId]:
        return ()

    def decide(self, house: House) -> list[NewEvent]:
        return [*self.news]


class Day:
    """A desk whose clock goes on by a minute and a bit with every act."""

    def __init__(self) -> None:
        self._minutes = count()
        self.desk: Final = MemoryDesk(EventMapper(), self.tick, b"a salt of no worth")

    def tick(self) -> Timestamp:
        return START + next(self._minutes) * timedelta(minutes=1, milliseconds=1)

    def do(self, act: Act) -> Receipt:
        return self.desk.submit_now(act)

    def ask(self, kind: str, id_: str, *commands: Any, by: str = "cli") -> None:
        for command in commands:
            self.do(Ask(meta=Meta(by, "http"), stream=stream_of(kind, id_), command=command))

    def comes_in(self, inbound: InboundEvent) -> Receipt:
        return self.do(take_in(self.desk.naming, PHONE, inbound))


def said(n: int, parts: Parts = PARTS, *, of: type[Any] = MessageArrived, **more: Any) -> Any:
    """Return the nth thing that Fábio's channel tells, with the fields of its kind."""
    if of in {MessageArrived, EchoArrived, MessageWasEdited}:
        more["parts"] = parts
    is_message = of in {MessageArrived, EchoArrived}
    if of is not ConsentChanged:
        more.setdefault("provider_id", f"wamid.{n}")
    return of(
        account=REF,
        dedup_key=f"m:wamid.{n}" if is_message else f"{of.__name__}:{n}",
        occurred_at=START + timedelta(minutes=n),
        peer=Peer((FABIO,), "Fábio"),
        **more,
    )


def set_up(day: Day) -> None:
    day.do(Reconfigure(meta=Meta("cli", "apply"), changes={"name": "Loja Ipê", "warmup": 2}))
    settings = GroupSettings(
        patience=timedelta(minutes=5),
        on_nobody_online=NobodyOnline.OVERFLOW,
        overflow_to=BILLING,
        overflow_after=timedelta(seconds=90),
    )
    day.ask("group", SALES, CreateGroup(name="Venda"), ChangeGroup(name="Vendas"))
    day.ask("group", BILLING, CreateGroup(name="Financeiro"))
    day.ask("group", SALES, ChangeGroup(settings=settings))
    for id_, name in ((ANA, "Ana"), (BIA, "Bia")):
        create = op.CreateOperator(email=f"{id_}@ipe.test", name=name, role=Role.OPERATOR)
        day.ask("operator", id_, create, op.ChangeOperator(skills={SALES: 80, BILLING: 20}))
        day.ask("operator", id_, op.ChangePresence(presence=Presence.ONLINE))
    change = op.ChangeOperator(name="Bia Luz", role=Role.SUPERVISOR, capacity=8)
    back = (op.ChangeOperator(active=False), op.ChangeOperator(active=True))
    day.ask("operator", BIA, change, *back, op.ChangePresence(presence=Presence.AWAY))
    connect = ch.ConnectChannel(name=PHONE, channel="whatsapp", group_id=SALES, fingerprint="f1")
    mended = ch.ConnectChannel(name=PHONE, channel="whatsapp", group_id=SALES, fingerprint="f2")
    day.ask("channel", PHONE, connect, ch.PauseChannel(reason="token refused"), mended)


def talk(day: Day) -> None:
    first = day.comes_in(said(1, referral='{"ad":"7"}'))
    assert first.stream is not None
    chat = ChatId(split_stream(first.stream)[1])
    day.comes_in(said(2, reply_to="wamid.1", forwarded=True))
    day.comes_in(said(1, (Text(text="Olá!"),), of=MessageWasEdited))
    day.comes_in(said(2, of=MessageWasDeleted))
    day.comes_in(said(1, of=ReactionArrived, emoji="👍"))
    day.comes_in(said(3, of=ReactionArrived, emoji=None, provider_id="wamid.2"))
    day.comes_in(said(4, of=ConsentChanged, consent=Consent.OPTED_OUT, scope="marketing"))
    route(day, chat, first)
    answer(day, chat)
    put_away(day, chat)
    raw = '{"field":"something_new"}'
    kept = day.comes_in(
        Notice(account=None, dedup_key="n1", occurred_at=START, code="new", raw=raw, why="unknown")
    )
    assert kept.stream is not None
    replayed = ch.PayloadReplayed(at=day.tick(), became=1)
    day.do(Happened((NewEvent(kept.stream, replayed),)))
    files_and_parts(day, chat)


def files_and_parts(day: Day, chat: ChatId) -> None:
    """A file is copied and another lost; a message leaves in two parts, and both are read."""
    sheet = Media(media=MediaKind.DOCUMENT, reference="media-9", name="boleto.pdf")
    photo = Media(media=MediaKind.IMAGE, reference="media-10")
    day.comes_in(said(8, (sheet, photo), subject="Boleto"))
    copied = c.NoteMediaCopied(
        seq=9,
        part=0,
        reference="media-9",
        sha256="0" * 64,
        mime="application/pdf",
        size=1234,
        name="boleto.pdf",
        thumbnail="1" * 64,
    )
    lost = c.NoteMediaLost(seq=9, part=1, reference="media-10", why="too large")
    day.ask("chat", chat, copied, lost, by="copier")
    words: Parts = (Text(text="Recebido, " * 900),)
    send = c.SendMessage(message_id="m-2", operator_id=BIA, parts=words)
    day.ask("chat", chat, send, by=f"operator:{BIA}")
    day.ask("chat", chat, c.SplitMessage(seq=10, parts=2), by="dispatcher")
    day.comes_in(
        DeliveryReported(
            account=REF,
            dedup_key="read:1",
            occurred_at=START,
            state=MessageState.READ,
            watermark=START + timedelta(minutes=70),
            peer=Peer((FABIO,)),
        )
    )
    for id_ in ("wamid.92", "wamid.93"):
        part = c.ReportDelivery(
            seq=10,
            state=MessageState.SENT,
            provider_ids=(id_,),
            left_at=START + timedelta(minutes=60),
        )
        day.ask("chat", chat, part, by="dispatcher")


def route(day: Day, chat: ChatId, first: Receipt) -> None:
    candidates = (Candidate(ANA, 0, 5), Candidate(BIA, 0, 8, "away"))
    reason = Reason("least_busy", 1, first.position, candidates)
    seen = next(r.version for r in reversed([*day.desk.recorded()]) if r.stream == first.stream)
    assign = c.AssignChat(operator_id=ANA, reason=reason, seen_version=seen)
    day.do(Assign(meta=Meta("router", "router", "12"), chat_id=chat, command=assign))
    since = next(r.event.at for r in day.desk.recorded() if r.event.TOPIC == "message-received.v1")
    late = c.NoteWaiting(since=since, patience=timedelta(minutes=5))
    day.ask("chat", chat, late, by="timer")


def answer(day: Day, chat: ChatId) -> None:
    by = f"operator:{ANA}"
    words: Parts = (Text(text="Bom dia, Fábio"),)
    send = c.SendMessage(message_id="m-1", operator_id=ANA, parts=words, reply_to=1)
    day.ask("chat", chat, send, c.MarkRead(operator_id=ANA, up_to=3), by=by)
    report = c.ReportDelivery(seq=3, state=MessageState.SENT, provider_ids=("wamid.90",))
    day.ask("chat", chat, report, by="dispatcher")
    day.comes_in(
        DeliveryReported(
            account=REF,
            dedup_key="d1",
            occurred_at=START,
            state=MessageState.FAILED,
            provider_id="wamid.90",
            error="undeliverable: no such number",
        )
    )
    day.comes_in(said(91, (Text(text="(do celular)"),), of=EchoArrived))
    comment = c.AddComment(operator_id=ANA, text="quer a nota", mentions=(BIA,))
    day.ask("chat", chat, comment, by=by)
    day.ask("chat", chat, c.EditComment(operator_id=ANA, seq=5, text="quer a 2ª via"), by=by)


def put_away(day: Day, chat: ChatId) -> None:
    by = f"operator:{ANA}"
    tag = c.TagChat(add=frozenset({"vip", "nota"}), remove=frozenset({"novo"}))
    urgent = c.SetPriority(priority=Priority.URGENT)
    day.ask("chat", chat, tag, urgent, c.MarkUnread(operator_id=ANA), by=by)
    day.comes_in(said(6))
    day.ask("chat", chat, c.SayNoAnswerNeeded(operator_id=ANA), by=by)
    passed = c.TransferChat(by_operator=ANA, to_group=BILLING, comment="é do financeiro")
    day.do(Transfer(meta=Meta(by, "http"), chat_id=chat, command=passed))
    pulled = c.AssignChat(operator_id=BIA, reason=Reason("pulled"))
    day.do(Assign(meta=Meta(f"operator:{BIA}"), chat_id=chat, command=pulled))
    day.ask("chat", chat, c.SnoozeChat(until=START + timedelta(minutes=1)))
    day.ask("chat", chat, c.WakeChat(reason=WakeReason.DUE), by="timer")
    day.ask("chat", chat, c.ReleaseChat(reason=ReleaseReason.LOST_HEARTBEAT), c.CloseChat())
    day.ask("chat", chat, c.ReopenChat(reason=ReopenReason.BY_HAND, operator_id=BIA))
    client = stream_of("client", day.desk.naming.client(FABIO))
    day.ask(*split_stream(client), NameClient(name="Fábio Prado"), by=by)
    renamed = Peer((FABIO, Identity("whatsapp.user", "BR.1")), "Fabinho")
    day.comes_in(
        MessageArrived(
            account=REF,
            dedup_key="m:wamid.7",
            occurred_at=START,
            peer=renamed,
            provider_id="wamid.7",
            parts=(Text(text="Obrigado"),),
        )
    )


def know(day: Day) -> None:
    """Enter what is known of two clients, who are one person and then are not."""
    by = f"operator:{BIA}"
    one, other = ClientId("known-one"), ClientId("known-other")
    for client in (one, other):
        phone = Identity("whatsapp.phone", f"+551190000{len(client)}")
        day.ask("client", client, MeetClient(identities=(phone,), name="Zoë"))
    field = FieldId("plan")
    define = DefineField(name="Plano", kind=FieldKind.LIST, options=("ouro",))
    day.ask("field", field, define, ChangeField(options=("ouro", "prata")))
    entered = EditRecord(
        client_id=one,
        details={Detail.CNPJ: "12.abc.345/01de-35", Detail.EMAIL: "zoe@ipe.test"},
        fields={field: "prata"},
        tags=frozenset({"vip"}),
        meta=Meta(by, "http"),
    )
    day.do(entered)
    day.do(replace(entered, details={Detail.EMAIL: None}, tags=frozenset()))
    day.do(MergeClients(client_id=one, other=other, meta=Meta(by, "http")))
    day.do(PartClients(client_id=one, other=other, meta=Meta(by, "http")))
    day.ask("field", field, RemoveField())


def equip(day: Day) -> None:
    """Define a tag and a reply template, change them and remove them."""
    tag = tag_id(day.desk.naming, "orçamento")
    define = DefineTag(name="orçamento", colour="#2e7d32")
    day.ask("tag", tag, define, ChangeTag(colour="#c62828"), RemoveTag())
    file = TemplateFile(sha256="ab" * 32, name="nota.pdf", mime="application/pdf", size=2_000)
    says = ReplyTemplate(
        code="nf",
        title="Segunda via",
        text="{{greeting}}, {{client.first_name}}!",
        shared=Shared.GROUP,
        group_id=SALES,
        files=(file,),
    )
    template, meta = TemplateId("nf"), Meta(f"operator:{BIA}", "http")
    day.do(MakeTemplate(template_id=template, says=says, scope=None, meta=meta))
    for changes in ({"title": "2ª via"}, None):
        day.do(AdjustTemplate(template_id=template, changes=changes, scope=None, meta=meta))


def tell_others(day: Day) -> None:
    """Another program is told of what happens, is told no more, and is told once more."""
    add = wh.AddWebhook(url="https://crm.test/recado", kinds=("chat-closed",), name="CRM")
    change = wh.ChangeWebhook(kinds=("chat-closed", "message-received"))
    again = (wh.EnableWebhook(), wh.ReplayWebhook(after=12), wh.ReplaceWebhookSecret())
    stop = wh.DisableWebhook(reason="failing")
    day.ask("webhook", "crm", add, change, stop, *again, wh.RemoveWebhook(), by=f"operator:{BIA}")


def keep(day: Day) -> None:
    """Keep a filter as a tab, put it in order, change it and remove it."""
    vip = '{"field":"tag","is":"any","value":["vip"]}'
    tab = Tab(name="VIP", filter=vip, shared=SharedTab.GROUP, group_id=SALES, colour="#2e7d32")
    kept = FilterId("vip")
    day.ask("filter", kept, SaveFilter(owner=BIA, tab=tab))
    day.ask("tabs", BIA, OrderTabs(filters=(kept,)))
    day.ask("filter", kept, ChangeFilter(tab=replace(tab, icon="star")), RemoveFilter())


def forget(day: Day) -> None:
    """Somebody is to be forgotten: it is forbidden for a time, and then done."""
    somebody = Identity("whatsapp.phone", "+5511900000099")
    wrote = replace(said(99), peer=Peer((somebody,), "Rita"))
    receipt = day.comes_in(wrote)
    assert receipt.stream is not None
    client = day.desk.naming.client(somebody)
    day.ask("client", client, HoldClient(reason="processo 123"), EndHold())
    chat = ChatId(split_stream(receipt.stream)[1])
    day.do(EraseClient(client_id=client, chats=(chat,), meta=Meta("cli", "cli")))


def prove(day: Day) -> None:
    """Change how an operator signs in, what his programs may do, and whether he sees New chats."""
    token = TokenId("0123456789abcdef")
    switched = op.ChangeOperator(sees_new=False)
    day.ask("operator", ANA, switched, NotePassword(), NoteSecondFactor(is_there=True))
    issued = IssueToken(token=token, scopes=(Action.READ, Action.ACT))
    day.ask("operator", ANA, issued, RevokeToken(token=token), by=f"operator:{ANA}")
    day.ask("operator", ANA, NoteSecondFactor(is_there=False), SignOutEverywhere())


def lines() -> Iterator[str]:
    """Yield the day's log, a JSON object a line."""
    day = Day()
    set_up(day)
    talk(day)
    know(day)
    equip(day)
    tell_others(day)
    keep(day)
    forget(day)
    prove(day)
    for stream, version, topic, state, position in day.desk.rows():
        yield json.dumps(
            {
                "position": position,
                "stream": stream,
                "version": version,
                "topic": topic,
                "state": json.loads(state),
            },
            ensure_ascii=False,
        )


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in lines())
