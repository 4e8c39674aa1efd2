"""Rows as the outside gets them, over HTTP and on NATS alike: plain values, ready for JSON."""

from dataclasses import asdict, dataclass
from datetime import UTC, timedelta
from typing import Any

from pydantic import TypeAdapter

from domain.content import Parts
from domain.values import Timestamp
from projections.catalog import ChannelRow, GroupRow, OperatorRow, SettingsRow
from projections.clients import ClientRow
from projections.counts import CountsRow
from projections.inbox import InboxRow, section
from projections.messages import MessageRow
from projections.seats import SeatRow

Item = dict[str, Any]

_PARTS = TypeAdapter[Parts](Parts)


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


def chat_item(row: InboxRow, names: Names, now: Timestamp, patience: timedelta) -> Item:
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
        "waiting_from": stamp(since + patience) if since else None,
        "operator": named(row.operator_id, names.operator),
        "last_operator": named(row.last_operator, names.last_operator),
        "group": named(row.group_id, names.group),
        "client": {"id": row.client_id, "name": names.client},
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
        "mentions": list(row.mentions),
        "to": to and {"operator": to.operator, "group": to.group},
        "edited_at": stamp(row.edited_at),
        "deleted_at": stamp(row.deleted_at),
        "reaction": row.reaction,
        "history": [{"at": stamp(v.at), "text": v.text} for v in row.history],
    }


def client_item(row: ClientRow) -> Item:
    return {
        "id": row.id,
        "version": row.version,
        "position": row.changed,
        "name": row.name,
        "given_name": row.given_name,
        "channel_name": row.channel_name,
        "identities": [{"scheme": s, "value": v} for s, v in row.identities],
        "consents": [{"account": a, "scope": s, "consent": c} for a, s, c in row.consents],
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
        "presence": row.presence.value,
        "online_since": stamp(row.online_since),
        "last_assigned_at": stamp(seat.last_assigned_at),
        "given_since_online": seat.given_since_online,
        "active": row.active,
    }


def group_item(row: GroupRow) -> Item:
    settings = {name: _plain(value) for name, value in asdict(row.settings).items()}
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
    return value.total_seconds() if isinstance(value, timedelta) else value
