"""Files of a chat's messages, from the provider's reference to a copy of our own (M8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.content import Media, Parts

FOLLOWED_FILES: Final = 500
"""Older files are no longer followed, so that a chat's state stays small."""


class FileState(StrEnum):
    PENDING = "pending"
    COPIED = "copied"
    LOST = "lost"
    """It could not be copied; a later try may still bring it."""


@dataclass(frozen=True, slots=True)
class ChatFile:
    """A file that came in with a message."""

    reference: str | None
    state: FileState = FileState.PENDING


Place = tuple[int, int]
"""The seq of a message, and which of its parts: 0, 1, …"""
Files = Mapping[Place, ChatFile]


def with_parts(files: Files, seq: int, parts: Parts) -> Files:
    """Return the files once a message says `parts`; one that it had before stays as it is."""
    new = {
        (seq, n): ChatFile(part.reference)
        for n, part in enumerate(parts)
        # A provider may say a file's digest, too; it lies there all the same.
        if isinstance(part, Media) and (part.reference is not None or part.sha256 is None)
    }
    old = {place: file for place, file in files.items() if place[0] == seq}
    if not new and not old:
        return files
    known = {file.reference: file for file in old.values() if file.reference is not None}
    kept = {place: file for place, file in files.items() if place[0] != seq}
    kept |= {place: known.get(file.reference or "", file) for place, file in new.items()}
    return dict(list(kept.items())[-FOLLOWED_FILES:])


def settled(files: Files, place: Place, state: FileState) -> Files:
    """Return the files after it was told what became of one."""
    file = files.get(place)
    return files if file is None else {**files, place: ChatFile(file.reference, state)}
