"""
What is looked for in texts and records, by the shorter of two ways.

Few messages or records that say something: their chats are gathered, and the list is made
of these. Many: the list is gone through in its order, and each chat is asked. PostgreSQL
cannot tell beforehand, so it is counted first, no further than what is few.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composable, Composed

from adapters.storage.postgres.asking import RARE, asked
from adapters.storage.postgres.chat_items import fetch
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.conditions import Conditions
from adapters.storage.postgres.filter_sql import Compiling, said
from domain.access import Scope
from domain.values import Timestamp
from projections import filter_tree as f
from projections.filters import ChatFilter

Connection = AsyncConnection[TupleRow]

_HOW_MANY: Final = SQL("(SELECT count(*) FROM (SELECT 1 FROM {what} LIMIT {few} + 1) AS t)")
_SAID: Final = SQL("{schema}.search WHERE words @@ {query}::tsquery")
_RECORD: Final = SQL("{schema}.clients AS w WHERE {condition}")
_CHATS_SAYING: Final = SQL(
    "c.chat_id = ANY(ARRAY(SELECT chat_id FROM {schema}.search WHERE words @@ {query}::tsquery))"
)
# Whose record goes on in another one is shown as that one (C4).
_CHATS_OF: Final = SQL(
    "c.client_id = ANY(ARRAY(SELECT w.id FROM {schema}.clients AS w"
    " WHERE w.merged_into IS NULL AND ({condition})"
    " UNION ALL SELECT p.id FROM {schema}.clients AS w"
    " JOIN {schema}.clients AS p ON p.merged_into = w.id WHERE {condition}))"
)
_FOUND_FEW: Final = SQL("""
c.chat_id = ANY(ARRAY(
    SELECT chat_id FROM {schema}.search WHERE words @@ {said}::tsquery
    UNION ALL SELECT i.chat_id FROM {schema}.inbox AS i WHERE i.client_id IN ({records})))
""")
# The limit keeps PostgreSQL from gathering all records of a common word first.
_FOUND: Final = SQL("""
(SELECT true FROM {schema}.clients AS p
    JOIN {schema}.clients AS x ON x.id = coalesce(p.merged_into, p.id)
        OR x.merged_into = coalesce(p.merged_into, p.id)
    WHERE p.id = c.client_id AND x.found_by @@ {record}::tsquery LIMIT 1)
OR EXISTS (SELECT 1 FROM {schema}.search AS s
    WHERE s.chat_id = c.chat_id AND s.words @@ {said}::tsquery)
""")
_FOUND_RECORDS: Final = SQL("""
SELECT id FROM {schema}.clients WHERE coalesce(merged_into, id) IN (
    SELECT coalesce(merged_into, id) FROM {schema}.clients WHERE found_by @@ {record}::tsquery)
""")


@dataclass(slots=True)
class _Wanted:
    """A part of what is asked, in both ways, and what is counted to choose one."""

    counted: list[Composable]
    if_few: Composable
    if_many: Composable


async def narrowed(
    connection: Connection,
    chats: ChatFilter,
    scope: Scope,
    now: Timestamp | None = None,
    prefix: str = "f",
) -> Conditions:
    """
    Return the conditions of a list's `search` and `tree`; `now` is None for this moment.

    The parameters' names begin with `prefix`.
    """
    compiling = Compiling(now or datetime.now(UTC), prefix)
    making = _Making(compiling)
    if chats.search is not None and not chats.search.isspace():
        making.search(chats.search, scope)
    if chats.tree is not None:
        for part in chats.tree.parts if isinstance(chats.tree, f.AllOf) else (chats.tree,):
            making.part(part)
    found = Conditions(making.sure)
    if making.wanted:
        counts = [one for wanted in making.wanted for one in wanted.counted]
        statement = SQL("SELECT {}").format(SQL(", ").join(counts))
        numbers = iter((await fetch(connection, statement, compiling.values))[0])
        for wanted in making.wanted:
            is_few = max([next(numbers) for _ in wanted.counted]) <= RARE
            found.parts.append(wanted.if_few if is_few else wanted.if_many)
    found.values.update(compiling.values)
    return found


@dataclass(slots=True)
class _Making:
    compiling: Compiling
    sure: list[Composable] = field(default_factory=list)
    wanted: list[_Wanted] = field(default_factory=list)

    def search(self, q: str, scope: Scope) -> None:
        question, given = asked(q), self.compiling.given
        query = given(question.query())
        record = given(question.query(parts_of_documents=scope.may("documents")))
        records = _made(_FOUND_RECORDS, record=record)
        found_by = _made(_RECORD, condition=SQL("found_by @@ {}::tsquery").format(record))
        self.wanted.append(
            _Wanted(
                [self._count(_made(_SAID, query=query)), self._count(found_by)],
                _made(_FOUND_FEW, said=query, records=records),
                _made(_FOUND, said=query, record=record),
            )
        )

    def part(self, part: f.Tree) -> None:
        """Take one of the conditions that must all hold."""
        compiling = self.compiling
        match part:
            case f.Says(text):
                query = compiling.given(said(text))
                counted, if_few = _made(_SAID, query=query), _made(_CHATS_SAYING, query=query)
            case f.HoldsAny() | f.HasAny(attribute=f.Attribute.CLIENT_TAG):
                condition = compiling.of_record(part)
                counted = _made(_RECORD, condition=condition)
                if_few = _made(_CHATS_OF, condition=condition)
            case _:
                self.sure.append(compiling.condition(part))
                return
        self.wanted.append(_Wanted([self._count(counted)], if_few, compiling.condition(part)))

    def _count(self, what: Composable) -> Composed:
        return _HOW_MANY.format(what=what, few=self.compiling.given(RARE))


def _made(statement: SQL, **parts: Composable) -> Composed:
    return statement.format(schema=SQL(SCHEMA), **parts)
