"""Names of keys in a Telegram message that are not what the client wrote."""

from typing import Final

ENVELOPE: Final = frozenset(
    {
        "message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat",
        "sender_boost_count", "sender_business_bot", "sender_tag", "date", "edit_date",
        "business_connection_id", "chat", "ephemeral_message_id", "forward_origin",
        "forward_date", "forward_from", "forward_from_chat", "forward_from_message_id",
        "forward_sender_name", "forward_signature", "guest_bot_caller_chat",
        "guest_bot_caller_user", "guest_query_id", "is_topic_message", "is_automatic_forward",
        "is_from_offline", "is_paid_post", "reply_to_message", "reply_to_checklist_task_id",
        "reply_to_poll_option_id", "reply_to_story", "receiver_user", "external_reply", "quote",
        "via_bot", "has_protected_content", "has_media_spoiler", "media_group_id",
        "author_signature", "paid_star_count", "link_preview_options", "effect_id",
        "suggested_post_info", "entities", "caption", "caption_entities",
        "show_caption_above_media", "reply_markup",
    }
)  # fmt: skip
"""Keys that say something about a message and are not what it is."""

SERVICES: Final = frozenset(
    {
        "boost_added", "channel_chat_created", "chat_background_set", "chat_owner_changed",
        "chat_owner_left", "chat_shared", "checklist_tasks_added", "checklist_tasks_done",
        "community_chat_added", "community_chat_joined", "community_chat_removed",
        "connected_website", "delete_chat_photo", "direct_message_price_changed",
        "forum_topic_closed", "forum_topic_created", "forum_topic_edited", "forum_topic_reopened",
        "general_forum_topic_hidden", "general_forum_topic_unhidden", "gift", "gift_upgrade_sent",
        "giveaway_completed", "giveaway_created", "group_chat_created", "left_chat_member",
        "left_chat_participant", "managed_bot_created", "message_auto_delete_timer_changed",
        "migrate_from_chat_id", "migrate_to_chat_id", "new_chat_member", "new_chat_members",
        "new_chat_participant", "new_chat_photo", "new_chat_title", "paid_message_price_changed",
        "passport_data", "pinned_message", "poll_option_added", "poll_option_deleted",
        "proximity_alert_triggered", "refunded_payment", "successful_payment",
        "suggested_post_approval_failed", "suggested_post_approved", "suggested_post_declined",
        "suggested_post_paid", "suggested_post_refunded", "supergroup_chat_created",
        "unique_gift", "user_shared", "users_shared", "video_chat_ended",
        "video_chat_participants_invited", "video_chat_scheduled", "video_chat_started",
        "write_access_allowed",
    }
)  # fmt: skip
"""Kinds of service messages."""
