"""The views after the projector's batches, whatever their size: V12."""

from collections.abc import Iterable
from typing import Any

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL

from adapters.storage.postgres.columns import View
from adapters.storage.postgres.differences import differences
from adapters.storage.postgres.rebuild import rebuild
from adapters.storage.postgres.view_rows import storable
from adapters.storage.postgres.views import VIEWS
from projections.sheets import Sheets
from tests.adapters.storage import view_logs
from tests.adapters.storage.view_logs import MAPPER, others
from tests.projections.histories import Log, logs

ON_ONE_DATABASE = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def url(fresh_database: str) -> str:
    view_logs.prepare(fresh_database)
    return fresh_database


def stored(url: str, view: View) -> dict[Any, Any]:
    with psycopg.connect(url) as connection:
        statement = SQL("SELECT {} FROM {}").format(view.select_list(), view.table())
        rows = [view.read(values) for values in connection.execute(statement)]
    return in_plain(view, rows)


def found_words(text: str) -> list[str]:
    """Return the words of a text that is searched, which its table keeps sorted and quoted."""
    return sorted({word.strip("'") for word in text.split()})


def in_plain(view: View, rows: Iterable[Any]) -> dict[Any, Any]:
    """Return what the rows hold, by key; NUL is the one thing that a table cannot keep."""
    plain = {
        row.key: storable(orjson.loads(orjson.dumps(view.record(row), default=tuple)))
        for row in rows
    }
    searched = [column.name for column in view.stored if column.type == "tsvector"]
    for record in plain.values():
        record |= {name: found_words(record[name]) for name in searched}
    return plain


def folded(log: Log) -> Sheets:
    """Fold the whole log at once, out of what the log's bytes say."""
    sheets = Sheets()
    for r in log.recorded:
        state = MAPPER.encode(r.event, r.meta, r.subject)
        sheets.fold(MAPPER.decode(r.position, r.stream, r.version, r.event.TOPIC, state))
    sheets.settle()
    return sheets


@ON_ONE_DATABASE
@given(log=logs(chats=3, most=40, others=others), limit=st.integers(1, 60))
def test_tables_hold_what_the_folds_say(url: str, log: Log, limit: int) -> None:
    """V12."""
    view_logs.clear(url)
    view_logs.write(url, log.recorded)

    assert view_logs.project(url, limit) == len(log.recorded)
    sheets = folded(log)
    for name, view in VIEWS.items():
        assert stored(url, view) == in_plain(view, sheets.rows(name).values())


@ON_ONE_DATABASE
@given(log=logs(chats=3, most=40, others=others), limit=st.integers(1, 60))
def test_rebuilt_views_equal_those_that_grew(url: str, log: Log, limit: int) -> None:
    """V12, S11: row by row, derived columns and positions included."""
    view_logs.clear(url)
    view_logs.write(url, log.recorded)
    view_logs.project(url, limit)
    grown = view_logs.tables(url)

    assert rebuild(url, processes=1) == len(log.recorded)
    assert view_logs.tables(url) == grown
    assert list(differences(url, processes=1)) == []
