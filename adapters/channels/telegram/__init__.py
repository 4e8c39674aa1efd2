"""Telegram Bot API."""

from adapters.channels.telegram.adapter import Telegram
from adapters.channels.telegram.config import TelegramConfig

__all__ = ["Telegram", "TelegramConfig"]
