"""
The archive: a page to read, the same for programs, the files, and a manifest of them all.

It is written as it is read, in memory that does not grow with it.
"""

import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import orjson

from adapters.audit.subject.gathering import Gathering, Subject
from adapters.audit.subject.reading import Reading
from adapters.audit.subject.words import words_in
from adapters.storage.attachments.store import AttachmentStore
from domain.values import StreamId, stream_of

Json = dict[str, Any]

_LARGE: Final = 2**31
"""Bytes, from which a file in the archive is told in a way that very old programs do not read."""


class Archive:
    """One client's archive; see `pieces`."""

    def __init__(self, gathering: Gathering, store: AttachmentStore | None) -> None:
        self._gathering: Final = gathering
        self._store: Final = store
        self._pipe: Final = _Pipe()
        self._zip: Final = zipfile.ZipFile(self._pipe, "w", zipfile.ZIP_DEFLATED)
        self._now: Final = datetime.now(UTC)
        self._manifest: Final[list[Json]] = []
        self._missing: Final[list[str]] = []

    async def pieces(self, subject: Subject) -> AsyncIterator[bytes]:
        """Yield the archive's bytes."""
        reading = Reading(subject, self._now, comments=self._gathering.comments)
        for name, content in (
            ("index.html", reading.page(self._gathering)),
            ("data.json", self._data(subject)),
        ):
            async for piece in self._member(name, content):
                yield piece
        async for piece in self._files(subject):
            yield piece
        async for piece in self._member("manifest.json", self._told(subject), listed=False):
            yield piece
        self._zip.close()
        yield self._pipe.taken()

    async def _member(
        self, name: str, content: AsyncIterator[bytes], size: int = 0, *, listed: bool = True
    ) -> AsyncIterator[bytes]:
        one = zipfile.ZipInfo(name, self._now.timetuple()[:6])
        # What clients send is mostly compressed already.
        is_file = name.startswith("attachments/")
        one.compress_type = zipfile.ZIP_STORED if is_file else zipfile.ZIP_DEFLATED
        one.external_attr = 0o600 << 16
        written, digest = 0, sha256()
        with self._zip.open(one, "w", force_zip64=size >= _LARGE) as member:
            async for piece in content:
                member.write(piece)
                digest.update(piece)
                written += len(piece)
                if ready := self._pipe.taken():
                    yield ready
        if listed:
            told = {"file": name, "size": written, "sha256": digest.hexdigest()}
            self._manifest.append(told)
        yield self._pipe.taken()

    async def _data(self, subject: Subject) -> AsyncIterator[bytes]:
        """Yield one JSON value, message by message."""
        yield b'{"format":1,"about":' + orjson.dumps(self._about(subject)) + b',"records":['
        for number, record in enumerate(subject.records):
            yield (b"," if number else b"") + orjson.dumps(record)[:-1]
            async for piece in self._history(stream_of("client", record["id"])):
                yield piece
            yield b"}"
        yield b'],"chats":['
        for number, chat in enumerate(subject.chats):
            yield (b"," if number else b"") + orjson.dumps(chat)[:-1] + b',"messages":['
            comma = b""
            async for message in self._gathering.messages(chat):
                yield comma + orjson.dumps(message)
                comma = b","
            yield b"]"
            async for piece in self._history(stream_of("chat", chat["id"])):
                yield piece
            yield b"}"
        yield b"]}\n"

    async def _history(self, stream: StreamId) -> AsyncIterator[bytes]:
        yield b',"history":['
        comma = b""
        async for event in self._gathering.history(stream):
            yield comma + orjson.dumps(event)
            comma = b","
        yield b"]"

    async def _files(self, subject: Subject) -> AsyncIterator[bytes]:
        done: set[str] = set()
        for chat in subject.chats:
            async for message in self._gathering.messages(chat):
                for file in message["attachments"]:
                    if file["sha256"] is None or file["file"] in done:
                        continue
                    done.add(file["file"])
                    size = await self._size(file["sha256"])
                    if self._store is None or size is None:
                        self._missing.append(file["file"])
                        continue
                    content = self._store.stream(file["sha256"], 0, size)
                    async for piece in self._member(file["file"], content, size):
                        yield piece

    async def _size(self, address: str) -> int | None:
        return None if self._store is None else await self._store.size(address)

    async def _told(self, subject: Subject) -> AsyncIterator[bytes]:
        told = self._about(subject) | {"files": self._manifest, "missing": self._missing}
        yield orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n"

    def _about(self, subject: Subject) -> Json:
        words, comments = words_in(subject.language), self._gathering.comments
        rules = ("rule-comments" if comments else "rule-no-comments", "rule-others", "rule-names")
        return {
            "company": subject.company,
            "client": subject.client_id,
            "made_at": self._now.isoformat(timespec="seconds"),
            "position": subject.position,
            "comments": comments,
            "rules": [words[rule] for rule in rules],
        }


class _Pipe:
    """What the archive is written to; it cannot go back, and holds nothing for long."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, content: bytes) -> int:
        self._held += content
        return len(content)

    def flush(self) -> None:
        """All is taken as it comes."""

    def close(self) -> None:
        """There is nothing behind it."""

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        content = bytes(self._held)
        self._held.clear()
        return content
