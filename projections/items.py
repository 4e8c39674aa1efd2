"""Rows as the outside gets them, over HTTP and on NATS alike: plain values, ready for JSON."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, timedelta
from typing import Any

from pydantic import TypeAdapter

from domain.chat.files import FileState
from domain.client.documents import hidden
from domain.client.facts import DOCUMENTS, Detail, plain
from domain.content import Media, Parts
from domain.field import FieldKind
from domain.hours import BusinessHours, Patience
from domain.values import ClientId, Presence, Timestamp
from projections.catalog import ChannelRow, GroupRow, OperatorRow, SettingsRow
from projections.clients import ClientRow
from projections.counts import CountsRow
from projections.fields import FieldRow
from projections.inbox import InboxRow, section
from projections.messages import OF_GROUP, FileRow, MessageRow
from projections.seats import SeatRow
from projections.tags import TagRow

Item = dict[str, Any]

_PARTS = TypeAdapter[Parts](Parts)
_HOURS = TypeAdapter(BusinessHours)


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids in a chat's row stand for, and where one of the names changed last."""

    operator: str | None = None
    last_operator: str | None = None
    passed_on_by: str | None = None
    group: str | None = None
    client: str | None = None
    account: str | None = None
    renamed: int = 0
    stands_for: ClientId | None = None
    """The client that the chat's own is merged into (C4)."""


def stamp(at: Timestamp | None) -> str | None:
    """
    Return a time as RFC 3339, in UTC.

    >>> from datetime import datetime
    >>> stamp(datetime(2030, 1, 2, 9, 0, tzinfo=UTC))
    '2030-01-02T09:00:00Z'
    """
    return None if at is None else at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def named(id_: str | None, name: str | None) -> Item | None:
    """Return an id with its name, or None for no id."""
    return None if id_ is None else {"id": id_, "name": name}


def chat_item(row: InboxRow, names: Names, now: Timestamp, patience: Patience) -> Item:
    """Return a chat as the lists show it at `now`."""
    last, note, since = row.last_message, row.note, row.waiting_since
    return {
        "id": row.chat_id,
        "version": row.version,
        "position": max(row.changed, names.renamed),
        "section": section(row, now, patience).value,
        "unread": row.unread,
        "waiting_since": stamp(since),
        # From then on it is Waiting: whoever shows the item moves it by his own clock (V6).
        "waiting_from": stamp(patience.due(since)) if since else None,
        "operator": named(row.operator_id, names.operator),
        "last_operator": named(row.last_operator, names.last_operator),
        "group": named(row.group_id, names.group),
        "client": {"id": names.stands_for or row.client_id, "name": names.client},
        "channel": {"kind": row.channel, "account": names.account, "id": row.account_id},
        "last_message": last
        and {
            "text": last.text,
            "at": stamp(last.at),
            "direction": last.direction,
            "kind": last.kind,
        },
        "transfer": note and {"by": named(note.by, names.passed_on_by), "comment": note.comment},
        "priority": row.priority.value,
        "tags": list(row.tags),
        "has_attachment": row.has_attachment,
        "snoozed_until": stamp(row.snoozed_until),
        "opened_at": stamp(row.opened_at),
        "closed_at": stamp(row.closed_at),
        "last_activity_at": stamp(row.last_activity_at),
        "last_client_at": stamp(row.last_client_at),
        "last_seq": row.last_seq,
        "episode": row.episode,
    }


def message_item(row: MessageRow) -> Item:
    """Return a message, comment or transfer. `parts` is empty where `text` says it all."""
    to = row.destination
    return {
        "chat_id": row.chat_id,
        "seq": row.seq,
        "position": row.changed,
        "kind": row.kind,
        "text": row.text,
        "parts": _PARTS.dump_python(row.parts, mode="json", exclude_none=True),
        "at": stamp(row.at),
        "sent_at": stamp(row.sent_at),
        "direction": row.direction,
        "state": row.state,
        "reason": row.reason,
        "message_id": row.message_id,
        "provider_ids": list(row.provider_ids),
        "author": row.author,
        "reply_to": row.reply_to,
        "mentions": [_mention(one) for one in row.mentions],
        "to": to and {"operator": to.operator, "group": to.group},
        "edited_at": stamp(row.edited_at),
        "deleted_at": stamp(row.deleted_at),
        "reaction": row.reaction,
        "history": [{"at": stamp(v.at), "text": v.text} for v in row.history],
        "subject": row.subject,
        "attachments": _attachments(row),
    }


def _mention(mentioned: str) -> Item:
    if mentioned.startswith(OF_GROUP):
        return {"group": mentioned.removeprefix(OF_GROUP)}
    return {"operator": mentioned}


