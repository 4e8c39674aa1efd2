"""Asks channels that do not call us for what is new (IMAP), each account on its own."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final, cast

import structlog
from psycopg import Error as DatabaseError
from psycopg_pool import PoolTimeout

from adapters.channels.accounts import Connected, ConnectedChannels
from adapters.channels.base import Pulled, Pulls, read_inbound
from adapters.channels.taking_in import Desk, TakingIn
from adapters.storage.postgres.pull_cursors import PullCursors
from adapters.tasks import end

log = structlog.get_logger()

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at which accounts there are."""
ASK_EVERY: Final = 5.0
"""Seconds between two questions to an account; its adapter may wait longer by itself."""
LONGEST_SILENCE: Final = 1800.0
"""Seconds for one thing to come; IMAP's own wait ends before."""
LONGEST_DELAY: Final = 300.0


class Puller:
    """The one that asks. Run it while its lease is held."""

    def __init__(
        self,
        channels: ConnectedChannels,
        desk: Desk,
        cursors: PullCursors,
        ask_every: float = ASK_EVERY,
    ) -> None:
        self._channels: Final = channels
        self._taking_in: Final = TakingIn(desk)
        self._cursors: Final = cursors
        self._ask_every: Final = ask_every
        self._asking: Final = dict[str, tuple[Connected, asyncio.Task[None]]]()

    async def run(self, lost: asyncio.Event) -> None:
        """Ask every account again and again, until the lease is lost."""
        try:
            while not lost.is_set():
                with suppress(DatabaseError, PoolTimeout):
                    await self._channels.refresh()
                await self._adjust()
                with suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), LOOK_EVERY)
        finally:
            await end(task for _, task in self._asking.values())

    async def _adjust(self) -> None:
        """Have one task for each account as it is configured now."""
        accounts = (self._channels.by_id(id_) for id_ in self._channels.ids())
        wanted = {a.id: a for a in accounts if a and isinstance(a.adapter, Pulls)}
        old = [id_ for id_, (a, _) in self._asking.items() if wanted.get(a.id) is not a]
        await end(self._asking.pop(id_)[1] for id_ in old)
        for id_, account in wanted.items():
            if id_ not in self._asking:
                self._asking[id_] = account, asyncio.create_task(self._ask(account))

    async def _ask(self, account: Connected) -> None:
        failures = 0
        while True:
            try:
                await self._ask_once(account)
                failures = 0
            except Exception as failure:
                # Whatever fails, the others go on; the words of an adapter may hold a secret.
                log.warning("pull.failed", account=account.name, error=type(failure).__name__)
                failures += 1
            growing = self._ask_every * 2.0 ** min(failures, 10)
            await asyncio.sleep(min(LONGEST_DELAY, growing) * random.uniform(0.75, 1.0))  # noqa: S311  (no secret)

    async def _ask_once(self, account: Connected) -> None:
        adapter = cast("Pulls", account.adapter)
        cursor = await self._cursors.load(account.id)
        new = adapter.pull(cursor)
        try:
            while True:
                async with asyncio.timeout(LONGEST_SILENCE):
                    pulled = await anext(new, None)
                if pulled is None:
                    return
                await self._take(account, pulled)
        finally:
            # A generator lets go of its connection.
            if isinstance(new, AsyncGenerator):
                await new.aclose()

    async def _take(self, account: Connected, pulled: Pulled) -> None:
        events = read_inbound(account.adapter, pulled.request)
        await self._taking_in.record(pulled.request, events, lambda _: account.id)
        await self._cursors.save(account.id, pulled.cursor)
