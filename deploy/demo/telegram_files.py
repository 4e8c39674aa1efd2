"""Files as the Bot API speaks of them: by id, with a shape for each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from deploy.demo.forms import Upload

MB: Final = 1024 * 1024
LARGEST_DOWNLOAD: Final = 20 * MB
LARGEST_CAPTION: Final = 1024
_LARGEST_PHOTO: Final = 10 * MB
_LARGEST: Final = 50 * MB

FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sendphoto": "photo",
        "sendaudio": "audio",
        "sendvoice": "voice",
        "sendvideo": "video",
        "sendanimation": "animation",
        "sendsticker": "sticker",
        "senddocument": "document",
    }
)
"""Methods that send a file, in lower case, and what the file is called in them."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that the provider holds."""

    file_id: str
    path: str
    upload: Upload


class Files:
    """All files that were sent to the fake, from either side."""

    def __init__(self) -> None:
        self._by_id: dict[str, Stored] = {}

    def keep(self, upload: Upload) -> Stored:
        """Return the file under a new id."""
        number = len(self._by_id) + 1
        suffix = upload.name.rpartition(".")[2]
        stored = Stored(f"AgAC{number:08d}", f"documents/file_{number}.{suffix}", upload)
        self._by_id[stored.file_id] = stored
        return stored

    def by_id(self, file_id: str) -> Stored | None:
        return self._by_id.get(file_id)

    def by_path(self, path: str) -> Stored | None:
        return next((stored for stored in self._by_id.values() if stored.path == path), None)


def is_too_large(kind: str, upload: Upload) -> bool:
    return len(upload.content) > (_LARGEST_PHOTO if kind == "photo" else _LARGEST)


def shape_of(kind: str, stored: Stored) -> dict[str, Any]:
    """Return what a message holds of a file: `{"photo": [...]}`, `{"voice": {...}}`."""
    file: dict[str, Any] = {
        "file_id": stored.file_id,
        "file_unique_id": f"u{stored.file_id}",
        "file_size": len(stored.upload.content),
    }
    picture = {"width": 90, "height": 90}
    lasting = {"duration": 3, "mime_type": stored.upload.mime}
    named = {"file_name": stored.upload.name, "mime_type": stored.upload.mime}
    match kind:
        case "photo":
            return {"photo": [{**file, **picture}]}
        case "voice":
            return {"voice": {**file, **lasting}}
        case "audio":
            return {"audio": {**file, **lasting, "file_name": stored.upload.name}}
        case "video":
            return {"video": {**file, **picture, **lasting}}
        case "animation":
            moving = {**file, **picture, **lasting}
            return {"animation": moving, "document": {**file, **named}}
        case "sticker":
            still = {"type": "regular", "is_animated": False, "is_video": False}
            return {"sticker": {**file, **picture, **still}}
        case _:
            return {"document": {**file, **named}}