def _attachments(row: MessageRow) -> list[Item]:
    """Return the files of a message: `sha256` is None until it is copied (M8)."""
    settled = {file.part: file for file in row.files}
    attachments = []
    for number, part in enumerate(row.parts):
        if not isinstance(part, Media):
            continue
        file = settled.get(number) or _unsettled(number, part)
        attachments.append(
            {
                "part": number,
                "kind": part.media.value,
                "mime": file.mime or part.mime,
                "name": file.name or part.name,
                "size": file.size or part.size,
                "sha256": file.sha256,
                "thumbnail": file.thumbnail,
                "state": file.state.value,
                "why": file.why,
            }
        )
    return attachments


def _unsettled(number: int, part: Media) -> FileRow:
    """Return a file that nothing was told of: ours from the start, or still at the provider."""
    state = FileState.PENDING if part.sha256 is None else FileState.COPIED
    return FileRow(number, state, sha256=part.sha256)


def client_item(row: ClientRow, merged: Iterable[ClientRow] = ()) -> Item:
    """Return a client's record; `merged` are those that are shown under it (C4)."""
    details = {key: value for key, kind, value, _ in row.facts if key == kind}
    return {
        "id": row.id,
        "version": row.version,
        "position": row.changed,
        "name": row.name,
        "given_name": row.given_name,
        "channel_name": row.channel_name,
        **{detail.value: details.get(detail.value) for detail in Detail},
        "tags": list(row.tags),
        "fields": {key: plain(FieldKind(k), v) for key, k, v, _ in row.facts if key != k},
        "documents": [key for key, kind, _, _ in row.facts if kind in DOCUMENTS],
        "unverified": [key for key, _, _, unverified in row.facts if unverified],
        "versions": dict(row.versions),
        "identities": [
            {"scheme": scheme, "value": value}
            for one in (row, *merged)
            for scheme, value in one.identities
        ],
        "consents": [{"account": a, "scope": s, "consent": c} for a, s, c in row.consents],
        "merged_into": row.merged_into,
        "merged": [{"id": one.id, "name": one.name} for one in merged],
    }


def without_documents(item: Item) -> Item:
    """Return a client's record with its CPF and CNPJ hidden, for whoever may not see them (C2)."""
    if not item["documents"]:
        return item
    masked = set(item["documents"])
    shown = {key: hidden(v) if key in masked and v else v for key, v in item.items()}
    fields = {key: hidden(v) if key in masked else v for key, v in item["fields"].items()}
    return shown | {"fields": fields}


def field_item(row: FieldRow) -> Item:
    return {
        "id": row.id,
        "version": row.version,
        "position": row.changed,
        "name": row.name,
        "kind": row.kind.value,
        "options": list(row.options),
    }


def tag_item(name: str, row: TagRow | None, chats: int) -> Item:
    """Return a tag by its name; `row` is None for one that was never defined."""
    return {
        "id": None if row is None else row.id,
        "version": 0 if row is None else row.version,
        "name": name,
        "colour": None if row is None else row.colour,
        "removed": row is not None and not row.active,
        "chats": chats,
    }


def operator_item(row: OperatorRow, seat: SeatRow | None) -> Item:
    seat = seat or SeatRow(row.id)
    return {
        "id": row.id,
        "version": row.version,
        "position": max(row.changed, seat.changed),
        "email": row.email,
        "name": row.name,
        "role": row.role.value,
        "groups": [{"id": group, "skill": skill} for group, skill in row.skills],
        "capacity": row.capacity,
        "load": seat.load,
        "free": max(0, row.capacity - seat.load) if row.presence is Presence.ONLINE else 0,
        "presence": row.presence.value,
        "online_since": stamp(row.online_since),
        "last_assigned_at": stamp(seat.last_assigned_at),
        "given_since_online": seat.given_since_online,
        "active": row.active,
        "sees_new": row.sees_new,
    }


def group_item(row: GroupRow) -> Item:
    settings = {f.name: _plain(getattr(row.settings, f.name)) for f in fields(row.settings)}
    settings["clock_in_hours"] = bool(row.settings.clock_in_hours)
    ids = {"id": row.id, "version": row.version, "position": row.changed, "name": row.name}
    return ids | settings


def channel_item(row: ChannelRow, group: str | None) -> Item:
    return {
        "id": row.id,
        "version": row.version,
        "position": row.changed,
        "name": row.name,
        "kind": row.kind,
        "group": named(row.group_id, group),
        "paused": row.paused,
    }


def settings_item(row: SettingsRow) -> Item:
    settings = {name: _plain(value) for name, value in asdict(row.settings).items()}
    return {"version": row.version, "position": row.changed} | settings


def counts_item(row: CountsRow) -> Item:
    return {
        "kind": row.kind,
        "id": row.id,
        "position": row.changed,
        "new": row.new,
        "assigned": row.assigned,
        "waiting": row.waiting,
        "unread": row.unread,
    }


def _plain(value: Any) -> Any:
    """Return a setting's value for JSON: durations in seconds."""
    match value:
        case timedelta():
            return value.total_seconds()
        case BusinessHours():
            return _HOURS.dump_python(value, mode="json")
        case _:
            return value
