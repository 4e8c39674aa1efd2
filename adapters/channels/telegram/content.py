"""What a Telegram message is made of, as canonical parts."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.channels.reading import (
    Object,
    float_of,
    int_of,
    object_of,
    objects_of,
    raw_text,
    string_of,
    text_of,
)
from adapters.channels.telegram.rich_text import words_in
from domain.content import (
    Choice,
    ContactCard,
    Location,
    Media,
    MediaKind,
    Parts,
    Share,
    Text,
    Unsupported,
)


def parts_of(message: Object) -> Parts:
    """Return a message's parts; what is not understood is kept as it came (M4)."""
    for key, read in _READERS.items():
        if message.get(key) is not None:
            return read(message) or _unsupported(key, message)
    return _unsupported(_first_unknown(message), message)


def is_service(message: Object) -> bool:
    """
    Return whether Telegram tells that something happened in the chat: nobody wrote it.

    Kinds that are not known yet are told apart by their names: what happened ends in a past
    participle (`forum_topic_closed`), what was written is a thing (`poll`).
    """
    if any(message.get(key) is not None for key in _READERS):
        return False
    unknown = [key for key in message if key not in _ENVELOPE and message[key] is not None]
    return bool(unknown) and all(key in SERVICES or key.endswith("ed") for key in unknown)


def service_of(message: Object) -> str:
    """Return what a service message tells, e.g. `new_chat_members`."""
    return _first_unknown(message)


def _first_unknown(message: Object) -> str:
    names = (key for key in message if key not in _ENVELOPE and message[key] is not None)
    return next(names, "unknown")


def _unsupported(what: str, message: Object) -> Parts:
    kept = Unsupported(what=what, raw=raw_text(message))
    caption = text_of(message, "caption")
    return (Text(text=caption), kept) if caption else (kept,)


def _text(message: Object) -> Parts:
    text = string_of(message, "text")
    return () if text is None else (Text(text=text),)


def _rich_text(message: Object) -> Parts:
    words = words_in(object_of(message, "rich_message"))
    return (Text(text=words),) if words else ()


def _media_reader(key: str, kind: MediaKind) -> Callable[[Object], Parts]:
    def read(message: Object) -> Parts:
        file = object_of(message, key)
        return (_media(file, kind, message),) if file else ()

    return read


def _photo(message: Object) -> Parts:
    """Read the largest of the sizes that one photo comes in."""
    sizes = objects_of(message, "photo")
    if not sizes:
        return ()
    largest = max(sizes, key=_size_of)
    return (_media(largest, MediaKind.IMAGE, message),)


def _size_of(photo: Object) -> tuple[int, int]:
    pixels = (int_of(photo, "width") or 0) * (int_of(photo, "height") or 0)
    return pixels, int_of(photo, "file_size") or 0


def _media(file: Object, kind: MediaKind, message: Object) -> Media:
    return Media(
        media=kind,
        reference=text_of(file, "file_id"),
        mime=text_of(file, "mime_type"),
        name=text_of(file, "file_name") or text_of(file, "title"),
        size=int_of(file, "file_size"),
        caption=text_of(message, "caption"),
    )


def _venue(message: Object) -> Parts:
    return _location(object_of(message, "venue"))


def _location(message: Object) -> Parts:
    place = object_of(message, "location")
    latitude, longitude = float_of(place, "latitude"), float_of(place, "longitude")
    if latitude is None or longitude is None:
        return ()
    name, address = text_of(message, "title"), text_of(message, "address")
    return (Location(latitude=latitude, longitude=longitude, name=name, address=address),)


def _contact(message: Object) -> Parts:
    card = object_of(message, "contact")
    phone = text_of(card, "phone_number")
    name = name_of(card)
    if name is None and phone is None:
        return ()
    return (ContactCard(name=name or phone or "", phones=(phone,) if phone else ()),)


def name_of(person: Mapping[str, Any]) -> str | None:
    """Return what a person, a chat or a card is called."""
    names = [text_of(person, "first_name"), text_of(person, "last_name")]
    called = " ".join(name for name in names if name) or text_of(person, "title")
    user_name = text_of(person, "username")
    return called or (f"@{user_name}" if user_name else None)


def _share_reader(key: str, title: str) -> Callable[[Object], Parts]:
    def read(message: Object) -> Parts:
        thing = object_of(message, key)
        return (Share(what=key, title=text_of(thing, title)),) if thing else ()

    return read


