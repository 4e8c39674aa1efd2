"""The chat on one's own web site: no provider stands between it and Recado."""

from adapters.channels.webchat.adapter import WebChat
from adapters.channels.webchat.config import WebChatConfig
from adapters.channels.webchat.visitors import Visitor

__all__ = ["Visitor", "WebChat", "WebChatConfig"]
