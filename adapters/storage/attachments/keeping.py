"""
The attachments of an installation: taken in, known by what they are, and given out (M8).

A file is taken down before its content is put in its place, and named by a message after
that. Whatever a crash cuts off, what can be seen is whole, and beginning again is safe.
"""

from collections.abc import AsyncIterable
from dataclasses import replace
from hashlib import sha256
from typing import Final

from adapters.storage.attachments.sniffing import sniffed
from adapters.storage.attachments.spool import Spooled, spooled
from adapters.storage.attachments.store import AttachmentStore, is_address
from adapters.storage.attachments.thumbnails import Thumbnails
from adapters.storage.postgres.files import FileRegister, KnownFile

LARGEST: Final = 100 * 1024 * 1024
"""Bytes; no channel that is known takes or gives more."""


class OtherContent(Exception):
    """What came does not hash to what was promised."""


class Attachments:
    """Files of chats, by the SHA-256 of their content."""

    def __init__(
        self, store: AttachmentStore, register: FileRegister, largest: int = LARGEST
    ) -> None:
        self.store: Final = store
        self.register: Final = register
        self.largest: Final = largest
        self._thumbnails: Final = Thumbnails()

    async def keep(
        self, chunks: AsyncIterable[bytes], declared: str | None, promised: str | None = None
    ) -> KnownFile:
        """
        Return a file once it is in its place, with a small picture where it is one.

        `declared` is the type that the sender says, `promised` the SHA-256 that he says.
        Raises `TooLarge` and `OtherContent`; nothing is kept then.
        """
        async with spooled(chunks, self.largest) as came:
            if promised is not None and promised.lower() != came.sha256:
                raise OtherContent
            mime = sniffed(came.head, declared)
            known = await self.register.keep(came.sha256, mime, came.size)
            await self.store.put(came.sha256, came.file)
            if known.thumbnail is not None:
                return known
            return await self._with_thumbnail(known, came)

    async def find(self, address: str) -> KnownFile | None:
        """Return what is known of a file that is there; None for anything else."""
        if not is_address(address):
            return None
        known = await self.register.find(address)
        return known if known is not None and await self.store.holds(address) else None

    async def _with_thumbnail(self, known: KnownFile, came: Spooled) -> KnownFile:
        picture = await self._thumbnails.of(came.file, known.mime, came.size)
        if picture is None:
            return known
        address = sha256(picture).hexdigest()
        await self.store.put(address, picture)
        await self.register.note_thumbnail(known.sha256, address)
        return replace(known, thumbnail=address)
