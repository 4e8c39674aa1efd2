"""What the things in one entry have in common: whose account it is, and what they are called."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

from adapters.channels.reading import Object, moment_of, object_of, string_of, text_of
from domain.inbound import AccountRef, Peer
from domain.values import Identity


@dataclass(frozen=True, slots=True)
class Product:
    """One of the two channels, by its words for the same things."""

    account_scheme: str
    peer_scheme: str
    reads_standby: bool = True
    """Whether what clients write is read while another application holds the thread."""


@dataclass(frozen=True, slots=True)
class Scope:
    product: Product
    account_id: str | None
    """As the entry says; None where there is no entry: the account of the path is meant."""
    now: datetime
    """Stands in for a time that is not given."""

    @property
    def account(self) -> AccountRef | None:
        if self.account_id is None:
            return None
        return AccountRef(self.product.account_scheme, self.account_id)

    def at(self, item: Object) -> Self:
        """Return the scope of one item, with its own time instead of the delivery's."""
        return replace(self, now=moment_of(item, "timestamp", _written_time(item, self.now)))

    def peer(self, item: Object, *, is_ours: bool) -> Peer | None:
        """
        Return who is at the other end; None where it is not said.

        It is the sender, or the recipient of what we sent; the account itself is nobody to
        talk with, whichever side it stands on.
        """
        sides = ("recipient", "sender") if is_ours else ("sender", "recipient")
        party, other = (object_of(item, side) for side in sides)
        id_, other_id = text_of(party, "id"), text_of(other, "id")
        if id_ is not None and id_ == self.account_id and other_id not in {None, id_}:
            party, id_ = other, other_id
        if id_ is None:
            return None
        name = text_of(party, "name") or text_of(party, "username")
        return Peer((Identity(self.product.peer_scheme, id_),), name)


def _written_time(item: Object, otherwise: datetime) -> datetime:
    """Return a time that is written out; some deliveries have such ones."""
    try:
        moment = datetime.fromisoformat(string_of(item, "timestamp") or "")
        return moment.astimezone(UTC) if moment.tzinfo else otherwise
    except (ValueError, OverflowError):
        return otherwise
