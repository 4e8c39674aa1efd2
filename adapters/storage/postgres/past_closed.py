"""
Chats that were closed at a past moment, by latest activity.

One that nothing has happened to since is still as it was, in the views. The others, which
are few, are folded from their own streams.
"""

import heapq
from collections.abc import Generator
from typing import Any, Final

from psycopg import Connection, ServerCursor
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from adapters.storage.postgres.columns import CHECKPOINTS
from adapters.storage.postgres.moments import Moment
from adapters.storage.postgres.queries import ViewsAreBehind
from adapters.storage.postgres.told import Reading
from adapters.storage.postgres.views import INBOX
from domain.values import stream_of
from projections.filters import Listed
from projections.panel import OpenChat, Panel, told
from projections.panel_items import order_of

_PAGE: Final = 200
_POSITION: Final = SQL("SELECT position FROM {} WHERE name = 'views'").format(CHECKPOINTS)
_UNTOUCHED: Final = SQL("""
SELECT {columns} FROM {table}
WHERE closed_at IS NOT NULL AND changed <= %(position)s AND {from_there}
ORDER BY last_activity_at DESC, chat_id DESC
""")
_FROM_THERE: Final = {
    False: SQL("last_activity_at <= %(at)s"),
    True: SQL("(last_activity_at, chat_id) < (%(at)s, %(id)s)"),
}
_TOUCHED: Final = SQL("SELECT chat_id FROM {} WHERE changed > %s AND opened_at <= %s").format(
    INBOX.table()
)


def closed_chats(
    connection: Connection[TupleRow],
    reading: Reading,
    panel: Panel,
    moment: Moment,
    after: tuple[Any, ...] | None,
) -> Generator[OpenChat, None, None]:
    """
    Yield chats that were closed, those with the latest activity first, from a place on.

    Raises `ViewsAreBehind` where the views do not know the moment yet.
    """
    at, id_ = after or (moment.at, "")
    values = {"position": moment.position, "at": at, "id": id_}
    statement = _UNTOUCHED.format(
        columns=INBOX.select_list(),
        table=INBOX.table(),
        from_there=_FROM_THERE[after is not None],
    )
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute(_POSITION).fetchone()
        reached = 0 if row is None else int(row[0])
        if reached < moment.position:
            raise ViewsAreBehind(moment.position, reached)
        touched = connection.execute(_TOUCHED, (moment.position, moment.at)).fetchall()
        ids = [row[0] for row in touched if row[0] not in panel.chats]
        with ServerCursor(connection, "closed") as cursor:
            cursor.itersize = _PAGE
            untouched = (
                OpenChat(INBOX.read(row)) for row in cursor.execute(statement, values, binary=True)
            )
            yield from heapq.merge(
                untouched,
                _were_closed(reading, ids),
                key=lambda chat: order_of(Listed.CLOSED, chat.row),
                reverse=True,
            )


def _were_closed(reading: Reading, ids: list[str]) -> list[OpenChat]:
    streams = reading.streams([stream_of("chat", id_) for id_ in ids])
    chats = [told(events) for events in streams.values()]
    found = [chat for chat in chats if chat is not None and not chat.row.is_open]
    found.sort(key=lambda chat: order_of(Listed.CLOSED, chat.row), reverse=True)
    return found
