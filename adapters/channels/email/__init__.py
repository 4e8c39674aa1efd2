"""E-mail: read by IMAP or handed in by HTTP, sent by SMTP."""

from adapters.channels.email.adapter import Email
from adapters.channels.email.config import EmailConfig

__all__ = ["Email", "EmailConfig"]
