"""The OpenAPI document as it is committed, and as `recado serve --openapi` prints it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from obstore.store import MemoryStore
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.channels.accounts import ConnectedChannels
from adapters.channels.taking_in import Desk
from adapters.http.app import create_app
from adapters.http.parts import AppParts
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.mapper import EventMapper
from adapters.storage.memory import MemoryDesk
from adapters.storage.postgres.files import FileRegister
from adapters.storage.postgres.queries import Queries

COMMITTED: Final = Path(__file__).parents[1] / "openapi.json"


def openapi() -> dict[str, Any]:
    """Return the document of an application with every route; nothing is connected to."""
    pool: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool("", open=False)
    mapper = EventMapper()
    parts = AppParts(
        # It hands nothing in: no request is made.
        desk=cast("Desk", MemoryDesk(mapper, lambda: datetime.now(UTC), b"no salt")),
        queries=Queries(pool),
        pool=pool,
        mapper=mapper,
        channels=ConnectedChannels(pool),
        attachments=Attachments(AttachmentStore(MemoryStore()), FileRegister(pool), 1),
    )
    return create_app(parts).api.openapi()


def openapi_json() -> str:
    """Return the document as text, the same for the same code."""
    return json.dumps(openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
