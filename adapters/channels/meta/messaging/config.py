"""What an administrator gives Recado to speak for a Page or a professional account."""

from adapters.channels.meta.config import GraphConfig


class MessagingConfig(GraphConfig):
    human_agent: bool = False
    """
    Whether the application may use the tag HUMAN_AGENT, which the provider grants on review:
    people then answer up to 7 days after the client's last message, instead of 24 hours.
    """
