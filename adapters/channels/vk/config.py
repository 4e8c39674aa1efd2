"""What an administrator gives Recado to speak as one VK community."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from adapters.channels.reading import WEB_ADDRESS


def _is_not_blank(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("a blank secret keeps nobody out")
    return secret


_Secret = Annotated[SecretStr, AfterValidator(_is_not_blank)]

API_HOST: Final = "api.vk.com"
FILES_HOST: Final = "vk.com"
"""Where documents lie, and people look at what is shared."""


class VkConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    group_id: str = Field(pattern=r"^[0-9]{1,20}$")
    """The community's number."""

    access_token: _Secret
    """The community's key, with the rights to messages, photos and documents."""

    secret: _Secret
    """As set beside the address in the Callback API's settings; it is in every event."""

    confirmation: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """What VK wants to be answered when it checks the address."""

    api_version: str = Field(default="5.199", pattern=r"^[0-9]{1,2}\.[0-9]{1,4}$")
    api_base: str = Field(default=f"https://{API_HOST}", pattern=WEB_ADDRESS)
