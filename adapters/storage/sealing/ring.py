"""The keys that a process holds: looked up once, many at a time, and then at hand."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.storage.sealing.envelope import KEY
from adapters.storage.sealing.masters import Masters, UnknownMaster
from domain.errors import RecadoError

KEPT: Final = 50_000
"""Keys that are kept at hand; the longest known go first."""
SLACK: Final = 1_000
"""More than that are kept before some go; a batch never asks for as many."""

WrappedKey = tuple[str, bytes | None, str]
"""Whose it is, the key as it is stored (None for one that was destroyed), and what wraps it."""


class KeyNotLookedUp(RecadoError):
    """What is to be read is sealed with a key that nobody looked up before (`vault.learn`)."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"the key of {owner} was not looked up")
        self.owner = owner


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made, and is to be stored with what is sealed with it."""

    owner: str
    cipher: AESGCM
    wrapped: bytes
    master: str


class KeyRing:
    """Keys by whose they are. Not for several threads at once."""

    def __init__(self, masters: Masters, most: int = KEPT) -> None:
        self._masters = masters
        self._most: Final = most
        self._known: Final[dict[str, AESGCM | None]] = {}
        self._is_complete = False

    @property
    def masters(self) -> Masters:
        return self._masters

    def cipher(self, owner: str) -> AESGCM | None:
        """Return the key; None where it was destroyed. Raise `KeyNotLookedUp`."""
        try:
            return self._known[owner]
        except KeyError:
            if self._is_complete:
                return None
            raise KeyNotLookedUp(owner) from None

    def knows(self, owner: str) -> bool:
        return owner in self._known

    def unknown(self, owners: Iterable[str]) -> list[str]:
        """Return those whose keys are not at hand, each once."""
        return [one for one in dict.fromkeys(owners) if one not in self._known]

    def take(self, stored: Iterable[WrappedKey], asked: Sequence[str] = ()) -> None:
        """Take keys in; those asked for and not stored are gone. Raise `UnknownMaster`."""
        for owner in asked:
            self._known[owner] = None
        for owner, key, master in stored:
            self._known[owner] = None if key is None else self._unwrapped(owner, key, master)
        if len(self._known) > self._most + SLACK:
            for owner in list(islice(self._known, len(self._known) - self._most)):
                del self._known[owner]

    def take_all(self, stored: Iterable[WrappedKey]) -> None:
        """Take in all keys that there are, however many: any other is gone."""
        for owner, key, master in stored:
            self._known[owner] = None if key is None else self._unwrapped(owner, key, master)
        self._is_complete = True

    def new(self, owner: str) -> NewKey:
        """Return a key for somebody who has none. It is at hand only once it is stored: `keep`."""
        key = os.urandom(KEY)
        master, wrapped = self._masters.wrap(owner, key)
        return NewKey(owner, AESGCM(key), wrapped, master)

    def keep(self, key: NewKey) -> None:
        """Have a key at hand that is stored now."""
        self._known[key.owner] = key.cipher

    def destroy(self, owner: str) -> None:
        """Hold it no longer: it was destroyed."""
        self._known[owner] = None

    def forget(self) -> None:
        """Drop all keys: they may not be the stored ones any more."""
        self._known.clear()

    def _unwrapped(self, owner: str, key: bytes, master: str) -> AESGCM:
        try:
            return AESGCM(self._masters.unwrap(owner, master, key))
        except UnknownMaster:
            # Another process may have made a new one meanwhile.
            self._masters = Masters.read(self._masters.source)
            return AESGCM(self._masters.unwrap(owner, master, key))
