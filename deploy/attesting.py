"""The installation's audit key, where its heads go, and what is exported with them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.audit import tree
from adapters.audit.exporting import Opens, Proof
from adapters.audit.heads import Signer, key_in, log_name, sign
from adapters.audit.publishing import Place, places
from adapters.audit.selection import Selection
from adapters.audit.verifier import head_fault
from deploy.embedded.directory import default_data_directory
from deploy.settings import Settings
from domain.errors import RecadoError

KEY_FILE: Final = "audit.key"
_AT_ONCE: Final = 20_000


class HeadNotComparable(RecadoError):
    """An earlier head that the export cannot be compared with. The message says why."""


@dataclass(frozen=True, slots=True)
class AuditPlace:
    """What heads are signed with, and where they are published besides NATS."""

    pem: str
    places: str

    @classmethod
    def of(cls, settings: Settings, data: Path | None, *, make: bool) -> Self:
        """
        Return what is set; by default a key and a file in the data directory.

        Raises `NoAuditKey` where there is no key and none is to be made, or it is none, and
        `NoPlaceForHeads`.
        """
        folder = (data or default_data_directory()).expanduser().resolve()
        pem = settings.audit_key or key_in(folder / KEY_FILE, make=make)
        place = cls(pem, settings.audit_places or f"{folder}")
        place.signer()
        place.all_places()
        return place

    def signer(self) -> Signer:
        """Return what signs."""
        return Signer.read(self.pem)

    def all_places(self) -> list[Place]:
        """Return where each head goes."""
        return places(self.places)


@contextmanager
def proved(
    url: str,
    signer: Signer,
    selection: Selection,
    against: Collection[Any] = (),
    opens: Opens | None = None,
) -> Iterator[tuple[Proof, Connection[TupleRow]]]:
    """
    Yield an export's proof, its head signed for the log as it is now, and a transaction.

    `against` are earlier heads, from JSON; `opens` opens what is sealed. Raises
    `HeadNotComparable`, `LogIsBroken`.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        while tree.extend(connection, _AT_ONCE):
            pass
        head = sign(connection, signer)
        sizes = []
        for earlier in against:
            if fault := head_fault(earlier, {signer.public}):
                raise HeadNotComparable(f"an earlier head: {fault}")
            if earlier["log"] != log_name(connection) or not 0 < earlier["size"] <= head.size:
                raise HeadNotComparable("an earlier head is of another log, or of a longer one")
            sizes.append(earlier["size"])
        nodes = tree.nodes(connection, head.size)
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            earlier_sizes = tuple(sorted(set(sizes)))
            proof = Proof(head, nodes, signer, selection.as_json(), earlier_sizes, opens)
            yield proof, connection
