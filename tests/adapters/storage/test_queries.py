"""What people look at, out of a real database: V3, V6-V8, V11, V13, M5, S18, T2."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.postgres.cursors import UnreadableCursor
from adapters.storage.postgres.queries import Pool, Queries, ViewsAreBehind
from domain.access import Scope
from domain.account import AccountConfigured, AccountSettings
from domain.chat import commands as c
from domain.client.events import ClientCreated, ClientNamed
from domain.group import GroupConfigured, GroupSettings
from domain.hours import BusinessHours, Patience, Span
from domain.operator import PresenceChanged
from domain.values import GroupId, OperatorId, Presence, Role
from projections.filters import ChatFilter, Listed, PatienceOf, matches
from projections.items import Item
from tests.adapters.storage import view_logs
from tests.adapters.storage.view_logs import others
from tests.projections.histories import GROUPS, OPERATORS, ByHand, Log, logs, said

ANA, BIA = OPERATORS[0], OPERATORS[1]
ADMINISTRATOR = Scope(OperatorId("root"), Role.ADMINISTRATOR)


def operator(who: OperatorId, *groups: str) -> Scope:
    return Scope(who, Role.OPERATOR, frozenset(GroupId(group) for group in groups))


@pytest.fixture
def url(fresh_database: str) -> str:
    view_logs.prepare(fresh_database)
    return fresh_database


@pytest.fixture
async def pool(url: str) -> AsyncIterator[Pool]:
    pool: Pool = AsyncConnectionPool[AsyncConnection[TupleRow]](
        url, min_size=1, max_size=2, open=False
    )
    async with pool:
        yield pool


@pytest.fixture
def queries(pool: Pool) -> Queries:
    return Queries(pool)


class Company:
    """A log in the making, and its database."""

    def __init__(self, url: str) -> None:
        self.log = view_logs.company(Log())
        self._url = url
        self._written = 0

    @property
    def now(self) -> datetime:
        return self.log.now

    def later(self, **delta: float) -> None:
        self.log.now += timedelta(**delta)

    def chat(self, name: str, text: str = "oi", group: str | None = None) -> None:
        self.log.open(name, group)
        self.say(name, text)

    def say(self, name: str, text: str, late: float = 0) -> None:
        command = c.ReceiveMessage(
            provider_id=f"p{len(self.log.recorded)}",
            parts=said(text),
            sent_at=self.now - timedelta(seconds=late),
        )
        self.log.ask(name, command)

    def give(self, name: str, who: OperatorId) -> None:
        self.log.ask(name, c.AssignChat(operator_id=who, reason=ByHand))

    async def show(self) -> int:
        """Bring the views up to what was recorded; return the position."""
        view_logs.write(self._url, self.log.recorded[self._written :])
        self._written = len(self.log.recorded)
        return await view_logs.projected(self._url)


@pytest.fixture
def company(url: str) -> Company:
    return Company(url)


def ids(items: list[Item]) -> list[str]:
    return [item["id"] for item in items]


async def test_new_and_waiting_go_by_clock_open_and_unread_by_activity(
    company: Company, queries: Queries
) -> None:
    """V11."""
    for name in ("n1", "n2", "w1", "w2", "o1", "o2"):
        company.chat(name)
        company.later(seconds=1)
    for name in ("w2", "w1", "o1", "o2"):
        company.give(name, ANA)
    for name in ("o1", "o2"):
        command = c.SendMessage(message_id=name, operator_id=ANA, parts=said("sim"))
        company.log.ask(name, command)
        company.later(seconds=1)
    company.later(minutes=30)
    company.say("n1", "ainda aí?")
    company.say("o1", "obrigado")
    await company.show()

    async def listed(section: Listed) -> list[str]:
        wanted = ChatFilter(section=section)
        return ids((await queries.chats(ADMINISTRATOR, wanted, now=company.now)).items)

    assert await listed(Listed.NEW) == ["n1", "n2"]
    assert await listed(Listed.WAITING) == ["w1", "w2"]
    assert await listed(Listed.OPEN) == ["o1", "o2"]
    assert await listed(Listed.UNREAD) == ["o1", "w2", "w1"]


async def test_a_changed_patience_applies_to_running_clocks(
    company: Company, queries: Queries
) -> None:
    """V3, V7: the account's, which a group may override."""
    company.chat("c1", group=GROUPS[0])
    company.chat("c2", group=GROUPS[1])
    company.give("c1", ANA)
    company.give("c2", ANA)
    company.later(minutes=5)
    waiting = ChatFilter(section=Listed.WAITING)

    async def late() -> list[str]:
        await company.show()
        return sorted(ids((await queries.chats(ADMINISTRATOR, waiting, now=company.now)).items))

    assert await late() == []
    short = AccountSettings(patience=timedelta(minutes=2))
    company.log.record("account-main", AccountConfigured(at=company.now, settings=short))
    assert await late() == ["c1", "c2"]
    long = GroupSettings(patience=timedelta(hours=1))
    company.log.record(f"group-{GROUPS[0]}", GroupConfigured(at=company.now, settings=long))
    assert await late() == ["c2"]


