"""A filter asked of tables and asked of what is known in memory is one question (T5)."""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.storage.postgres.queries import Queries
from domain.access import Scope
from domain.client.events import (
    ClientDetailChanged,
    ClientFieldChanged,
    ClientMerged,
    ClientNamed,
    ClientParted,
    ClientTagged,
)
from domain.client.facts import Detail
from domain.field import FieldKind
from domain.values import ClientId, FieldId, OperatorId, Role
from projections.filter_parsing import read_filter
from projections.filter_tree import needs
from projections.filters import ChatFilter, matches
from tests.adapters.storage import view_logs
from tests.adapters.storage.test_queries import in_force
from tests.projections.histories import OPERATORS, Log, logs
from tests.projections.written_filters import CATALOGUE, ENTERED, Written, written

ADMINISTRATOR = Scope(OperatorId("root"), Role.ADMINISTRATOR)


@pytest.fixture
def url(fresh_database: str) -> str:
    view_logs.prepare(fresh_database)
    return fresh_database


def _recorded(client: int, make: Callable[..., Any], **values: Any) -> Callable[[Log], object]:
    stream = f"client-client-of-c{client}"
    return lambda log: log.record(stream, make(at=log.now, **values))


def _of_client(
    make: Callable[..., Any], **values: st.SearchStrategy[Any]
) -> st.SearchStrategy[Callable[[Log], object]]:
    return st.builds(_recorded, st.integers(1, 3), st.just(make), **values)


_fields = [
    _of_client(
        ClientFieldChanged,
        field_id=st.just(FieldId(kind.value)),
        kind=st.just(kind),
        value=st.sampled_from([*values, None]),
    )
    for kind, values in ENTERED.items()
]
_details = [
    _of_client(ClientDetailChanged, detail=st.just(detail), value=st.sampled_from(values))
    for detail, values in {
        Detail.EMAIL: ["Fabio@ipe.test", "o%_\\@ipe.test", None],
        Detail.PHONE: ["+5511900000001", None],
        Detail.CPF: [*ENTERED[FieldKind.DOCUMENT][:1], None],
        Detail.NOTES: ["nota: João", None],
    }.items()
]
_tags = st.lists(st.sampled_from(["vip", "ouro", "'"]), max_size=2).map(tuple)
records: st.SearchStrategy[Callable[[Log], object]] = st.one_of(
    *_fields,
    *_details,
    _of_client(ClientTagged, added=_tags, removed=_tags),
    _of_client(ClientNamed, name=st.sampled_from(["Fábio", "Zoë 100%", "", "João\x00"])),
    st.just(_recorded(1, ClientMerged, into=ClientId("client-of-c2"))),
    st.just(_recorded(1, ClientParted, from_client=ClientId("client-of-c2"))),
)


@settings(
    max_examples=20,
    deadline=None,
    # Each attempt at a smaller example fills a database.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    log=logs(chats=3, most=18, others=records | view_logs.others),
    entered=st.lists(records, max_size=6),
    asked=st.lists(written, min_size=4, max_size=10),
    me=st.sampled_from(OPERATORS),
    days=st.integers(0, 40),
)
def test_tables_and_memory_agree_on_every_filter(
    url: str,
    log: Log,
    entered: list[Callable[[Log], object]],
    asked: list[Written],
    me: OperatorId,
    days: int,
) -> None:
    """T5, S18: the list, its count and a tab's count are what the tree says of each chat."""
    for enter in entered:
        enter(log)
    view_logs.clear(url)
    view_logs.write(url, log.recorded)
    view_logs.project(url)
    now = log.now.astimezone(UTC) + timedelta(days=days, minutes=days)
    trees = [read_filter(one, CATALOGUE, me) for one in asked]

    async def ask(queries: Queries) -> None:
        everything = (await queries.chats(ADMINISTRATOR, ChatFilter(), now=now)).items
        patience_of = await in_force(queries)
        found = []
        for tree in trees:
            facts = await queries.facts([item["id"] for item in everything], needs(tree))
            chats = ChatFilter(tree=tree)
            page = await queries.chats(ADMINISTRATOR, chats, now=now)
            held = {
                i["id"]
                for i in everything
                if matches(i, chats, ADMINISTRATOR, now, patience_of, facts[i["id"]])
            }
            assert {item["id"] for item in page.items} == held, tree
            found.append(len(held))
        tabs = {f"{number}": tree for number, tree in enumerate(trees)}
        counts = await queries.counts(ADMINISTRATOR, now=now, tabs=tabs)
        assert list(counts["tabs"].values()) == found

    view_logs.asking(url, ask)
