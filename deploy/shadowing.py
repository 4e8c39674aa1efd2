"""The shadow policy beside a router: it hears what the router hears, and nothing else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import structlog

from domain.event import Recorded
from routers.policies.base import Policy
from routers.ports import Outside, Published
from routers.records import Snapshot
from routers.shadow import Shadow

log = structlog.get_logger()


@contextmanager
def shadowed(
    outside: Outside, policy: str | None, policies: Mapping[str, Policy]
) -> Iterator[Outside]:
    """
    Yield what a router is to be given: the same, but that a shadow hears it, too.

    Without a policy it is the very same. A name that no policy has is logged, and no more.
    """
    if policy is None:
        yield outside
        return
    if policy not in policies:
        log.error("shadow.unknown_policy", shadow_policy=policy, known=sorted(policies))
        yield outside
        return
    shadow = Shadow(policies[policy], policies)

    async def load_snapshot() -> Snapshot:
        snapshot = await outside.load_snapshot()
        shadow.start(snapshot)
        return snapshot

    def read(message: Published) -> Recorded:
        recorded = outside.read(message)
        shadow.hear(recorded)
        return recorded

    try:
        yield replace(outside, load_snapshot=load_snapshot, read=read)
    finally:
        shadow.stop()