async def test_pages_follow_each_other_without_gap_or_repeat(
    company: Company, queries: Queries
) -> None:
    """V11."""
    names = [f"c{number:02}" for number in range(11)]
    for name in names:
        company.chat(name)
    await company.show()
    for listed in (Listed.NEW, Listed.ALL):
        seen: list[str] = []
        cursor = None
        while True:
            wanted = ChatFilter(section=listed)
            page = await queries.chats(ADMINISTRATOR, wanted, cursor=cursor, limit=3)
            seen += ids(page.items)
            cursor = page.next_cursor
            if cursor is None:
                break
        assert sorted(seen) == names
        assert len(seen) == len(names)


@pytest.mark.parametrize("cursor", ["x", "", "e30", "WyJieS1hY3Rpdml0eSIsIm5vIiwiYyJd", "é"])
async def test_a_foreign_cursor_is_refused(queries: Queries, cursor: str) -> None:
    with pytest.raises(UnreadableCursor):
        await queries.chats(ADMINISTRATOR, ChatFilter(), cursor=cursor)


async def test_counts_are_exact_up_to_a_thousand(company: Company, queries: Queries) -> None:
    """V11, S18."""
    for number in range(1_000):
        company.log.open(f"c{number}")
    position = await company.show()
    counts = await queries.counts(ADMINISTRATOR)
    assert counts == {"new": 1_000, "waiting": 0, "open": 0, "unread": 0, "position": position}

    company.log.open("one-more")
    await company.show()
    assert (await queries.counts(ADMINISTRATOR))["new"] == "1000+"


async def test_a_transfer_moves_a_chat_out_of_ones_sight(
    company: Company, queries: Queries
) -> None:
    """V13."""
    company.chat("c1", group=GROUPS[0])
    company.give("c1", ANA)
    await company.show()
    ana, bia = operator(ANA, GROUPS[0]), operator(BIA, GROUPS[1])
    assert await queries.chat(ana, "c1") is not None
    assert await queries.chat(bia, "c1") is None

    company.log.ask("c1", c.TransferChat(by_operator=ANA, to_group=GROUPS[1], comment="vê?"))
    await company.show()
    assert await queries.chat(ana, "c1") is None
    assert await queries.messages(ana, "c1") is None
    new = await queries.chat(bia, "c1")
    assert new is not None
    assert new["transfer"] == {"by": {"id": ANA, "name": "Ana"}, "comment": "vê?"}


async def test_a_closed_chat_stays_in_the_sight_of_who_had_it(
    company: Company, queries: Queries
) -> None:
    """V13."""
    company.chat("c1")
    company.give("c1", ANA)
    company.log.ask("c1", c.CloseChat())
    await company.show()
    closed = ChatFilter(section=Listed.CLOSED)

    assert ids((await queries.chats(operator(ANA), closed)).items) == ["c1"]
    assert (await queries.chats(operator(BIA), closed)).items == []
    assert (await queries.chats(operator(ANA), ChatFilter(operator=ANA))).items == []


async def test_messages_are_in_the_providers_order(company: Company, queries: Queries) -> None:
    """M5."""
    company.chat("c1", "dois")
    company.say("c1", "um", late=60)
    company.log.ask("c1", c.AddComment(operator_id=ANA, text="três"))
    await company.show()
    page = await queries.messages(ADMINISTRATOR, "c1", limit=2)
    assert page is not None
    rest = await queries.messages(ADMINISTRATOR, "c1", cursor=page.next_cursor)
    assert rest is not None

    assert [item["text"] for item in page.items + rest.items] == ["um", "dois", "três"]
    assert [item["seq"] for item in page.items] == [2, 1]
    assert [item["direction"] for item in rest.items] == ["internal"]
    assert rest.next_cursor is None


