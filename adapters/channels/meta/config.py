"""What every account of this provider has: secrets, and where the Graph API is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from adapters.channels.reading import WEB_ADDRESS

Secret = Annotated[SecretStr, Field(min_length=1)]
ObjectId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]


class GraphConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    app_secret: Secret
    """Signs every webhook."""

    verify_token: Secret
    """Asked for when the webhook is connected."""

    access_token: Secret
    """For sending, and for fetching files."""

    api_base: str = Field(default="https://graph.facebook.com", pattern=WEB_ADDRESS)
    api_version: str = Field(default="v23.0", pattern=r"^v\d+\.\d+$")

    standby: bool = True
    """
    Whether what clients write is read while another application holds the thread. False: it
    is kept as a notice only, since somebody else answers it.
    """
