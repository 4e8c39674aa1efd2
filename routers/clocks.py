"""The clocks that run in one group, each by when it began, so that settings apply at once (V7)."""

from domain.values import ChatId, Timestamp
from routers.ordering import Ordered
from routers.records import KnownChat

Running = Ordered[ChatId, Timestamp]


class Clocks:
    """When each is due follows from the settings in force at the moment of asking."""

    __slots__ = ("arrivals", "unread", "waiting")

    def __init__(self) -> None:
        self.waiting: Running = Ordered()
        """Clients without an answer, in chats that have not become waiting (V4)."""
        self.unread: Running = Ordered()
        """Chats that their operator was given and has not looked into (R11)."""
        self.arrivals: Running = Ordered()
        """New chats for which nobody is decided, by since when they are (R9)."""

    def start(self, chat: KnownChat) -> None:
        """Have the clocks run that follow from what is known of a chat, but for `arrivals`."""
        if not chat.is_open:
            return
        if chat.waiting_since is not None and not chat.became_waiting:
            self.waiting.put(chat.id, chat.waiting_since)
        if chat.operator_id is not None and chat.unread_since is not None:
            self.unread.put(chat.id, chat.unread_since)

    def stop(self, chat_id: ChatId) -> None:
        for clocks in (self.waiting, self.unread, self.arrivals):
            clocks.discard(chat_id)
