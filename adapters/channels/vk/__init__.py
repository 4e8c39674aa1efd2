"""VK communities."""

from adapters.channels.vk.adapter import Vk
from adapters.channels.vk.config import VkConfig

__all__ = ["Vk", "VkConfig"]
