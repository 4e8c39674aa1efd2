"""What an administrator gives Recado to speak as one number, or one service, of Twilio's."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from adapters.channels.reading import WEB_ADDRESS
from adapters.channels.twilio.address import WHATSAPP

_SENDER: Final = r"^(MG[0-9a-fA-F]{32}|(whatsapp:)?\+[0-9]{5,20}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11})$"

_LENGTH_OF_A_SID: Final = 34


class TwilioConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    account_sid: str = Field(pattern=r"^[A-Za-z0-9]{2,64}$")
    """Of the account, `AC…`."""

    auth_token: SecretStr = Field(min_length=1)
    """Of the account; Twilio signs with it, and it is the password of every call."""

    shared_key: SecretStr | None = None
    """Of the key for webhooks, where one was made: Twilio then signs with it."""

    sender: str = Field(pattern=_SENDER)
    """`+5511…`, `whatsapp:+5511…`, a short code, or a messaging service's `MG…`."""

    webhook_url: str | None = Field(default=None, pattern=WEB_ADDRESS)
    """Where Twilio calls this account; it signs this address, and reports deliveries there."""

    api_base: str = Field(default="https://api.twilio.com", pattern=WEB_ADDRESS)

    @property
    def is_whatsapp(self) -> bool:
        return self.sender.startswith(WHATSAPP)

    @property
    def is_service(self) -> bool:
        """Whether it is a pool of numbers, of which Twilio picks one."""
        return len(self.sender) == _LENGTH_OF_A_SID
