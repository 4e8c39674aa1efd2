"""What leaves the tables beside the log when a client is erased, in the same transaction (A4)."""

from typing import Final, LiteralString

FREE: Final = "DELETE FROM recado_keys WHERE key = ANY(%s)"
"""Lookup keys that led to him."""

BESIDE_THE_LOG: Final[tuple[LiteralString, ...]] = (
    # The files themselves are removed afterwards: what is listed here is not forgotten by a crash.
    (
        "INSERT INTO recado_unneeded_files SELECT DISTINCT sha256 FROM recado_held_files"
        " WHERE chat_id = ANY(SELECT substr(s, 6) FROM unnest(%s::text[]) AS s)"
        " ON CONFLICT DO NOTHING"
    ),
    (
        "DELETE FROM recado_held_files"
        " WHERE chat_id = ANY(SELECT substr(s, 6) FROM unnest(%s::text[]) AS s)"
    ),
    (
        "DELETE FROM recado_drafts"
        " WHERE chat_id = ANY(SELECT substr(s, 6) FROM unnest(%s::text[]) AS s)"
    ),
    "DELETE FROM recado_media WHERE stream = ANY(%s)",
    "DELETE FROM recado_outbox WHERE stream = ANY(%s)",
)
"""
Of chats, by their streams (`chat-<id>`): files, drafts, files still to be copied, and what is
to be sent.
"""
