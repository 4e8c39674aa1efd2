"""A company in a database, with a router that is asked to look when a test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg

from adapters.storage.desk import LogDesk
from adapters.storage.postgres.log import LogReader
from deploy.applying import group_id, operator_id
from deploy.commands.records import apply_workspace
from deploy.embedded.directory import Urls
from deploy.workspace import AccountTable, ChannelTable, GroupTable, OperatorTable, Workspace
from domain.acts import Ask, Assign, Transfer
from domain.chat.commands import AssignChat, CloseChat, ReleaseChat, SendMessage, TransferChat
from domain.chat.events import ReleaseReason
from domain.content import Text
from domain.inbound import MessageArrived, Peer
from domain.intake import take_in
from domain.operator import ChangePresence
from domain.routing import Reason
from domain.values import (
    ChannelAccountId,
    ChatId,
    Identity,
    Meta,
    OperatorId,
    Presence,
    Role,
    split_stream,
    stream_of,
)
from routers.rounds import decide_along
from routers.state import Routing
from tests.prepared import MAPPER, desk_on, reader_on

META = Meta("test", "test")
PEOPLE = ("ana", "bia")


class RoutedCompany:
    """Two operators of the group Vendas, a supervisor of Suporte, an administrator."""

    def __init__(self, url: str, desk: LogDesk, reader: LogReader) -> None:
        self.url = url
        self._desk, self._reader = desk, reader
        self._numbers = count(1)
        operators = [
            OperatorTable(email=f"{name}@ipe.test", name=name.title(), groups=("Vendas",))
            for name in PEOPLE
        ]
        operators += [
            OperatorTable(
                email="sol@ipe.test", name="Sol", role=Role.SUPERVISOR, groups=("Suporte",)
            ),
            OperatorTable(email="adm@ipe.test", name="Adm", role=Role.ADMINISTRATOR),
        ]
        config = {"bot_token": "42:test", "secret_token": "tg-secret"}
        wanted = Workspace(
            account=AccountTable(name="Ipê", warmup=100, time_zone="UTC"),
            groups=(GroupTable(name="Vendas"), GroupTable(name="Suporte")),
            operators=tuple(operators),
            channels=(ChannelTable(name="tg", kind="telegram", group="Vendas", config=config),),
        )
        apply_workspace(Urls(url, "nats://nowhere:1"), wanted)
        self.group = group_id(desk.naming, "Vendas")
        self.other_group = group_id(desk.naming, "Suporte")
        self.channel = ChannelAccountId(desk.naming.derive("channel", "tg"))

    def id_of(self, name: str) -> OperatorId:
        return operator_id(self._desk.naming, f"{name}@ipe.test")

    def be(self, presence: Presence, *names: str) -> None:
        for name in names:
            self._ask(stream_of("operator", self.id_of(name)), ChangePresence(presence=presence))

    def writes(self, client: int) -> ChatId:
        arrived = MessageArrived(
            account=None,
            dedup_key=f"m:{next(self._numbers)}",
            occurred_at=datetime(2030, 1, 2, 9, tzinfo=UTC),
            peer=Peer((Identity("telegram.user", f"{client}"),), f"Cliente {client}"),
            provider_id=f"{next(self._numbers)}",
            parts=(Text(text="Oi"),),
        )
        receipt = self._desk.submit_now(take_in(self._desk.naming, self.channel, arrived))
        assert receipt.stream is not None
        return ChatId(split_stream(receipt.stream)[1])

    def answers(self, chat: ChatId, name: str) -> None:
        command = SendMessage(
            message_id=f"{chat}.{next(self._numbers)}",
            operator_id=self.id_of(name),
            parts=(Text(text="Bom dia"),),
        )
        self._ask(stream_of("chat", chat), command)

    def closes(self, chat: ChatId) -> None:
        self._ask(stream_of("chat", chat), CloseChat())

    def pulls(self, chat: ChatId, name: str) -> None:
        command = AssignChat(operator_id=self.id_of(name), reason=Reason("pulled"))
        self._desk.submit_now(Assign(chat_id=chat, command=command, meta=META))

    def transfers(self, chat: ChatId, name: str, to: str) -> None:
        command = TransferChat(
            by_operator=self.id_of(name), to_operator=self.id_of(to), comment="por favor"
        )
        self._desk.submit_now(Transfer(chat_id=chat, command=command, meta=META))

    def gives_back(self, chat: ChatId) -> None:
        self._ask(stream_of("chat", chat), ReleaseChat(reason=ReleaseReason.GIVEN_BACK))

    def route(self) -> None:
        """Decide on all of the log, and hand in what has not come to anything yet."""
        while True:
            state, acts = Routing(), dict[ChatId, Assign]()
            for raw in self._reader.raw():
                round_ = decide_along(state, MAPPER.decode(*raw))
                acts |= {act.chat_id: act for act in round_.acts}
            left = [act for chat_id, act in acts.items() if chat_id in state.expected]
            for act in left:
                self._desk.submit_now(act)
            if not left:
                return

    def now(self) -> datetime:
        """Return the database's time, which the log goes by."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        moment: datetime = row[0]
        return moment.astimezone(UTC)

    def ago(self, seconds: float) -> str:
        return (self.now() - timedelta(seconds=seconds)).isoformat()

    def _ask(self, stream: Any, command: Any) -> None:
        self._desk.submit_now(Ask(stream=stream, command=command, meta=META))


@contextmanager
def routed_company(url: str) -> Iterator[RoutedCompany]:
    """Yield the company on a migrated database without one."""
    with desk_on(url) as desk, reader_on(url) as reader:
        yield RoutedCompany(url, desk, reader)
