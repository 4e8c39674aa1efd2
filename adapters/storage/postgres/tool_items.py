"""Reply templates and tags out of their tables, as far as somebody may see them (T3, V13)."""

from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from adapters.storage.postgres.chat_items import fetch, parameters
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.conditions import conditions, inbox_query
from adapters.storage.postgres.views import TAGS, TEMPLATES
from domain.access import Scope
from projections.filters import EVERYTHING
from projections.items import Item, named, stamp, tag_item
from projections.templates import TemplateRow, UsesRow

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_USABLE: Final = SQL("""
t.active AND (t.shared = 'account'
    OR t.shared = 'group' AND (%(all)s OR t.group_id = ANY(%(groups)s))
    OR t.shared = 'personal' AND t.owner = %(me)s)
""")
_TEMPLATES: Final = SQL("""
SELECT {columns}, coalesce(u.uses, 0), u.last_used_at, g.name
FROM {schema}.templates AS t
LEFT JOIN {schema}.uses AS u USING (id)
LEFT JOIN {schema}.groups AS g ON g.id = t.group_id
WHERE {usable} AND (%(id)s::text IS NULL OR t.id = %(id)s)
ORDER BY t.code, t.id
""").format(columns=TEMPLATES.select_list("t"), schema=SQL(SCHEMA), usable=_USABLE)
_FILE: Final = SQL("""
SELECT t.files::text FROM {schema}.templates AS t
WHERE t.held <> '{{}}' AND t.held @> ARRAY[%(sha256)s]::text[] AND {usable} LIMIT 1
""").format(schema=SQL(SCHEMA), usable=_USABLE)
_STORED: Final = len(TEMPLATES.stored)

_TAGS: Final = SQL("SELECT {columns} FROM {schema}.tags AS t ORDER BY t.name").format(
    columns=TAGS.select_list("t"), schema=SQL(SCHEMA)
)
_BORNE: Final = SQL(
    "SELECT tag, count(*) FROM ({chats}) AS chats, unnest(chats.tags) AS tag GROUP BY tag"
)


class Usable:
    """A reply template that somebody may use, how often it was used, and its group's name."""

    __slots__ = ("group", "row", "uses")

    def __init__(self, values: TupleRow) -> None:
        *stored, uses, last_used_at, group = values
        self.row: TemplateRow = TEMPLATES.read(stored)
        self.uses: UsesRow = UsesRow(self.row.id, 0, uses, last_used_at)
        self.group: str | None = group

    @property
    def item(self) -> Item:
        row = self.row
        return {
            "id": row.id,
            "version": row.version,
            "position": row.changed,
            "code": row.code,
            "title": row.title,
            "text": row.text,
            "shared": row.shared.value,
            "group": named(row.group_id, self.group),
            "owner": row.owner,
            "attachments": [
                {"sha256": one.sha256, "name": one.name, "mime": one.mime, "size": one.size}
                for one in row.files
            ],
            "uses": self.uses.uses,
            "last_used_at": stamp(self.uses.last_used_at),
        }


class Tools:
    """What operators reach for while they answer."""

    def __init__(self, pool: Pool) -> None:
        self._pool: Final = pool

    async def templates(self, scope: Scope) -> list[Usable]:
        """Return all templates that somebody may use, by code."""
        return await self._templates(scope, None)

    async def template(self, scope: Scope, template_id: str) -> Usable | None:
        """Return one template; None where there is none that he may use."""
        found = await self._templates(scope, template_id)
        return found[0] if found else None

    async def file_name(self, scope: Scope, sha256: str) -> str | None:
        """Return what a file is called in a template that somebody may use; None in none."""
        async with self._pool.connection() as connection:
            rows = await fetch(connection, _FILE, _who(scope) | {"sha256": sha256})
        if not rows:
            return None
        files = next(c for c in TEMPLATES.stored if c.name == "files")
        assert files.read is not None
        return next((one.name for one in files.read(rows[0][0]) if one.sha256 == sha256), None)

    async def tags(self, scope: Scope) -> list[Item]:
        """
        Return the tags there are, by name: `chats` is how many open chats that somebody sees
        bear each. Those removed are told as such while a chat bears them.
        """
        found = conditions(EVERYTHING, scope)
        found.add(SQL("c.tags <> '{}' AND c.closed_at IS NULL"))
        borne = _BORNE.format(chats=inbox_query(found))
        async with self._pool.connection() as connection:
            rows = [TAGS.read(values) for values in await fetch(connection, _TAGS, {})]
            values = parameters(None, **found.values)
            numbers: dict[str, int] = dict(await fetch(connection, borne, values))
        defined = {row.name: row for row in rows}
        names = {name for name, row in defined.items() if row.active} | set(numbers)
        return [tag_item(name, defined.get(name), numbers.get(name, 0)) for name in sorted(names)]

    async def _templates(self, scope: Scope, id_: str | None) -> list[Usable]:
        async with self._pool.connection() as connection:
            rows = await fetch(connection, _TEMPLATES, _who(scope) | {"id": id_})
        return [Usable(values) for values in rows]


def _who(scope: Scope) -> dict[str, Any]:
    return {"all": scope.sees_all, "groups": list(scope.groups), "me": scope.operator_id}
