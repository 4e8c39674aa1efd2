"""What a channel can do, and for how long it takes an answer, for whoever composes messages."""

from datetime import datetime

from adapters.channels.accounts import ConnectedChannels
from adapters.channels.base import Capabilities
from projections.items import Item, stamp


def reply_until(channels: ConnectedChannels, item: Item) -> str | None:
    """
    Return until when a chat's client can be answered freely; None for as long as one likes.

    It is past where he never wrote: then only a template can be sent (M10).
    """
    account = channels.by_id(item["channel"]["id"])
    window = None if account is None else account.adapter.capabilities().reply_window
    if window is None:
        return None
    if item["last_client_at"] is None:
        return str(item["opened_at"])
    return stamp(datetime.fromisoformat(item["last_client_at"]) + window)


def can(channels: ConnectedChannels, id_: str) -> Item | None:
    """Return what an account can do; None where its configuration cannot be used."""
    account = channels.by_id(id_)
    return None if account is None else _item(account.adapter.capabilities())


def _item(can: Capabilities) -> Item:
    """Return what a channel can do; durations in seconds."""
    window, buttons = can.reply_window, can.buttons
    return {
        "max_text": can.max_text,
        "text_unit": can.text_unit,
        "reply_window": None if window is None else window.total_seconds(),
        "media": {
            kind.value: {
                "mimes": sorted(rule.mimes),
                "max_bytes": rule.max_bytes,
                "max_caption": rule.max_caption,
            }
            for kind, rule in can.media.items()
        },
        "buttons": buttons and {"most": buttons.most, "max_title": buttons.max_title},
        "templates": can.templates,
        "reply_quote": can.reply_quote,
        "receipts": sorted(can.receipts),
    }