def _dice(message: Object) -> Parts:
    dice = object_of(message, "dice")
    words = [text_of(dice, "emoji"), text_of(dice, "value")]
    return (Share(what="dice", title=" ".join(w for w in words if w) or None),) if dice else ()


def _checklist(message: Object) -> Parts:
    checklist = object_of(message, "checklist")
    tasks = [text_of(task, "text") for task in objects_of(checklist, "tasks")]
    lines = [text_of(checklist, "title"), *(f"• {task}" for task in tasks if task)]
    title = "\n".join(line for line in lines if line)
    return (Share(what="checklist", title=title),) if title else ()


def _web_app(message: Object) -> Parts:
    answer = object_of(message, "web_app_data")
    title = text_of(answer, "button_text") or text_of(answer, "data")
    return (Choice(id=text_of(answer, "data") or title, title=title),) if title else ()


_READERS: Final[dict[str, Callable[[Object], Parts]]] = {
    "text": _text,
    "rich_message": _rich_text,
    "photo": _photo,
    "voice": _media_reader("voice", MediaKind.VOICE),
    "audio": _media_reader("audio", MediaKind.AUDIO),
    "video": _media_reader("video", MediaKind.VIDEO),
    "video_note": _media_reader("video_note", MediaKind.VIDEO),
    "animation": _media_reader("animation", MediaKind.VIDEO),  # before its twin `document`
    "document": _media_reader("document", MediaKind.DOCUMENT),
    "sticker": _media_reader("sticker", MediaKind.STICKER),
    "venue": _venue,  # before its twin `location`
    "location": _location,
    "contact": _contact,
    "poll": _share_reader("poll", "question"),
    "game": _share_reader("game", "title"),
    "invoice": _share_reader("invoice", "title"),
    "story": _share_reader("story", "title"),
    "giveaway": _share_reader("giveaway", "prize_description"),
    "giveaway_winners": _share_reader("giveaway_winners", "prize_description"),
    "dice": _dice,
    "checklist": _checklist,
    "web_app_data": _web_app,
}

_ENVELOPE: Final = frozenset(
    {
        "message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat",
        "sender_boost_count", "sender_business_bot", "sender_tag", "date", "edit_date",
        "business_connection_id", "chat", "forward_origin", "forward_date", "forward_from",
        "forward_from_chat", "forward_from_message_id", "forward_sender_name",
        "forward_signature", "guest_query_id", "is_topic_message", "is_automatic_forward",
        "is_from_offline", "is_paid_post", "reply_to_message", "reply_to_checklist_task_id",
        "reply_to_poll_option_id", "reply_to_story", "external_reply", "quote", "via_bot",
        "has_protected_content", "has_media_spoiler", "media_group_id", "author_signature",
        "paid_star_count", "link_preview_options", "effect_id", "suggested_post_info",
        "entities", "caption", "caption_entities", "show_caption_above_media", "reply_markup",
    }
)  # fmt: skip
"""Keys that say something about a message and are not what it is."""

SERVICES: Final = frozenset(
    {
        "boost_added", "channel_chat_created", "chat_background_set", "chat_owner_changed",
        "chat_owner_left", "chat_shared", "checklist_tasks_added", "checklist_tasks_done",
        "community_chat_added", "connected_website", "delete_chat_photo",
        "direct_message_price_changed", "forum_topic_closed", "forum_topic_created",
        "forum_topic_edited", "forum_topic_reopened", "general_forum_topic_hidden",
        "general_forum_topic_unhidden", "gift", "gift_upgrade_sent", "giveaway_completed",
        "giveaway_created", "group_chat_created", "left_chat_member", "left_chat_participant",
        "managed_bot_created", "message_auto_delete_timer_changed", "migrate_from_chat_id",
        "migrate_to_chat_id", "new_chat_member", "new_chat_members", "new_chat_participant",
        "new_chat_photo", "new_chat_title", "paid_message_price_changed", "passport_data",
        "pinned_message", "poll_option_added", "poll_option_deleted",
        "proximity_alert_triggered", "refunded_payment", "successful_payment",
        "suggested_post_approval_failed", "suggested_post_approved", "suggested_post_declined",
        "suggested_post_paid", "suggested_post_refunded", "supergroup_chat_created",
        "unique_gift", "user_shared", "users_shared", "video_chat_ended",
        "video_chat_participants_invited", "video_chat_scheduled", "video_chat_started",
        "write_access_allowed",
    }
)  # fmt: skip
"""Kinds of service messages."""