async def test_a_search_in_a_chat_ignores_accents_and_masks(
    company: Company, queries: Queries
) -> None:
    """T2, C3."""
    company.chat("c1", "CPF 123.456.789-09 da Zoë")
    company.say("c1", "nada")
    await company.show()

    for q in ("12345678909", "zoe", "ZOË cpf"):
        page = await queries.messages(ADMINISTRATOR, "c1", q=q)
        assert page is not None
        assert [item["seq"] for item in page.items] == [1]


async def test_a_rename_is_a_change_of_the_chats_that_show_the_name(
    company: Company, queries: Queries
) -> None:
    company.chat("c1")
    company.chat("c2")
    before = await company.show()
    named = ClientNamed(at=company.now, name="Fábio")
    company.log.record("client-client-of-c1", named)
    after = await company.show()
    changes = await queries.changed_since(before)

    assert [(i["id"], i["client"]["name"]) for i in changes.items] == [("c1", "Fábio")]
    assert (changes.items[0]["position"], changes.up_to, changes.position) == (after,) * 3


async def test_changes_in_parts_are_all_changes(company: Company, queries: Queries) -> None:
    """S13."""
    for number in range(7):
        company.chat(f"c{number}")
        created = ClientCreated(at=company.now, identities=(), name=f"C{number}")
        company.log.record(f"client-client-of-c{(3 * number) % 7}", created)
    last = await company.show()
    seen: dict[str, Item] = {}
    position = 0
    while position < last:
        changes = await queries.changed_since(position, limit=2)
        assert changes.up_to > position
        seen |= {item["id"]: item for item in changes.items}
        position = changes.up_to

    assert seen == {i["id"]: i for i in (await queries.changed_since(0)).items}
    assert len(seen) == 7


async def test_groups_tell_who_is_online_and_what_they_carry(
    company: Company, queries: Queries
) -> None:
    """R9: the transfer dialog asks first."""
    online = PresenceChanged(at=company.now, presence=Presence.ONLINE)
    company.log.record(f"operator-{ANA}", online)
    company.chat("c1", group=GROUPS[0])
    company.give("c1", ANA)
    await company.show()
    groups = {item["id"]: item for item in (await queries.groups()).items}
    operators = {item["id"]: item for item in (await queries.operators()).items}
    seats = {seat.operator_id: seat for seat in await queries.seats()}

    told = {name: groups[GROUPS[0]][name] for name in ("members", "online", "load", "new")}
    assert told == {"members": 3, "online": 1, "load": 1, "new": 0}
    assert (operators[ANA]["load"], operators[ANA]["presence"]) == (1, "online")
    assert (seats[ANA].load, seats[ANA].last_assigned_at) == (1, company.now)


async def test_clients_are_found_by_name_whatever_its_accents(
    company: Company, queries: Queries
) -> None:
    """C3."""
    for number, name in enumerate(("Fábio Souza", "Zoë", "fabiana")):
        created = ClientCreated(at=company.now, identities=(), name=name)
        company.log.record(f"client-k{number}", created)
    await company.show()
    first = await queries.clients("fabi", limit=1)
    second = await queries.clients("fabi", cursor=first.next_cursor)

    assert [i["name"] for i in first.items + second.items] == ["fabiana", "Fábio Souza"]


async def test_settings_are_there_before_any_are_given(queries: Queries) -> None:
    assert (await queries.settings())["patience"] == 600


async def test_one_waits_for_what_one_wrote(company: Company, queries: Queries) -> None:
    company.chat("c1")
    position = await company.show()

    assert await queries.wait_for(position, timeout=1) == position
    with pytest.raises(ViewsAreBehind):
        await queries.wait_for(position + 1, timeout=0.05)


