"""
What can be read in a thing that an adapter does not know.

Providers bring new kinds before anybody here has heard of them. Words and files in those go
by the names that they have everywhere else, so they are shown; the whole is kept beside (M4).
"""

from typing import Final

from adapters.channels.reading import Object, object_of, raw_text, string_of
from domain.content import Media, MediaKind, Parts, Text, Unsupported

_FAMILIES: Final = {
    "image": MediaKind.IMAGE,
    "audio": MediaKind.AUDIO,
    "video": MediaKind.VIDEO,
}
_WORDS: Final = ("text", "body", "caption", "title", "question", "name", "headline", "description")


def medium_of(mime: str | None) -> MediaKind:
    """
    Return what a file of a type is: a document, where its family says nothing else.

    >>> medium_of("Image/PNG").value, medium_of(None).value
    ('image', 'document')
    """
    return _FAMILIES.get((mime or "").lower().partition("/")[0], MediaKind.DOCUMENT)


def words_in(thing: Object) -> str | None:
    """Return the words in a thing, where one of its members is called as words are."""
    for key in _WORDS:
        words = string_of(thing, key) or string_of(object_of(thing, key), "text")
        if words:
            return words
    return None


def kept(what: str, whole: Object, thing: Object, file: Media | None = None) -> Parts:
    """Return the parts of what is not understood: its words, its file, and `whole` as it came."""
    unknown = Unsupported(what=what, raw=raw_text(whole))
    if file is not None:
        return (file, unknown)
    words = words_in(thing)
    return (Text(text=words), unknown) if words else (unknown,)
