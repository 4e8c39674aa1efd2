"""What routes have in common: handing an act in, and telling what became of it."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import Request

from adapters.http.acts import Once, once
from adapters.http.auth import Viewer
from adapters.http.parts import AppParts
from domain.access import Scope
from domain.errors import NotAllowed
from domain.operator import Operator
from domain.ports import Act
from domain.values import Meta, StreamId

_VERSION: Final = """
SELECT (SELECT coalesce(max(originator_version), 0) FROM recado_events WHERE originator_id = %s),
    (SELECT position FROM recado_head)
"""
_RIGHTS: Final = ("act", "supervise", "administer")


class Answers:
    """Hands acts to the desk in the name of who asks."""

    def __init__(self, parts: AppParts) -> None:
        self._parts: Final = parts

    async def submit(self, act: Act, stream: StreamId) -> dict[str, Any]:
        """Return `{position, version}` of the stream, and `seq` where the act gave one."""
        receipt = await self._parts.desk.submit(act)
        if receipt.stream != stream:
            return await self._as_it_was(stream)
        answer: dict[str, Any] = {"position": receipt.position, "version": receipt.version}
        return answer

    async def once(self, request: Request, viewer: Viewer, key: str | None) -> Once:
        """Return how the request is known again, by its idempotency key."""
        method, path = request.method.encode(), request.url.path.encode()
        body = await request.body() if key is not None else b""
        return once(self._parts.desk.naming, viewer.id, key, method, path, body)

    def meta(self, viewer: Viewer, known: Once) -> Meta:
        return Meta(f"operator:{viewer.id}", "http", known.identity)

    def me(self, operator: Operator) -> dict[str, Any]:
        """Return an operator as he sees himself."""
        scope = Scope(operator.id, operator.role)
        return {
            "id": operator.id,
            "email": operator.email,
            "name": operator.name,
            "role": operator.role.value,
            "presence": operator.presence.value,
            "capacity": operator.capacity,
            "groups": [{"id": g, "skill": skill} for g, skill in sorted(operator.skills.items())],
            "may": [right for right in _RIGHTS if scope.may(right)],
        }

    async def _as_it_was(self, stream: StreamId) -> dict[str, Any]:
        """Return where a stream is to which an act had nothing to add."""
        async with self._parts.pool.connection() as connection:
            rows: Sequence[Any] | None = await (
                await connection.execute(_VERSION, (stream,))
            ).fetchone()
        version, position = rows or (0, 0)
        return {"position": position, "version": version}


def demand(viewer: Viewer, right: str) -> None:
    """Raise `NotAllowed` where the role does not have the right."""
    if not viewer.scope.may(right):
        raise NotAllowed(right)
