"""
Where in Telegram a talk goes on, as text: `<chat>[:<topic>][~<client>][@<business connection>]`.

It is the thread of what is said there and the address that answers are sent to. A private
talk with the bot needs no thread: its chat has the id of the user. Direct messages to a channel
all stand in one chat, which has a topic for each client.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from adapters.channels.reading import Object, flag_of, int_of, object_of, short, text_of

_PLACE: Final = re.compile(
    r"(?P<chat>-?[0-9]{1,20})(?::(?P<topic>[0-9]{1,20}))?"
    r"(?:~(?P<direct>[0-9]{1,20}))?(?:@(?P<business>[^\s@]+))?"
)


_KINDS: Final = frozenset({"private", "group", "supergroup", "channel"})


@dataclass(frozen=True, slots=True)
class Place:
    chat: int
    topic: int | None = None
    business: str | None = None
    is_private: bool = True
    direct: int | None = None
    """The topic of direct messages to a channel."""

    @classmethod
    def of_message(cls, message: Object) -> Self | None:
        """Return where a message stands; None where it does not say so."""
        chat = object_of(message, "chat")
        chat_id = int_of(chat, "id")
        if chat_id is None:
            return None
        kind = text_of(chat, "type")
        is_private = chat_id > 0 if kind not in _KINDS else kind == "private"
        # A message in a plain supergroup has a thread id, too, where it answers another one.
        in_topic = flag_of(message, "is_topic_message") and not is_private
        topic = int_of(message, "message_thread_id") if in_topic else None
        direct = int_of(object_of(message, "direct_messages_topic"), "topic_id")
        business = text_of(message, "business_connection_id")
        return cls(chat_id, topic, business, is_private, direct)

    @classmethod
    def of_address(cls, address: str) -> Self | None:
        """Return the place that an address names; None where it is no address."""
        match = _PLACE.fullmatch(address)
        if match is None:
            return None
        topic, direct = (int(match[name]) if match[name] else None for name in ("topic", "direct"))
        return cls(int(match["chat"]), topic, match["business"], direct=direct)

    @property
    def thread(self) -> str | None:
        """Return the address of a group, a topic or a business chat; None for the bot's own."""
        if self.is_private and self.business is None:
            return None
        topic = "" if self.topic is None else f":{self.topic}"
        direct = "" if self.direct is None else f"~{self.direct}"
        return f"{self.chat}{topic}{direct}{self._business}"

    def message_id(self, message: Object) -> str | None:
        """Return a message's id, which is unique in its chat alone."""
        number = int_of(message, "message_id")
        return None if number is None else self.id_of(number)

    def id_of(self, number: int | str) -> str:
        """
        Return the id of the message with this number here.

        A business account numbers its chats by itself: its fifth message with a client is
        not the bot's own fifth one with him.
        """
        return short(f"{self.chat}{self._business}:{number}")

    @property
    def _business(self) -> str:
        return "" if self.business is None else f"@{self.business}"
