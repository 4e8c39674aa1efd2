"""Messenger, of a Facebook Page."""

from adapters.channels.messenger.adapter import Messenger
from adapters.channels.messenger.config import MessengerConfig

__all__ = ["Messenger", "MessengerConfig"]
