"""Streams that only grow, beside the log's own: what was told there is never removed."""

from collections.abc import Iterable
from dataclasses import dataclass

from nats.aio.client import Client as Nats
from nats.js import api
from nats.js.errors import APIError

from adapters.bus.streams import EXISTS


@dataclass(frozen=True, slots=True)
class GrowingStream:
    """One such stream, made when something is first told there."""

    name: str
    subject: str
    description: str

    async def add(self, nc: Nats, told: Iterable[tuple[str, bytes]], within: float) -> None:
        """
        Publish lines, each with what it is known by; what came a moment ago is not kept twice.

        Raises the library's errors where NATS does not answer `within` so many seconds.
        """
        js = nc.jetstream(timeout=within)
        try:
            await js.add_stream(self._config())
        except APIError as error:
            # Whoever runs NATS may have given it replicas or a place of its own.
            if error.err_code != EXISTS:
                raise
        for known_by, line in told:
            await js.publish(self.subject, line, headers={"Nats-Msg-Id": known_by})

    def _config(self) -> api.StreamConfig:
        return api.StreamConfig(
            name=self.name,
            description=self.description,
            subjects=[self.subject],
            storage=api.StorageType.FILE,
            discard=api.DiscardPolicy.NEW,
            num_replicas=1,
            deny_delete=True,
            deny_purge=True,
        )
