"""What an administrator gives Recado to speak for one Page."""

from adapters.channels.meta.config import ObjectId
from adapters.channels.meta.messaging.config import MessagingConfig


class MessengerConfig(MessagingConfig):
    page_id: ObjectId
