"""Views are nothing but the log, seen in another way."""

from time import monotonic
from typing import Final

import psycopg
from psycopg.sql import SQL, Identifier

from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.views import VIEWS
from tests.scenarios.installation import Installation, Team
from tests.scenarios.waiting import deliver_all, until


def all_rows(url: str) -> dict[str, list[str]]:
    """Return all rows of all views, as text."""
    with psycopg.connect(url) as connection:
        rows = {}
        for name in VIEWS:
            table = Identifier(SCHEMA, name)
            statement = SQL("SELECT view::text FROM {} AS view ORDER BY 1").format(table)
            rows[name] = [row[0] for row in connection.execute(statement)]
        return rows


UNUSED: Final = {"fields", "tags", "templates", "uses", "filters", "tab_orders"}
"""Views of what the team of these scenarios does not have."""

QUIET: Final = 2.0
"""Seconds without an event after which nobody has anything left to say."""


def until_quiet(house: Installation) -> int:
    """Return the position of a log that does not grow, once the views hold all of it."""
    position = SQL("SELECT position FROM {} WHERE name = 'views'")
    statement = position.format(Identifier(SCHEMA, "checkpoints"))
    since: tuple[int, float] = (0, monotonic())

    def stands_still() -> bool:
        nonlocal since
        head = house.head
        if head != since[0]:
            since = (head, monotonic())
        return monotonic() - since[1] > QUIET

    with psycopg.connect(house.urls.postgres, autocommit=True) as connection:
        until(stands_still)
        until(lambda: connection.execute(statement).fetchone() == (house.head,))
    return house.head


def views_are_the_same_again(house: Installation) -> bool:
    """Lose all views and rebuild them; return False if the log grew: nothing can be compared."""
    head = until_quiet(house)
    before = all_rows(house.urls.postgres)
    assert all(before[name] for name in VIEWS if name not in UNUSED), "each view shows something"
    with psycopg.connect(house.urls.postgres) as connection:
        for name in VIEWS:
            connection.execute(SQL("DELETE FROM {}").format(Identifier(SCHEMA, name)))
    rebuilt = house.command("rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    after = all_rows(house.urls.postgres)
    if house.head != head:
        return False
    assert after == before
    return True


def test_views_that_are_lost_are_rebuilt_row_by_row(house: Installation, team: Team) -> None:
    """S11, V12"""
    ana, bia = team.people
    ana.presence("online")
    texts = [team.whatsapp.text(c, f"{c}", n) for n in (1, 2) for c in range(950, 960)]
    deliver_all(texts, [house.address], together=5)
    first, second = until(lambda: m if len(m := ana.mine()) == 5 else None)[:2]
    ana.act(first["id"], "messages", {"text": "hello"})
    ana.act(first["id"], "tags", {"add": ["vip"]})
    ana.act(second["id"], "transfer", {"group": team.group_id, "comment": "whose?"})
    bia.presence("online")
    ana.presence("offline")
    bia.presence("offline")
    assert until(lambda: views_are_the_same_again(house), seconds=120)


def test_verify_finds_nothing_on_a_sound_system(house: Installation) -> None:
    """A3, V12: log, keys, seats, outbox, views and stream."""
    until_quiet(house)
    verified = house.command("verify")
    assert (verified.returncode, verified.stderr) == (0, ""), verified.stdout
