"""What an administrator gives Recado to speak for one professional account."""

from typing import Any, Final, Literal

from pydantic import model_validator

from adapters.channels.meta.config import ObjectId
from adapters.channels.meta.messaging.config import MessagingConfig

_HOST_OF_LOGIN: Final = "https://graph.instagram.com"


class InstagramConfig(MessagingConfig):
    account_id: ObjectId
    """The id of the professional account, as webhooks name it."""

    login: Literal["facebook", "instagram"] = "facebook"
    """
    Who gave the token: Facebook Login, by a Page that the account is linked to, or Instagram
    Login, with no Page. The two are different hosts, unless `api_base` names another.
    """

    @model_validator(mode="before")
    @classmethod
    def _host(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("login") == "instagram":
            return {"api_base": _HOST_OF_LOGIN, **given}
        return given
