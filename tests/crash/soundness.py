"""Whether a whole installation, once it is left in peace, is in one piece."""

import asyncio
from collections.abc import Callable

import psycopg
from nats.js.errors import NotFoundError

from adapters.bus.nats import connect
from adapters.bus.streams import look_at_log_stream
from deploy.embedded.directory import Urls
from deploy.verifying import faults
from tests.scenarios.installation import Installation
from tests.scenarios.waiting import until

_PLACES = """
SELECT (SELECT position FROM recado_head), (SELECT count(*) FROM recado_outbox),
    (SELECT array_agg(position) FROM recado_views.checkpoints WHERE name IN ('views', 'published'))
"""


def is_idle(urls: Urls) -> bool:
    """Return whether stream and views hold the whole log, and nothing is to be sent."""
    return has_caught_up(urls, outgoing=0)


def has_caught_up(urls: Urls, outgoing: int | None = None) -> bool:
    """Return whether stream and views hold the whole log; `outgoing` answers wait, if given."""
    with psycopg.connect(urls.postgres) as connection:
        row = connection.execute(_PLACES).fetchone()
    assert row is not None
    head, waiting, places = row
    is_sent = outgoing in {None, waiting}
    return is_sent and set(places) == {head} and asyncio.run(_last(urls.nats)) == head


async def _last(url: str) -> int:
    nc = await connect(url, name="tests")
    try:
        return (await look_at_log_stream(nc)).last
    except NotFoundError:
        return 0
    finally:
        await nc.close()


def until_idle(
    house: Installation, seconds: float = 60.0, is_done: Callable[[Urls], bool] = is_idle
) -> None:
    """Return when everything has caught up with a log that does not grow any more."""
    heads: list[int] = []

    def at_rest() -> bool:
        heads.append(house.head)
        return heads[-3:].count(heads[-1]) == 3 and is_done(house.urls)

    until(at_rest, seconds, "for everything to catch up")


def found_by_verify(urls: Urls) -> list[str]:
    """Return what `recado verify` finds."""

    async def collect() -> list[str]:
        return [fault async for fault in faults(urls)]

    return asyncio.run(collect())
