"""What an administrator gives Recado to chat on one web site."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Secret = Annotated[SecretStr, Field(min_length=16)]
Origin = Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")]


class WebChatConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    site: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    """A short name of the site; visitors' tokens are good for it alone."""

    secret: Secret
    """Signs visitors' tokens. With another one, all visitors start anew."""

    identity_secret: Secret | None = None
    """Shared with the site's own server, which vouches for its users with it."""

    origins: tuple[Origin, ...] = ()
    """Where the chat may be shown, such as `https://www.ipe.test`, besides on its own page."""

    title: str = Field(default="Chat", min_length=1, max_length=60)
    """What stands above the chat."""
