"""Loja Ipê: the company that the demo plays, made of invented people and numbers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from deploy.demo.words import TAGS, TEMPLATES
from deploy.workspace import (
    AccountTable,
    ChannelTable,
    GroupTable,
    OperatorTable,
    Workspace,
)
from domain.values import Role

PASSWORD: Final = "recado-demo"  # noqa: S105  (of the demo, which listens on this machine only)
PATIENCE: Final = timedelta(seconds=30)
WARMUP: Final = 8
"""Chats in an operator's first minute, which is all that many visitors see."""
APP_SECRET: Final = "demo-app-secret"  # noqa: S105  (shared with the fake provider alone)
ACCESS_TOKEN: Final = "demo-access-token"  # noqa: S105  (as above)
BOT_TOKEN: Final = "4242:demo-bot-token"  # noqa: S105  (as above)
SECRET_TOKEN: Final = "demo-secret-token"  # noqa: S105  (as above)
PHONE_NUMBER_ID: Final = "106540352242922"

VISITOR: Final = "ana@ipe.test"
"""Whom whoever looks at the demo plays; nobody answers for her while somebody may look."""
COLLEAGUES: Final = ("bruno@ipe.test", "carla@ipe.test")
BOSS: Final = "admin@ipe.test"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the company, whom a visitor may play."""

    email: str
    name: str
    role: Role = Role.OPERATOR
    groups: tuple[str, ...] = ()


PEOPLE: Final = (
    Person(VISITOR, "Ana", groups=("Vendas",)),
    Person("bruno@ipe.test", "Bruno", groups=("Vendas", "Suporte")),
    Person("carla@ipe.test", "Carla", groups=("Financeiro", "Suporte")),
    Person("davi@ipe.test", "Davi", Role.SUPERVISOR, ("Suporte", "Financeiro")),
    Person(BOSS, "Marina", Role.ADMINISTRATOR),
)


def loja_ipe(providers: str) -> Workspace:
    """Return the company's workspace; `providers` is where the fake providers listen."""
    return Workspace(
        account=AccountTable(name="Loja Ipê", patience=PATIENCE, warmup=WARMUP),
        groups=tuple(GroupTable(name=name) for name in ("Vendas", "Suporte", "Financeiro")),
        operators=tuple(
            OperatorTable(
                email=person.email,
                name=person.name,
                role=person.role,
                groups=person.groups,
                capacity=8,
                password=PASSWORD,
            )
            for person in PEOPLE
        ),
        tags=TAGS,
        templates=TEMPLATES,
        channels=(
            ChannelTable(
                name="whatsapp-loja",
                kind="whatsapp",
                group="Vendas",
                config={
                    "phone_number_id": PHONE_NUMBER_ID,
                    "app_secret": APP_SECRET,
                    "verify_token": "demo-verify",
                    "access_token": ACCESS_TOKEN,
                    "api_base": f"{providers}/graph",
                },
            ),
            ChannelTable(
                name="telegram-suporte",
                kind="telegram",
                group="Suporte",
                config={
                    "bot_token": BOT_TOKEN,
                    "secret_token": SECRET_TOKEN,
                    "api_base": f"{providers}/telegram",
                },
            ),
        ),
    )
