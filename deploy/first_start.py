"""The administrator of an installation in which nobody could sign in."""

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Final

import psycopg

from adapters.http.passwords import KEEP, hash_password
from deploy.applying import operator_id
from deploy.embedded.directory import Urls
from deploy.installation import opened
from domain.acts import Ask
from domain.operator import CreateOperator
from domain.values import Meta, Role, stream_of

EMAIL: Final = "admin@localhost"
_IS_THERE: Final = """
SELECT EXISTS (
    SELECT 1 FROM recado_events WHERE topic IN ('operator-created.v1', 'role-given.v1')
    AND convert_from(state, 'UTF8')::jsonb #>> '{data,role}' = 'administrator')
"""


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """Told once, and kept nowhere."""

    email: str
    password: str


def first_administrator(urls: Urls) -> FirstAdministrator | None:
    """Make an administrator where there never was one, and return him; None otherwise."""
    with psycopg.connect(urls.postgres) as connection:
        row = connection.execute(_IS_THERE).fetchone()
    if row is not None and row[0]:
        return None
    made = FirstAdministrator(EMAIL, token_urlsafe(12))
    with opened(urls) as installation:
        id_ = operator_id(installation.desk.naming, made.email)
        command = CreateOperator(email=made.email, name="Admin", role=Role.ADMINISTRATOR)
        stream = stream_of("operator", id_)
        act = Ask(stream=stream, command=command, meta=Meta("cli", "up"))
        # First: an administrator who is there is one who can sign in.
        with psycopg.connect(urls.postgres) as connection:
            connection.execute(KEEP, (id_, hash_password(made.password)))
        installation.desk.submit_now(act)
    return made
