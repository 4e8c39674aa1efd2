"""Twilio: SMS, and WhatsApp by way of Twilio."""

from adapters.channels.twilio.adapter import Twilio
from adapters.channels.twilio.config import TwilioConfig

__all__ = ["Twilio", "TwilioConfig"]
