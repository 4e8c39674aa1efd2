"""What is known around one VK event: whose it is, what it is called, and when it came."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Self

from adapters.channels.reading import Object, content_key, raw_text, short, text_of
from domain.inbound import AccountRef, Notice

ACCOUNT_SCHEME: Final = "vk.group"


@dataclass(frozen=True, slots=True)
class Scope:
    event: Object
    kind: str
    account: AccountRef | None
    now: datetime
    """Stands in for a time that is not given."""

    @classmethod
    def of_event(cls, event: Object, now: datetime) -> Self:
        group = text_of(event, "group_id")
        account = AccountRef(ACCOUNT_SCHEME, group) if group else None
        return cls(event, text_of(event, "type") or "event", account, now)

    def key(self) -> str:
        """Return the key of what is not a new message."""
        id_ = text_of(self.event, "event_id")
        return short(f"e:{id_}") if id_ else content_key("u", self.event)

    def note(
        self, why: Literal["notice", "unknown", "unreadable"], code: str | None = None
    ) -> Notice:
        """Return the record of something that no chat is told about."""
        return Notice(
            account=self.account,
            dedup_key=self.key(),
            occurred_at=self.now,
            code=short(code or self.kind),
            raw=raw_text(self.event),
            why=why,
        )
