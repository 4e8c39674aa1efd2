"""Whether a channel can carry a message, said before the message is recorded."""

from dataclasses import dataclass, replace

from adapters.channels.capabilities import Capabilities, MediaRule, TextUnit
from adapters.channels.guessing import medium_of
from domain.content import Media, MediaKind, Parts, TemplateCall, Text


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What a channel cannot carry, and why, in a word each: for programs."""

    what: str
    why: str


def fitted(parts: Parts, can: Capabilities) -> Parts | Obstacle:
    """
    Return the parts as the channel takes them, or what it cannot carry.

    A file goes as what its type says, else as a document; words beside a lone file
    become its caption where they fit.
    """
    files: list[Media] = []
    for part in parts:
        match part:
            case TemplateCall() if not can.templates:
                return Obstacle("template", "unknown")
            case Media():
                file = _as_taken(part, can)
                if isinstance(file, Obstacle):
                    return file
                files.append(file)
            case _:
                continue
    rest = tuple(part for part in parts if not isinstance(part, Media))
    match files, rest:
        case [file], [Text(text=text)] if text and _fits_beside(text, file, can):
            return (replace(file, caption=text),)
        case _:
            return (*rest, *files)


def _as_taken(file: Media, can: Capabilities) -> Media | Obstacle:
    first = medium_of(file.mime)
    why = "unknown"
    for kind in dict.fromkeys((first, MediaKind.DOCUMENT)):
        rule = can.media.get(kind)
        if rule is None:
            continue
        if not _takes(rule, file.mime or ""):
            why = "type" if why == "unknown" else why
        elif (file.size or 0) > rule.max_bytes:
            why = "size"
        else:
            return replace(file, media=kind)
    return Obstacle(first.value, why)


def _takes(rule: MediaRule, mime: str) -> bool:
    family = mime.partition("/")[0]
    return not rule.mimes.isdisjoint({mime, f"{family}/*", "*/*"})


def _fits_beside(text: str, file: Media, can: Capabilities) -> bool:
    rule = can.media.get(file.media)
    return rule is not None and length(text, can.text_unit) <= rule.max_caption


def length(text: str, unit: TextUnit) -> int:
    """
    Return how long a text is for a channel.

    >>> [length("ç👍", unit) for unit in ("chars", "utf16", "bytes")]
    [2, 3, 6]
    """
    match unit:
        case "chars":
            return len(text)
        case "utf16":
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case "bytes":
            return len(text.encode("utf-8", "surrogatepass"))
