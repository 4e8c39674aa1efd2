"""Calls to VK's methods."""

from collections.abc import Mapping
from urllib.parse import urlencode

from adapters.channels.base import HttpCall
from adapters.channels.vk.config import VkConfig


def call(config: VkConfig, method: str, parameters: Mapping[str, str]) -> HttpCall:
    """Return a call; the community's key goes in its body, where no log of addresses is."""
    form = {
        **parameters,
        "access_token": config.access_token.get_secret_value(),
        "v": config.api_version,
    }
    return HttpCall(
        method="POST",
        url=f"{config.api_base.rstrip('/')}/method/{method}",
        headers=(("content-type", "application/x-www-form-urlencoded"),),
        content=urlencode(form).encode(),
        label=f"vk {method}",
    )
