"""WhatsApp Cloud API."""

from adapters.channels.whatsapp.adapter import WhatsApp
from adapters.channels.whatsapp.config import WhatsAppConfig

__all__ = ["WhatsApp", "WhatsAppConfig"]
