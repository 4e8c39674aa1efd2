"""Clients as the lists show them: names and identities (C1, C4)."""

from typing import NamedTuple

from domain import client as c
from domain.event import Recorded
from domain.values import ClientId, split_stream
from projections.rows import replacing
from projections.text import printable


class ClientRow(NamedTuple):
    id: ClientId
    version: int
    changed: int
    renamed: int
    """
    Position of the last change of the shown name: his chats' items changed there, too. The
    name that he came with changed nothing; before it there was no chat of his.
    """
    channel_name: str | None = None
    given_name: str | None = None
    identities: tuple[tuple[str, str], ...] = ()
    """Scheme and value of each."""
    consents: tuple[tuple[str, str, str], ...] = ()
    """Channel account, scope, and what the client said about it."""

    @property
    def key(self) -> tuple[str]:
        return (self.id,)

    @property
    def name(self) -> str | None:
        """Return what he is called here: the name an operator gave goes before the channel's."""
        return self.given_name or self.channel_name


_with = replacing(ClientRow)


def apply(row: ClientRow | None, recorded: Recorded) -> ClientRow | None:
    """Return the row after one more event of its client."""
    position = recorded.position
    if row is None:
        id_ = ClientId(split_stream(recorded.stream)[1])
        row = ClientRow(id_, recorded.version, position, 0)
    after = _evolved(row, recorded)
    is_same = after.name == row.name or isinstance(recorded.event, c.ClientCreated)
    renamed = row.renamed if is_same else position
    return _with(after, version=recorded.version, changed=position, renamed=renamed)


def _evolved(row: ClientRow, recorded: Recorded) -> ClientRow:
    match recorded.event:
        case c.ClientCreated(identities=identities, name=name):
            pairs = tuple((i.scheme, i.value) for i in identities)
            return _with(row, identities=pairs, channel_name=_printable(name))
        case c.IdentityAdded(identity=identity):
            return _with(row, identities=(*row.identities, (identity.scheme, identity.value)))
        case c.ClientNamedByChannel(name=name):
            return _with(row, channel_name=_printable(name))
        case c.ClientNamed(name=name):
            return _with(row, given_name=_printable(name))
        case c.ConsentGiven(account_id=account_id, scope=scope, consent=consent):
            others = (k for k in row.consents if k[:2] != (account_id, scope))
            return _with(row, consents=(*others, (account_id, scope, consent.value)))
        case _:
            return row


def _printable(name: str | None) -> str | None:
    return None if name is None else printable(name)
