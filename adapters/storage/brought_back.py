"""Who of the erased is back: an older copy of the log was restored, which still knows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import orjson
from psycopg import Connection
from psycopg.rows import TupleRow

from domain.values import ClientId

_DESTROYED: Final = """
SELECT owner, destroyed_at FROM recado_vault.keys WHERE destroyed_at IS NOT NULL
"""
_BACK: Final = """
SELECT t.id, c.state FROM unnest(%s::text[]) AS t(id)
JOIN recado_events AS c ON c.originator_id = 'client-' || t.id AND c.originator_version = 1
WHERE NOT EXISTS (
    SELECT FROM recado_events AS e
    WHERE e.originator_id = c.originator_id AND e.topic = 'client-erased.v1'
) ORDER BY t.id
"""


def destroyed(connection: Connection[TupleRow]) -> dict[ClientId, datetime]:
    """Return whose keys are destroyed, and when: the vault may be newer than the log beside it."""
    return {ClientId(owner): at for owner, at in connection.execute(_DESTROYED).fetchall()}


def brought_back(
    connection: Connection[TupleRow], erased: Mapping[ClientId, datetime]
) -> list[ClientId]:
    """
    Return who was erased and is not so in this log.

    Who came under the same id after that erasure, to a log that no longer knew of it, is new.
    """
    rows = connection.execute(_BACK, (list(erased),)).fetchall()
    return [ClientId(id_) for id_, state in rows if _since(state) <= erased[ClientId(id_)]]


def _since(state: bytes) -> datetime:
    return datetime.fromisoformat(orjson.loads(state)["data"]["at"])
