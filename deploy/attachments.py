"""Where an installation keeps its files, as its settings say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.embedded.directory import default_data_directory
from deploy.settings import Settings


@dataclass(frozen=True, slots=True)
class AttachmentsPlace:
    """A folder or an object store, and how large a file in it may be."""

    url: str
    largest: int
    """Bytes."""
    public_url: str | None = None
    """Where providers may fetch them for a short time; None: they cannot reach us."""

    @classmethod
    def of(cls, settings: Settings, data: Path | None) -> Self:
        """Return the place that is set; a folder of the data directory where none is."""
        folder = (data or default_data_directory()).expanduser().resolve() / "attachments"
        url = settings.attachments_url or folder.as_uri()
        return cls(url, settings.attachments_max_bytes, settings.public_url)
