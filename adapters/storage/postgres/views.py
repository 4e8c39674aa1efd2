"""
The tables that views are kept in, one for each kind of row in `projections`.

They hold nothing that the log does not: dropped, they are rebuilt. Every table has
`changed`, the position of the last event that changed the row, so that "what changed
since P" is one index scan; rows are never deleted.
"""

from datetime import UTC, datetime
from typing import Final, LiteralString

import psycopg

from adapters.storage.postgres.columns import (
    SCHEMA,
    Column,
    Read,
    View,
    columns_of,
    interval,
    json_of,
    settings_of,
)
from adapters.storage.postgres.layout import create, create_indexes
from domain.account import AccountSettings
from domain.content import Parts
from domain.field import FieldKind
from domain.group import GroupSettings
from domain.saved_filter import SharedTab
from domain.template import Shared, TemplateFile
from domain.values import Presence, Priority, Role
from projections.catalog import ChannelRow, GroupRow, OperatorRow, SettingsRow
from projections.clients import ClientRow, Held, folded_facts, words
from projections.counts import CountsRow
from projections.fields import FieldRow
from projections.inbox import InboxRow, LastMessage, TransferNote
from projections.messages import Destination, FileRow, MessageRow, Version
from projections.search import SearchRow
from projections.seats import SeatRow
from projections.tabs import FilterRow, TabOrderRow
from projections.tags import TagRow
from projections.templates import TemplateRow, UsesRow
from projections.text import folded
from projections.unread import Unread

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Waiting clock of a chat that waits for nothing: it is listed after all that wait."""

_NUMBERS: Final[dict[str, LiteralString | tuple[LiteralString, Read]]] = {
    "version": "bigint",
    "changed": "bigint",
}

INBOX: Final = View(
    "inbox",
    InboxRow,
    ("chat_id",),
    (
        *columns_of(
            InboxRow,
            **_NUMBERS,
            opened_at="timestamptz",
            episode="integer",
            last_seq="integer",
            waiting_since="timestamptz",
            became_waiting="boolean",
            unread="integer",
            reading=json_of(Unread),
            last_message=json_of(LastMessage),
            last_activity_at="timestamptz",
            last_client_at="timestamptz",
            priority=("text", Priority),
            tags=("text[]", tuple),
            has_attachment="boolean",
            snoozed_until="timestamptz",
            closed_at="timestamptz",
            note=json_of(TransferNote),
        ),
        Column("waiting_key", "timestamptz", lambda r: r.waiting_since or NEVER, is_derived=True),
        Column("seen_as", "text", lambda r: r.seen_as, is_derived=True),
        Column(
            "words",
            "text",
            lambda r: folded(r.last_message.text) if r.last_message else "",
            is_derived=True,
        ),
    ),
    {
        "changed": "(changed)",
        "client": "(client_id)",
        "owner": "(operator_id) WHERE operator_id IS NOT NULL",
        "seen": "(seen_as, last_activity_at, chat_id) WHERE closed_at IS NOT NULL",
        "new": "(waiting_key, opened_at, chat_id) WHERE operator_id IS NULL AND closed_at IS NULL",
        "clock": "(waiting_key, opened_at, chat_id) WHERE operator_id IS NOT NULL",
        "group": "(group_id, waiting_key) WHERE operator_id IS NOT NULL",
        "assigned": "(last_activity_at, chat_id) WHERE operator_id IS NOT NULL",
        "unread": "(last_activity_at, chat_id) WHERE unread > 0",
        "closed": "(last_activity_at, chat_id) WHERE closed_at IS NOT NULL",
        "activity": "(last_activity_at, chat_id)",
        "tags": "USING gin (tags) WHERE tags <> '{}'",
    },
)

MESSAGES: Final = View(
    "messages",
    MessageRow,
    ("chat_id", "seq"),
    tuple(
        columns_of(
            MessageRow,
            seq="integer",
            changed="bigint",
            parts=json_of(Parts),
            at="timestamptz",
            sent_at="timestamptz",
            provider_ids=("text[]", tuple),
            mentions=("text[]", tuple),
            destination=json_of(Destination),
            edited_at="timestamptz",
            deleted_at="timestamptz",
            history=json_of(tuple[Version, ...]),
            files=json_of(tuple[FileRow, ...]),
        )
    ),
    {"changed": "(changed)"},
)

CLIENTS: Final = View(
    "clients",
    ClientRow,
    ("id",),
    (
        *columns_of(
            ClientRow,
            **_NUMBERS,
            renamed="bigint",
            identities=json_of(tuple[tuple[str, str], ...]),
            consents=json_of(tuple[tuple[str, str, str], ...]),
            facts=json_of(tuple[Held, ...]),
            tags=("text[]", tuple),
            versions=json_of(tuple[tuple[str, int], ...]),
        ),
        Column("name", "text", lambda r: r.name, is_derived=True),
        Column("words", "text", lambda r: folded(r.name or ""), is_derived=True),
        Column("found_by", "tsvector", lambda r: _weighed(*words(r)), is_derived=True),
        Column("held", "jsonb", folded_facts, is_derived=True),
    ),
    {
        "changed": "(changed)",
        "renamed": "(renamed)",
        "merged": "(merged_into) WHERE merged_into IS NOT NULL",
        "found_by": "USING gin (found_by)",
        "held": "USING gin (held jsonb_path_ops) WHERE held <> '{}'",
        "tags": "USING gin (tags) WHERE tags <> '{}'",
    },
)


def _weighed(plain: str, documents: str) -> str:
    """Return a `tsvector`: documents weigh A, so that a question can leave them out."""
    words = [f"{word}:1" for word in plain.split()]
    return " ".join([*words, *(f"{word}:1A" for word in documents.split())])


SEARCH: Final = View(
    "search",
    SearchRow,
    ("chat_id", "seq"),
    tuple(columns_of(SearchRow, seq="integer", changed="bigint", words="tsvector")),
    {"changed": "(changed)", "words": "USING gin (words)"},
)

FIELDS: Final = View(
    "fields",
    FieldRow,
    ("id",),
    tuple(
        columns_of(
            FieldRow,
            **_NUMBERS,
            kind=("text", FieldKind),
            options=("text[]", tuple),
            active="boolean",
        )
    ),
    {},
)

TAGS: Final = View(
    "tags", TagRow, ("id",), tuple(columns_of(TagRow, **_NUMBERS, active="boolean")), {}
)

TEMPLATES: Final = View(
    "templates",
    TemplateRow,
    ("id",),
    (
        *columns_of(
            TemplateRow,
            **_NUMBERS,
            shared=("text", Shared),
            files=json_of(tuple[TemplateFile, ...]),
            active="boolean",
        ),
        Column("held", "text[]", lambda r: [one.sha256 for one in r.files], is_derived=True),
    ),
    {"held": "USING gin (held) WHERE held <> '{}'"},
)

USES: Final = View(
    "uses",
    UsesRow,
    ("id",),
    tuple(columns_of(UsesRow, changed="bigint", uses="bigint", last_used_at="timestamptz")),
    {},
)

FILTERS: Final = View(
    "filters",
    FilterRow,
    ("id",),
    tuple(
        columns_of(
            FilterRow,
            **_NUMBERS,
            saved="bigint",
            shared=("text", SharedTab),
            active="boolean",
        )
    ),
    {},
)

TAB_ORDERS: Final = View(
    "tab_orders",
    TabOrderRow,
    ("operator_id",),
    tuple(columns_of(TabOrderRow, **_NUMBERS, filters=("text[]", tuple))),
    {},
)

OPERATORS: Final = View(
    "operators",
    OperatorRow,
    ("id",),
    tuple(
        columns_of(
            OperatorRow,
            **_NUMBERS,
            renamed="bigint",
            role=("text", Role),
            skills=json_of(tuple[tuple[str, int], ...]),
            capacity="integer",
            presence=("text", Presence),
            online_since="timestamptz",
            online_at="bigint",
            active="boolean",
            sees_new="boolean",
        )
    ),
    {"changed": "(changed)", "renamed": "(renamed)"},
)

_GROUP: Final = columns_of(GroupRow, **_NUMBERS, renamed="bigint", settings=json_of(GroupSettings))
GROUPS: Final = View(
    "groups",
    GroupRow,
    ("id",),
    (
        *_GROUP[:-1],
        settings_of(_GROUP[-1], GroupSettings),
        Column("patience", "interval", lambda r: interval(r.settings.patience), is_derived=True),
    ),
    {"changed": "(changed)", "renamed": "(renamed)"},
)

CHANNELS: Final = View(
    "channels", ChannelRow, ("id",), tuple(columns_of(ChannelRow, **_NUMBERS)), {}
)

_ACCOUNT: Final = columns_of(SettingsRow, **_NUMBERS, settings=json_of(AccountSettings))
SETTINGS: Final = View(
    "settings",
    SettingsRow,
    ("id",),
    (
        *_ACCOUNT[:-1],
        settings_of(_ACCOUNT[-1], AccountSettings),
        Column("patience", "interval", lambda r: interval(r.settings.patience), is_derived=True),
    ),
    {},
)

SEATS: Final = View(
    "seats",
    SeatRow,
    ("operator_id",),
    tuple(
        columns_of(
            SeatRow,
            changed="bigint",
            load="integer",
            last_assigned_at="timestamptz",
            online_at="bigint",
            given_since_online="integer",
        )
    ),
    {"changed": "(changed)"},
)

COUNTS: Final = View(
    "counts",
    CountsRow,
    ("kind", "id"),
    tuple(
        columns_of(
            CountsRow,
            changed="bigint",
            new="integer",
            assigned="integer",
            waiting="integer",
            unread="integer",
        )
    ),
    {"changed": "(changed)"},
)

VIEWS: Final = {
    view.name: view
    for view in (
        INBOX,
        MESSAGES,
        SEARCH,
        CLIENTS,
        OPERATORS,
        GROUPS,
        CHANNELS,
        SETTINGS,
        FIELDS,
        TAGS,
        TEMPLATES,
        FILTERS,
        TAB_ORDERS,
        SEATS,
        COUNTS,
        USES,
    )
}


def migrate(url: str) -> None:
    """Make the tables of the views where they are missing; an existing one is left as it is."""
    with psycopg.connect(url) as connection:
        create(connection, VIEWS.values(), SCHEMA)
        for view in VIEWS.values():
            create_indexes(connection, view, SCHEMA)
