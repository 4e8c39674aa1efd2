"""Loja Ipê: the company that the demo plays, made of invented people and numbers."""

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
APP_SECRET: Final = "demo-app-secret"  # noqa: S105  (shared with the fake provider alone)
ACCESS_TOKEN: Final = "demo-access-token"  # noqa: S105  (as above)
BOT_TOKEN: Final = "4242:demo-bot-token"  # noqa: S105  (as above)
SECRET_TOKEN: Final = "demo-secret-token"  # noqa: S105  (as above)
PHONE_NUMBER_ID: Final = "106540352242922"

VISITOR: Final = "ana@ipe.test"
"""Whom whoever looks at the demo plays; nobody answers for her while somebody may look."""
COLLEAGUES: Final = ("bruno@ipe.test", "carla@ipe.test")

_PEOPLE: Final = (
    ("ana@ipe.test", "Ana", Role.OPERATOR, ("Vendas",)),
    ("bruno@ipe.test", "Bruno", Role.OPERATOR, ("Vendas", "Suporte")),
    ("carla@ipe.test", "Carla", Role.OPERATOR, ("Financeiro", "Suporte")),
    ("davi@ipe.test", "Davi", Role.SUPERVISOR, ("Suporte", "Financeiro")),
    ("admin@ipe.test", "Marina", Role.ADMINISTRATOR, ()),
)


def loja_ipe(providers: str) -> Workspace:
    """Return the company's workspace; `providers` is where the fake providers listen."""
    return Workspace(
        account=AccountTable(name="Loja Ipê", patience=PATIENCE),
        groups=tuple(GroupTable(name=name) for name in ("Vendas", "Suporte", "Financeiro")),
        operators=tuple(
            OperatorTable(
                email=email, name=name, role=role, groups=groups, capacity=8, password=PASSWORD
            )
            for email, name, role, groups in _PEOPLE
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
