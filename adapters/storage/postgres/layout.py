"""How the views' tables are made, in their own schema or in a shadow of it."""

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from adapters.storage.postgres.columns import View


def create(connection: psycopg.Connection[Any], views: Iterable[View], schema: str) -> None:
    """Make the tables in a schema, without indexes their keys' neither."""
    connection.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(schema)))
    connection.execute(
        SQL(
            "CREATE TABLE IF NOT EXISTS {} (name text PRIMARY KEY, position bigint NOT NULL)"
            " WITH (fillfactor = 10)"
        ).format(Identifier(schema, "checkpoints"))
    )
    connection.execute(
        SQL(
            "INSERT INTO {} VALUES ('views', 0), ('published', 0), ('sequence', 0)"
            " ON CONFLICT DO NOTHING"
        ).format(Identifier(schema, "checkpoints"))
    )
    for view in views:
        columns = SQL(", ").join(
            SQL("{} {}").format(Identifier(column.name), SQL(column.type))
            for column in view.columns
        )
        connection.execute(
            SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(view.table(schema), columns)
        )


def create_indexes(connection: psycopg.Connection[Any], view: View, schema: str) -> None:
    """Make the indexes of a table where they are missing."""
    key = SQL(", ").join(map(Identifier, view.key))
    unique = Identifier(f"{view.name}_key")
    connection.execute(
        SQL("CREATE UNIQUE INDEX IF NOT EXISTS {} ON {} ({})").format(
            unique, view.table(schema), key
        )
    )
    for name, how in view.indexes.items():
        connection.execute(
            SQL("CREATE INDEX IF NOT EXISTS {} ON {} {}").format(
                Identifier(f"{view.name}_{name}"), view.table(schema), SQL(how)
            )
        )
