"""Who reads a chat's page: his language, his time, and the names that he knows."""

from functools import lru_cache

from adapters.audit.page import Reader
from deploy.installation import Installation
from domain.account import AccountSettings
from domain.channel import ChannelAccount
from domain.client.state import Client
from domain.group import Group
from domain.operator import Operator
from domain.values import stream_of


def reader_of(
    installation: Installation, settings: AccountSettings, language: str | None
) -> Reader:
    """Return a reader in the company's time, in its language unless another one is asked for."""

    @lru_cache(maxsize=10_000)
    def named(kind: str, id_: str) -> str | None:
        if kind not in {"operator", "group", "client", "channel"}:
            return None
        match installation.reader.state(stream_of(kind, id_)):
            case Client(given_name=given, channel_name=by_channel):
                return given or by_channel
            case Operator(name=name) | Group(name=name) | ChannelAccount(name=name):
                return name or None
            case _:
                return None

    return Reader(language or settings.language, settings.time_zone, settings.name, named)
