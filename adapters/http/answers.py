"""What routes have in common: handing an act in, and telling what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from adapters.http.auth import Viewer
from adapters.http.parts import AppParts, Asking, IdempotencyKey, Looking
from adapters.storage.postgres.looks import LookKind
from domain.access import Scope
from domain.acts import Ask
from domain.errors import NotAllowed
from domain.operator import ChangePresence, Operator
from domain.ports import Act
from domain.values import Meta, StreamId, split_stream

_VERSION: Final = """
SELECT (SELECT coalesce(max(originator_version), 0) FROM recado_events WHERE originator_id = %s),
    (SELECT position FROM recado_head)
"""
_SETTINGS: Final = frozenset({"account", "group", "channel", "field", "operator", "webhook"})
"""Kinds of entities whose changes are changes of settings."""


@dataclass(frozen=True, slots=True)
class AskedBy:
    """Who asks for an act, and how the request is known again."""

    viewer: Viewer
    identity: str | None
    fingerprint: str | None

    @property
    def meta(self) -> Meta:
        return Meta(f"operator:{self.viewer.id}", "http", self.identity)

    @property
    def how(self) -> dict[str, Any]:
        """Return what every act of his takes besides what it is about."""
        return {
            "meta": self.meta,
            "identity": self.identity,
            "fingerprint": self.fingerprint,
        }


async def _asked(request: Request, viewer: Asking, key: IdempotencyKey = None) -> AskedBy:
    return await _known_by(request, viewer, key)


async def _for_oneself(request: Request, viewer: Looking, key: IdempotencyKey = None) -> AskedBy:
    return await _known_by(request, viewer, key)


async def _known_by(request: Request, viewer: Viewer, key: str | None) -> AskedBy:
    if key is None:
        return AskedBy(viewer, None, None)
    parts: AppParts = request.app.state.parts
    content = (request.method.encode(), request.url.path.encode(), await request.body())
    naming = parts.desk.naming
    # Keyed: what was asked may hold a number that could be found by trial.
    digest = blake2b(b"\x00".join(content), key=naming.salt, digest_size=16).hexdigest()
    return AskedBy(viewer, naming.key("http", viewer.id, key), digest)


Asked = Annotated[AskedBy, Depends(_asked)]
AskedForOneself = Annotated[AskedBy, Depends(_for_oneself)]
"""For acts that change nothing but what is one's own, which auditors may, too."""


class Answers:
    """Hands acts to the desk, and tells what became of them."""

    def __init__(self, parts: AppParts) -> None:
        self._parts: Final = parts

    async def submit(self, act: Act, stream: StreamId) -> dict[str, Any]:
        """Return `{position, version}` of the stream."""
        receipt = await self._parts.desk.submit(act)
        if _changes_settings(act, stream):
            who = act.meta.actor.removeprefix("operator:")
            self._parts.looks.note(LookKind.SETTING, who, stream)
        if receipt.stream != stream:
            return await self.as_it_was(stream)
        return {"position": receipt.position, "version": receipt.version}

    def me(self, operator: Operator, scope: Scope) -> dict[str, Any]:
        """Return an operator as he sees himself, and by what he asks with."""
        return {
            "id": operator.id,
            "email": operator.email,
            "name": operator.name,
            "role": operator.role.value,
            "presence": operator.presence.value,
            "capacity": operator.capacity,
            "groups": [{"id": g, "skill": skill} for g, skill in sorted(operator.skills.items())],
            "sees_new": operator.sees_new,
            "second_factor": operator.second_factor,
            "rights": scope.rights,
            # By its name of before, which the panel still goes by.
            "may": scope.rights,
        }

    async def as_it_was(self, stream: StreamId) -> dict[str, Any]:
        """Return where a stream is to which an act had nothing to add."""
        async with self._parts.pool.connection() as connection:
            rows: Sequence[Any] | None = await (
                await connection.execute(_VERSION, (stream,))
            ).fetchone()
        version, position = rows or (0, 0)
        return {"position": position, "version": version}


def _changes_settings(act: Act, stream: StreamId) -> bool:
    """Return whether an act is noted as a change of settings (A5); coming and going is none."""
    is_presence = isinstance(act, Ask) and isinstance(act.command, ChangePresence)
    return split_stream(stream)[0] in _SETTINGS and not is_presence


def demand(viewer: Viewer, right: str) -> None:
    """Raise `NotAllowed` where the role does not have the right."""
    if not viewer.scope.may(right):
        raise NotAllowed(right)
