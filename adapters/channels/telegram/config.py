"""What an administrator gives Recado to speak as one Telegram bot."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from adapters.channels.reading import WEB_ADDRESS

_TOKEN: Final = re.compile(r"[A-Za-z0-9:_-]+")
_HEADER_VALUE: Final = re.compile(r"[!-~]{1,256}")


def _fits_an_address(token: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(token.get_secret_value()):
        raise ValueError("not a bot token")
    return token


def _fits_a_header(token: SecretStr) -> SecretStr:
    if not _HEADER_VALUE.fullmatch(token.get_secret_value()):
        raise ValueError("not 1 to 256 visible ASCII characters")
    return token


class TelegramConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bot_token: Annotated[SecretStr, AfterValidator(_fits_an_address)]
    """As BotFather gave it; it is part of every address that is called."""

    secret_token: Annotated[SecretStr, AfterValidator(_fits_a_header)]
    """As given to `setWebhook`; Telegram sends it with every update."""

    api_base: str = Field(default="https://api.telegram.org", pattern=WEB_ADDRESS)
    """Another one for a Bot API server of one's own."""
