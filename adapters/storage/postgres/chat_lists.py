"""A list of chats as statements: its pages, in order, and how many it holds (V11)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal, Placeholder

from adapters.storage.postgres.chat_items import select_chats
from adapters.storage.postgres.conditions import Conditions, inbox_query
from adapters.storage.postgres.cursors import UnreadableCursor, pack, unpack
from adapters.storage.postgres.views import NEVER
from projections.filters import BY_CLOCK, Listed
from projections.items import stamp


def order(listed: Listed) -> Iterator[tuple[str, bool]]:
    """Yield the columns that a list is in order of, and whether they fall (V11)."""
    if listed in BY_CLOCK:
        yield from (("waiting_key", False), ("opened_at", False), ("chat_id", False))
    else:
        yield from (("last_activity_at", True), ("chat_id", True))


def count_of(found: Conditions, limit: int) -> Composed:
    """Return the expression of how many chats there are, counted no further than `limit`."""
    return SQL("(SELECT count(*) FROM ({} LIMIT {}) AS c)").format(
        inbox_query(found), Literal(limit)
    )


def page_of(found: Conditions, listed: Listed, limit: int) -> Composed:
    """Return the statement of the first `limit` chats of a list, in its order."""

    def by(table: str) -> Composable:
        return SQL("ORDER BY {}").format(
            SQL(", ").join(
                [
                    SQL("{} DESC" if falls else "{}").format(Identifier(table, column))
                    for column, falls in order(listed)
                ]
            )
        )

    chats = SQL("{} {} LIMIT {}").format(inbox_query(found), by("c"), Literal(limit))
    return select_chats(chats, by("c"))


def start_after(found: Conditions, listed: Listed, cursor: str) -> None:
    """Add the condition that a chat comes after the one a cursor names."""
    columns = list(order(listed))
    values = unpack(_order_name(listed), cursor, len(columns))
    _check(values)
    found.add(
        SQL("({}) {} ({})").format(
            SQL(", ").join([Identifier("c", column) for column, _ in columns]),
            SQL("<" if columns[0][1] else ">"),
            SQL(", ").join(
                [
                    SQL("{}::{}").format(
                        Placeholder(f"after{number}"),
                        SQL("text" if column == "chat_id" else "timestamptz"),
                    )
                    for number, (column, _) in enumerate(columns)
                ]
            ),
        ),
        **{f"after{number}": value for number, value in enumerate(values)},
    )


def placed_after(listed: Listed, cursor: str) -> tuple[Any, ...]:
    """Return the place in a list's order after which a cursor's page begins."""
    values = unpack(_order_name(listed), cursor, sum(1 for _ in order(listed)))
    _check(values)
    *times, chat_id = values
    return (*map(datetime.fromisoformat, times), chat_id)


def _check(values: list[Any]) -> None:
    try:
        *times, chat_id = values
        for at in times:
            datetime.fromisoformat(at)
    except (ValueError, TypeError):
        raise UnreadableCursor from None
    if not isinstance(chat_id, str):
        raise UnreadableCursor


def _order_name(listed: Listed) -> str:
    return "by-clock" if listed in BY_CLOCK else "by-activity"


def cursor_after(listed: Listed, values: tuple[Any, ...]) -> str:
    """Return the cursor of a page whose last chat is in order by these values."""
    *times, chat_id = values
    return pack(_order_name(listed), (*(stamp(at or NEVER) for at in times), chat_id))
