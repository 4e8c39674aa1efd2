"""A NATS server whose two streams are the bus's tests' own, and a log."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
from nats.aio.client import Client as Nats
from nats.js.errors import NotFoundError

from adapters.bus.streams import LOG_STREAM, VIEWS_STREAM
from deploy.embedded import EmbeddedNats
from tests.adapters.bus.kit import Log, connected
from tests.fixtures_servers import temporary_data


@pytest.fixture(scope="session")
def bus_url() -> Iterator[str]:
    with temporary_data() as folder:
        server = EmbeddedNats(folder)
        try:
            yield server.start()
        finally:
            server.stop()


@pytest.fixture
async def nc(bus_url: str) -> AsyncIterator[Nats]:
    """A connection to a server without streams."""
    async with connected(bus_url) as nc:
        yield nc
        for stream in (LOG_STREAM, VIEWS_STREAM):
            with suppress(NotFoundError):
                await nc.jetstream().delete_stream(stream)


@pytest.fixture
def log(fresh_database: str) -> Iterator[Log]:
    log = Log(fresh_database)
    yield log
    log.close()
