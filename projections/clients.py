"""Clients as the lists show them: names, identities, and what is known of them (C1, C4)."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from domain.client.events import (
    ClientCreated,
    ClientDetailChanged,
    ClientErased,
    ClientFieldChanged,
    ClientMerged,
    ClientNamed,
    ClientNamedByChannel,
    ClientParted,
    ClientTagged,
    ConsentGiven,
    IdentityAdded,
)
from domain.client.facts import DOCUMENTS
from domain.client.state import NAME, TAGS
from domain.event import Recorded
from domain.values import ERASED, ClientId, split_stream
from projections.rows import replacing
from projections.text import folded, printable
from projections.wording import kept

Held = tuple[str, str, str, bool]
"""Detail or id of a field, its kind, the value, and whether it is unverified."""

_NOT_A_DIGIT: Final = re.compile(r"[^0-9]")
_BRAZIL: Final = re.compile(r"55([1-9][0-9])(9?)([0-9]{8})")


class ClientRow(NamedTuple):
    id: ClientId
    version: int
    changed: int
    renamed: int
    """
    Position of the last change of the shown name, or of what chats are filtered by: his chats'
    items changed there, too. What he came with changed nothing; before it there was no chat.
    """
    channel_name: str | None = None
    given_name: str | None = None
    identities: tuple[tuple[str, str], ...] = ()
    """Scheme and value of each."""
    consents: tuple[tuple[str, str, str], ...] = ()
    """Channel account, scope, and what the client said about it."""
    facts: tuple[Held, ...] = ()
    tags: tuple[str, ...] = ()
    versions: tuple[tuple[str, int], ...] = ()
    """At which version each field was changed last by somebody (C6)."""
    merged_into: ClientId | None = None

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
    is_same = after.name == row.name or isinstance(recorded.event, ClientCreated)
    is_same = is_same and not isinstance(recorded.event, ClientErased)
    # Under another record, his chats show another name.
    is_same = is_same and after.merged_into == row.merged_into
    is_same = is_same and after.facts == row.facts and after.tags == row.tags
    renamed = row.renamed if is_same else position
    return _with(after, version=recorded.version, changed=position, renamed=renamed)


def _evolved(row: ClientRow, recorded: Recorded) -> ClientRow:
    match recorded.event:
        case ClientCreated(identities=identities, name=name):
            pairs = tuple((i.scheme, i.value) for i in identities)
            return _with(row, identities=pairs, channel_name=_printable(name))
        case IdentityAdded(identity=identity):
            return _with(row, identities=(*row.identities, (identity.scheme, identity.value)))
        case ClientNamedByChannel(name=name):
            return _with(row, channel_name=_printable(name))
        case ConsentGiven(account_id=account_id, scope=scope, consent=consent):
            others = (k for k in row.consents if k[:2] != (account_id, scope))
            return _with(row, consents=(*others, (account_id, scope, consent.value)))
        case ClientErased():
            return _with(
                row,
                channel_name=None,
                given_name=ERASED,
                identities=(),
                consents=(),
                facts=(),
                tags=(),
                versions=(),
            )
        case ClientMerged(into=into):
            return _with(row, merged_into=into)
        case ClientParted():
            return _with(row, merged_into=None)
        case _:
            return _entered(row, recorded)


def _entered(row: ClientRow, recorded: Recorded) -> ClientRow:
    """Return the row after somebody changed a field of it."""
    version = recorded.version
    match recorded.event:
        case ClientNamed(name=name):
            return _touched(_with(row, given_name=_printable(name)), NAME, version)
        case ClientDetailChanged(detail=key, value=value, unverified=unverified):
            return _touched(_hold(row, key.value, key.value, value, unverified), key.value, version)
        case ClientFieldChanged(field_id=id_, kind=kind, value=value, unverified=unverified):
            return _touched(_hold(row, id_, kind.value, value, unverified), id_, version)
        case ClientTagged(added=added, removed=removed):
            tags = sorted({*row.tags, *map(printable, added)}.difference(map(printable, removed)))
            return _touched(_with(row, tags=tuple(tags)), TAGS, version)
        case _:
            return row


def _hold(row: ClientRow, key: str, kind: str, value: str | None, unverified: bool) -> ClientRow:
    others = tuple(held for held in row.facts if held[0] != key)
    if value is None:
        return _with(row, facts=others)
    return _with(row, facts=(*others, (key, kind, printable(value), unverified)))


def _touched(row: ClientRow, key: str, version: int) -> ClientRow:
    others = (pair for pair in row.versions if pair[0] != key)
    return _with(row, versions=(*others, (key, version)))


def _printable(name: str | None) -> str | None:
    return None if name is None else printable(name)


def words(row: ClientRow) -> tuple[str, str]:
    """
    Return the words that a client is found by, those of his documents aside (C3).

    Documents are apart because not everybody may find somebody by a part of one (C2).
    """
    plain = kept(_texts(row))
    documents = kept(value for _, kind, value, _ in row.facts if kind in DOCUMENTS)
    return plain, documents


def folded_facts(row: ClientRow) -> dict[str, str]:
    """Return what is known of a client as filters ask for it, by detail or id of a field."""
    return {key: folded(value) for key, _, value, _ in row.facts}


def _texts(row: ClientRow) -> Iterator[str]:
    yield from filter(None, (row.given_name, row.channel_name))
    yield from row.tags
    for _, value in row.identities:
        yield value
        yield from _numbers(value)
    for _, kind, value, _ in row.facts:
        if kind not in DOCUMENTS:
            yield value
        if kind == "phone":
            yield from _numbers(value)


def _numbers(phone: str) -> Iterator[str]:
    """
    Yield the ways in which a Brazilian number is written: without country, without area, and
    with and without the ninth digit, which some networks' ids lack.
    """
    match = _BRAZIL.fullmatch(_NOT_A_DIGIT.sub("", phone))
    if match is None:
        return
    area, _, number = match.groups()
    for local in (f"9{number}", number):
        yield from (f"55{area}{local}", f"{area}{local}", local)
