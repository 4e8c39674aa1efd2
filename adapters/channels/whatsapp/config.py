"""What an administrator gives Recado to speak for one WhatsApp number."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from adapters.channels.reading import WEB_ADDRESS

Secret = Annotated[SecretStr, Field(min_length=1)]


class WhatsAppConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    phone_number_id: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    """The id of the number, not the number."""

    app_secret: Secret
    """Signs every webhook."""

    verify_token: Secret
    """Asked for when the webhook is connected."""

    access_token: Secret
    """Of a system user, for sending."""

    api_base: str = Field(default="https://graph.facebook.com", pattern=WEB_ADDRESS)
    api_version: str = Field(default="v23.0", pattern=r"^v\d+\.\d+$")
