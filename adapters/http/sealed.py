"""
Sealing of what must be read again, and must not lie open in the database.

The key follows from the salt that ids are derived with, a part of which is wrapped by the
sealing key: a copy of the database alone opens nothing.
"""

from hashlib import blake2b
from secrets import token_bytes
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES: Final = 12


class NotSealedHere(Exception):
    """It was sealed with another key, for another purpose, or not at all."""


class Sealer:
    """Seals with AES-256-GCM; what is sealed for one purpose cannot be passed off for another."""

    def __init__(self, salt: bytes) -> None:
        self._aead: Final = AESGCM(_derived(salt, b"recado-sealed"))
        self._digest_key: Final = _derived(salt, b"recado-digests")

    def seal(self, text: str, purpose: str) -> bytes:
        nonce = token_bytes(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, text.encode(), purpose.encode())

    def unseal(self, sealed: bytes, purpose: str) -> str:
        """Return what was sealed for a purpose; raise `NotSealedHere` for anything else."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._aead.decrypt(nonce, rest, purpose.encode()).decode()
        except (InvalidTag, ValueError):
            raise NotSealedHere from None

    def digest(self, text: str) -> bytes:
        """Return what short secrets are known by; without the key they cannot be tried."""
        return blake2b(text.encode(), key=self._digest_key, digest_size=32).digest()


def _derived(salt: bytes, purpose: bytes) -> bytes:
    return blake2b(salt, person=purpose, digest_size=32).digest()
