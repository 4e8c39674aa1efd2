"""
The keys that wrap all others: kept outside of the database, so that nothing in it can be read.

They come from a file, from the words themselves, or from a command that asks a key store.
The first is the one in use; those after it still open what they wrapped before.
"""

import os
import secrets
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.storage.sealing.envelope import KEY, unwrapped, wrapped
from domain.errors import RecadoError

FILE: Final = "file:"
COMMAND: Final = "command:"
_PATIENCE: Final = 30
"""Seconds that a command may take."""


class NoMasterKey(RecadoError):
    """There is no key, or what is there is none. The message says where it was looked for."""


class UnknownMaster(RecadoError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"the key that personal data is sealed with ({name}) is not among those given:"
            " set RECADO_SEALING_KEY to where it is kept"
        )
        self.name = name


@dataclass(frozen=True, slots=True)
class Masters:
    """The master keys of an installation, and where they can be read again."""

    source: str
    ciphers: Mapping[str, AESGCM]
    """By their names; the first is in use."""

    @classmethod
    def read(cls, source: str) -> Self:
        """Return the keys of `file:PATH`, `command:WORDS` or the text; raise `NoMasterKey`."""
        keys = [_key(line) for line in _text(source).split()]
        if not keys:
            raise NoMasterKey("RECADO_SEALING_KEY holds no key")
        return cls(source, {name_of(key): AESGCM(key) for key in keys})

    @property
    def current(self) -> str:
        """Return the name of the key in use."""
        return next(iter(self.ciphers))

    def wrap(self, name: str, key: bytes) -> tuple[str, bytes]:
        """Return the name of the key in use, and `key` wrapped by it."""
        return self.current, wrapped(self.ciphers[self.current], name, key)

    def unwrap(self, name: str, master: str, stored: bytes) -> bytes:
        """Return a wrapped key; raise `UnknownMaster` or `NotOpened`."""
        if master not in self.ciphers:
            raise UnknownMaster(master)
        return unwrapped(self.ciphers[master], name, stored)


def name_of(key: bytes) -> str:
    """Return what a master key is called; the key cannot be told from it."""
    return sha256(b"recado.master.v1" + key).hexdigest()[:12]


def made(path: Path) -> str:
    """Return the source of a file of keys; one is made where there is none. Raise `NoMasterKey`."""
    if not path.exists():
        _write_new(path, [secrets.token_bytes(KEY)])
    return f"{FILE}{path}"


def add_to(path: Path) -> None:
    """Put a new key before those of a file: it is in use from now on. Raise `NoMasterKey`."""
    old = [bytes.fromhex(line) for line in _read(path).split()]
    _write(path, [secrets.token_bytes(KEY), *old])


def keep_only_first(path: Path) -> None:
    """Drop the keys of a file that wrap nothing any more."""
    _write(path, [bytes.fromhex(_read(path).split()[0])])


def _text(source: str) -> str:
    if source.startswith(FILE):
        return _read(Path(source.removeprefix(FILE)))
    if not source.startswith(COMMAND):
        return source
    words = shlex.split(source.removeprefix(COMMAND))
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_PATIENCE, check=True)  # noqa: S603  (the administrator's own command, without a shell)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        # What it wrote is not told: it may be a key.
        raise NoMasterKey(
            f"the command for the sealing key failed: {type(error).__name__}"
        ) from None
    return done.stdout


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise NoMasterKey(f"the sealing key in {path} cannot be read: {why}") from None


def _key(line: str) -> bytes:
    try:
        key = bytes.fromhex(line)
    except ValueError:
        key = b""
    if len(key) != KEY:
        raise NoMasterKey(f"a sealing key has {2 * KEY} hexadecimal digits")
    return key


def _write_new(path: Path, keys: Sequence[bytes]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, keys)
    except OSError as error:
        raise NoMasterKey(f"no sealing key can be made in {path}: {error.strerror}") from None


def _write(path: Path, keys: Sequence[bytes]) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
        out.writelines(f"{key.hex()}\n" for key in keys)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)
