"""Instagram messaging, of a professional account."""

from adapters.channels.instagram.adapter import Instagram
from adapters.channels.instagram.config import InstagramConfig

__all__ = ["Instagram", "InstagramConfig"]
