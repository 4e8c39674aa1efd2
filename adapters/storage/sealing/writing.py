"""The keys that one transaction writes with: looked up with its lock, or made in it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.storage.sealing.ring import KeyRing, NewKey, WrappedKey
from domain.values import split_stream

LookUp = Callable[[Sequence[str]], Iterable[WrappedKey]]


class BatchKeys:
    """
    Keys under the log's write lock: what is not stored now is nobody's yet.

    A key that is made here is at hand for others only once the transaction is committed:
    otherwise something could be sealed with a key that was never stored.
    """

    def __init__(self, ring: KeyRing, look_up: LookUp) -> None:
        self._ring: Final = ring
        self._look_up: Final = look_up
        self._absent: Final[set[str]] = set()
        self._made: Final[dict[str, NewKey]] = {}
        self._destroyed: Final[dict[str, None]] = {}

    @property
    def made(self) -> list[NewKey]:
        """Return the keys that are to be stored."""
        return list(self._made.values())

    @property
    def destroyed(self) -> list[str]:
        """Return whose keys are to be no more."""
        return list(self._destroyed)

    @property
    def master(self) -> str:
        """Return the name of the key that wraps those made now."""
        return self._ring.masters.current

    def forget(self) -> None:
        """Drop what is at hand: nobody told which keys changed meanwhile."""
        self._ring.forget()

    def take(self, found: Iterable[WrappedKey], asked: Iterable[str]) -> None:
        """Take in keys as they are stored; those asked for and not found do not exist."""
        self._ring.take(found)
        self._absent.update(self._ring.unknown(asked))

    def key_of(self, owner: str) -> AESGCM | None:
        """Return the key to seal with, made if there is none; None where it was destroyed."""
        if owner in self._destroyed:
            return None
        if (new := self._made.get(owner)) is not None:
            return new.cipher
        if not self._ring.knows(owner) and owner not in self._absent:
            self.take(self._look_up([owner]), [owner])
        if self._ring.knows(owner):
            return self._ring.cipher(owner)
        made = self._made[owner] = self._ring.new(owner)
        return made.cipher

    def destroy(self, owner: str) -> None:
        """Seal nothing more with a key: it is destroyed with this transaction."""
        self._made.pop(owner, None)
        self._destroyed[owner] = None

    def committed(self) -> None:
        """Have the keys at hand that are stored now, and no longer those that are not."""
        for new in self._made.values():
            self._ring.keep(new)
        for owner in self._destroyed:
            self._ring.destroy(owner)


def owners_of(streams: Iterable[str]) -> list[str]:
    """Return whose keys the streams need, as far as their names tell."""
    named = [(split_stream(stream), stream) for stream in streams]
    return [
        id_ if kind == "client" else stream
        for (kind, id_), stream in named
        if kind in {"client", "payload"}
    ]
