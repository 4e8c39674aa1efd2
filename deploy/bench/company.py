"""The company that is measured: invented people, one WhatsApp number, room for every chat."""

from datetime import timedelta
from typing import Final

import psycopg

from deploy.applying import operator_id
from deploy.embedded.directory import Urls
from deploy.installation import opened
from deploy.workspace import AccountTable, ChannelTable, GroupTable, OperatorTable, Workspace
from domain.acts import Ask
from domain.operator import ChangePresence
from domain.values import Meta, Presence, Role, stream_of

CHANNEL: Final = "bench"
GROUP: Final = "Vendas"
APP_SECRET: Final = "bench-app-secret"  # noqa: S105 - of an installation that ends with the run
PHONE_NUMBER_ID: Final = "106540352242922"
OPERATORS: Final = tuple(f"op{number}@bench.test" for number in range(8))
SUPERVISOR: Final = "davi@bench.test"

_ROOM: Final = 10_000_000
"""Chats for each operator: what is measured is the way to him, not that he is full."""


def company() -> Workspace:
    """Return the workspace: eight operators of one group, and a supervisor who sees all."""
    operators = tuple(
        OperatorTable(email=email, name=email.split("@")[0], groups=(GROUP,), capacity=_ROOM)
        for email in OPERATORS
    )
    supervisor = OperatorTable(email=SUPERVISOR, name="Davi", role=Role.SUPERVISOR)
    config = {
        "phone_number_id": PHONE_NUMBER_ID,
        "app_secret": APP_SECRET,
        "verify_token": "bench-verify",
        "access_token": "bench-access",
    }
    return Workspace(
        account=AccountTable(name="Bench", patience=timedelta(hours=24), warmup=_ROOM),
        groups=(GroupTable(name=GROUP),),
        operators=(*operators, supervisor),
        channels=(ChannelTable(name=CHANNEL, kind="whatsapp", group=GROUP, config=config),),
    )


def come_online(urls: Urls) -> None:
    """Let every operator be there, and stay, although nobody sends his heartbeat."""
    with opened(urls) as installation, psycopg.connect(urls.postgres) as connection:
        for email in OPERATORS:
            id_ = operator_id(installation.desk.naming, email)
            connection.execute(
                "INSERT INTO recado_heartbeats VALUES (%s, clock_timestamp() + interval '1 day')"
                " ON CONFLICT (operator_id) DO UPDATE SET at = excluded.at",
                (id_,),
            )
            connection.commit()
            command = ChangePresence(presence=Presence.ONLINE)
            stream = stream_of("operator", id_)
            installation.desk.submit_now(Ask(stream=stream, command=command, meta=Meta("bench")))
