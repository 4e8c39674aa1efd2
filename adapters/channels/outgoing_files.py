"""The attachment store as the dispatcher asks it: files with their content, ready to be sent."""

from typing import Final

from adapters.channels.files import OutFile
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.links import PublicLinks
from adapters.storage.attachments.names import safe_name


class Files:
    """Files by their SHA-256."""

    def __init__(self, attachments: Attachments, links: PublicLinks | None = None) -> None:
        self._attachments: Final = attachments
        self._links: Final = links

    async def read(self, sha256: str) -> OutFile | None:
        """
        Return a file to be sent, with a link for providers that fetch; None where there is none.

        Its name is one that it came under; a message may know a better one.
        """
        known = await self._attachments.find(sha256)
        content = None if known is None else await self._attachments.store.read(sha256)
        if known is None or content is None:
            return None
        name = await self._attachments.register.some_name(sha256)
        link = None if self._links is None else self._links.link_to(sha256)
        return OutFile(sha256, known.mime, safe_name(name, known.mime), content, link)
