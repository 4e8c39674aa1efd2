"""
What is sealed of one event: its personal values, as one piece.

The event's place in the log is authenticated with it, so that nothing sealed can be moved
elsewhere. The SHA-256 of what was sealed stands beside it in clear: a reader who is shown
the words can prove that they are those of the log, and the salt among them keeps anybody
else from guessing.
"""

import os
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY: Final = 32
"""Bytes of every key: AES-256."""
_NONCE: Final = 12
_SALT: Final = 16


class NotOpened(ValueError):
    """What was sealed cannot be opened with this key, at this place: one of them is another."""


def place_of(stream: str, version: int, topic: str) -> bytes:
    """Return an event's identity, as it is authenticated."""
    return f"recado.event.v1\x1f{stream}\x1f{version}\x1f{topic}".encode()


def sealed(cipher: AESGCM, place: bytes, personal: Any) -> tuple[str, str]:
    """Return personal values sealed, and the digest of what was sealed."""
    chance = os.urandom(_SALT + _NONCE)
    nonce = chance[_SALT:]
    text = orjson.dumps([chance[:_SALT].hex(), personal])
    return b64encode(nonce + cipher.encrypt(nonce, text, place)).decode(), sha256(text).hexdigest()


def opened(cipher: AESGCM, place: bytes, blob: str) -> bytes:
    """Return what was sealed, as JSON: the salt and the values; raise `NotOpened`."""
    try:
        raw = b64decode(blob, validate=True)
        return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], place)
    except (InvalidTag, ValueError):
        raise NotOpened from None


def wrapped(master: AESGCM, name: str, key: bytes) -> bytes:
    """Return a key as it may be stored: sealed by another, under its name."""
    nonce = os.urandom(_NONCE)
    return nonce + master.encrypt(nonce, key, name.encode())


def unwrapped(master: AESGCM, name: str, stored: bytes) -> bytes:
    """Return a key that was wrapped; raise `NotOpened`."""
    try:
        return master.decrypt(stored[:_NONCE], stored[_NONCE:], name.encode())
    except (InvalidTag, ValueError):
        raise NotOpened from None