_scopes = st.one_of(
    st.just(ADMINISTRATOR),
    st.just(Scope(OperatorId("aud"), Role.AUDITOR)),
    st.builds(
        Scope,
        st.sampled_from(OPERATORS),
        st.sampled_from([Role.OPERATOR, Role.SUPERVISOR]),
        st.frozensets(st.sampled_from(GROUPS)),
    ),
)
_filters = st.builds(
    ChatFilter,
    section=st.sampled_from(Listed),
    operator=st.none() | st.sampled_from(OPERATORS),
    group=st.none() | st.sampled_from(GROUPS),
    channel=st.none() | st.sampled_from(["whatsapp", "zap", "telegram"]),
    client=st.none() | st.just("client-of-c1"),
    tag=st.none() | st.sampled_from(["vip", 'ç,{}"\\', "none"]),
    q=st.none() | st.sampled_from(["joao", "fabio", "nota", "123456", "%", "", "FÁB oi"]),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    log=logs(chats=3, most=25, others=others),
    wanted=st.lists(_filters, min_size=1, max_size=6),
    scope=_scopes,
    minutes=st.integers(0, 40),
)
def test_a_list_in_sql_is_the_list_by_the_rules(
    url: str, log: Log, wanted: list[ChatFilter], scope: Scope, minutes: int
) -> None:
    """V13: what is asked of tables and what the live feed asks of items is one question."""
    view_logs.clear(url)
    view_logs.write(url, log.recorded)
    view_logs.project(url)
    now = log.now.astimezone(UTC) + timedelta(minutes=minutes)

    async def ask(queries: Queries) -> None:
        everything = (await queries.chats(ADMINISTRATOR, ChatFilter(), now=now)).items
        patience_of = await in_force(queries)
        for chats in wanted:
            page = await queries.chats(scope, chats, now=now)
            found = [i for i in everything if matches(i, chats, scope, now, patience_of)]
            assert {i["id"]: i for i in page.items} == {i["id"]: i for i in found}
        counts = await queries.counts(scope, now=now)
        for listed in (Listed.NEW, Listed.WAITING, Listed.OPEN, Listed.UNREAD):
            chats = ChatFilter(section=listed)
            found = [i for i in everything if matches(i, chats, scope, now, patience_of)]
            assert counts[listed.value] == len(found)

    view_logs.asking(url, ask)


async def test_a_clock_in_business_hours_is_late_by_what_was_open(
    company: Company, queries: Queries
) -> None:
    """V5, V6, V11: in lists, counts and one chat alike; other groups go by the wall clock."""
    sales, money = GROUPS[0], GROUPS[1]
    opens = company.now + timedelta(hours=10)
    minute = opens.hour * 60 + opens.minute
    week = ((Span(minute, minute + 480),),) * 7
    settings = GroupSettings(
        hours=BusinessHours(time_zone="UTC", week=week),
        clock_in_hours=True,
        patience=timedelta(minutes=10),
    )
    company.log.record(f"group-{sales}", GroupConfigured(at=company.now, settings=settings))
    for name, group in (("night", sales), ("day", money), ("none", None)):
        company.chat(name, group=group)
        company.give(name, ANA)
    await company.show()

    async def sections(now: datetime) -> dict[str, str]:
        waiting = await queries.chats(ADMINISTRATOR, ChatFilter(section=Listed.WAITING), now=now)
        open_ = await queries.chats(ADMINISTRATOR, ChatFilter(section=Listed.OPEN), now=now)
        counts = await queries.counts(ADMINISTRATOR, now=now)
        assert (counts["waiting"], counts["open"]) == (len(waiting.items), len(open_.items))
        found = {item["id"]: item["section"] for item in [*waiting.items, *open_.items]}
        for name, section in found.items():
            chat = await queries.chat(ADMINISTRATOR, name, now)
            assert chat is not None
            assert chat["section"] == section
        return found

    late, on_time = "waiting", "open"
    second = timedelta(seconds=1)
    began = datetime.combine(opens.date(), opens.time().replace(second=0, microsecond=0), UTC)
    before = await sections(company.now + timedelta(hours=1))
    assert before == {"night": on_time, "day": late, "none": late}
    due = began + timedelta(minutes=10)
    assert (await sections(due - second))["night"] == on_time
    assert (await sections(due + second))["night"] == late
    chat = await queries.chat(ADMINISTRATOR, "night")
    assert chat is not None
    assert datetime.fromisoformat(chat["waiting_from"]) == due
    patience = await queries.patience()
    assert patience(sales).hours is not None
    assert patience(None) == patience(money) == Patience(timedelta(minutes=10))


async def in_force(queries: Queries) -> PatienceOf:
    default = timedelta(seconds=(await queries.settings())["patience"])
    groups = {i["id"]: i["patience"] for i in (await queries.groups()).items}

    def patience_of(group: str | None) -> Patience:
        own = groups.get(group)
        return Patience(default if own is None else timedelta(seconds=own))

    return patience_of
