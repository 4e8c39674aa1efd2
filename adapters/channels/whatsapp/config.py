"""What an administrator gives Recado to speak for one WhatsApp number."""

from adapters.channels.meta.config import GraphConfig, ObjectId


class WhatsAppConfig(GraphConfig):
    phone_number_id: ObjectId
    """The id of the number, not the number."""
