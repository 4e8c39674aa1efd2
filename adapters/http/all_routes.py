"""Every route that asks and answers: the live feed's are beside the feed itself, in `app`."""

from collections.abc import Iterator

from fastapi import APIRouter

from adapters.http import (
    attachments,
    auditing,
    bulk,
    channels,
    chats,
    clients,
    commands,
    connecting,
    docs,
    erasure,
    fields,
    filters,
    groups,
    hooks,
    lists,
    login,
    looks,
    me,
    operators,
    others_access,
    own,
    own_access,
    probes,
    records,
    reports,
    subject,
    tags,
    templates,
    tokens,
    uploads,
)
from adapters.http.answers import Answers
from adapters.http.auth import Gate
from adapters.http.entry import Entry
from adapters.http.metrics import Metrics
from adapters.http.oidc import routes as oidc
from adapters.http.panel import routes as panel
from adapters.http.parts import AppParts
from adapters.http.past import PastAnswers
from adapters.storage.postgres.own_things import OwnThings


def all_routes(
    parts: AppParts, gate: Gate, metrics: Metrics, answers: Answers
) -> Iterator[APIRouter]:
    """Yield them by what they are about."""
    yield from _of_people(parts, gate, metrics, answers)
    yield from _of_chats(parts, answers)
    yield from _of_the_company(parts, answers)
    yield from (probes.routes(parts, metrics), panel.routes(parts.panel_parts), docs.routes())
    yield from parts.more_routes


def _of_people(
    parts: AppParts, gate: Gate, metrics: Metrics, answers: Answers
) -> Iterator[APIRouter]:
    entry = Entry(parts, gate, metrics)
    yield login.routes(parts, entry, answers)
    yield oidc.routes(parts, entry)
    yield me.routes(parts, gate, answers)
    yield own_access.routes(entry)
    yield others_access.routes(entry)
    yield tokens.routes(entry)
    yield own.routes(parts, OwnThings(parts.pool))


def _of_chats(parts: AppParts, answers: Answers) -> Iterator[APIRouter]:
    past = PastAnswers(parts)
    yield lists.routes(parts, past)
    yield chats.routes(parts, past)
    yield bulk.routes(parts, answers)
    yield commands.routes(parts, answers)
    yield clients.routes(parts, answers)
    yield erasure.routes(parts, answers)
    yield subject.routes(parts)
    if parts.attachments is not None:
        yield attachments.routes(parts, parts.attachments)
        yield uploads.routes(parts, parts.attachments)


def _of_the_company(parts: AppParts, answers: Answers) -> Iterator[APIRouter]:
    yield records.routes(parts, answers)
    yield fields.routes(parts, answers)
    yield templates.routes(parts, answers)
    yield tags.routes(parts, answers)
    yield filters.routes(parts, answers)
    yield reports.routes(parts)
    yield looks.routes(parts)
    yield auditing.routes(parts)
    yield channels.routes(parts, answers)
    yield connecting.routes(parts, answers)
    yield groups.routes(parts, answers)
    yield operators.routes(parts, answers)
    yield hooks.routes(parts, answers)
