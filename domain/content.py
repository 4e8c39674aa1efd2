"""
What a message is made of, the same for every channel: a tuple of parts.

The `kind` words are written into the log and are read for as long as the history is.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Annotated, Literal

from pydantic import Field

from domain.values import Personal, PersonalText


class MediaKind(StrEnum):
    IMAGE = "image"
    AUDIO = "audio"
    VOICE = "voice"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    text: PersonalText
    quoted: Annotated[bool, Field(exclude_if=lambda quoted: not quoted)] = False
    """Whether it is what hangs below what was written now: history, a signature (e-mail)."""
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file that lies at the provider until it has been copied (M8)."""

    media: MediaKind
    reference: PersonalText | None = None
    """The provider's id of the file; never a link that holds a secret."""
    mime: str | None = None
    name: PersonalText | None = None
    size: int | None = None
    sha256: PersonalText | None = None
    caption: PersonalText | None = None
    kind: Literal["media"] = "media"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    latitude: Annotated[float, "degrees", Personal()]
    longitude: Annotated[float, "degrees", Personal()]
    name: PersonalText | None = None
    address: PersonalText | None = None
    kind: Literal["location"] = "location"

    def __post_init__(self) -> None:
        if not (isfinite(self.latitude) and isfinite(self.longitude)):
            raise ValueError("a place has finite degrees")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCard:
    name: PersonalText
    phones: tuple[PersonalText, ...] = ()
    emails: tuple[PersonalText, ...] = ()
    kind: Literal["contact"] = "contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button, list row or form that the client answered with."""

    id: PersonalText
    title: PersonalText
    description: PersonalText | None = None
    kind: Literal["choice"] = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Products that the client put together in the channel's catalogue."""

    summary: PersonalText
    items: tuple[PersonalText, ...] = ()
    kind: Literal["order"] = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Something that lies elsewhere: a link, a story, a post, a poll."""

    what: str
    title: PersonalText | None = None
    link: PersonalText | None = None
    kind: Literal["share"] = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something that the client may pick."""

    id: PersonalText
    title: PersonalText


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A question with answers to pick from: buttons, where the channel has them."""

    text: PersonalText
    options: tuple[Option, ...]
    kind: Literal["offer"] = "offer"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCall:
    """A message that the provider approved beforehand, with its blanks filled in (M10)."""

    name: str
    language: str
    values: tuple[PersonalText, ...] = ()
    text: PersonalText
    """What the client reads, as far as it is known here."""
    kind: Literal["template"] = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """A message of a kind that the adapter does not know, kept as it came (M4)."""

    what: str
    raw: PersonalText
    kind: Literal["unsupported"] = "unsupported"


Part = Annotated[
    Text
    | Media
    | Location
    | ContactCard
    | Choice
    | Order
    | Share
    | Offer
    | TemplateCall
    | Unsupported,
    Field(discriminator="kind"),
]
Parts = tuple[Part, ...]


def words_of(parts: Parts) -> str:
    r"""
    Return the words a person reads in the parts, one line a part; empty when there are none.

    >>> words_of((Text(text="Oi"), Media(media=MediaKind.IMAGE, caption="a nota")))
    'Oi\na nota'
    """
    return "\n".join(words for part in parts if (words := _words(part)))


def kind_of(parts: Parts) -> str:
    """
    Return the one word that says what a message is: its medium, or its first part's kind.

    >>> kind_of((Media(media=MediaKind.VOICE),))
    'voice'
    """
    for part in parts:
        if isinstance(part, Media):
            return part.media.value
    return parts[0].kind if parts else "text"


def _words(part: Part) -> str | None:
    match part:
        case Text(text=text) | Offer(text=text) | TemplateCall(text=text):
            return text
        case Media(caption=caption):
            return caption
        case Location(name=name, address=address):
            return ", ".join(word for word in (name, address) if word)
        case ContactCard(name=name):
            return name
        case Choice(title=title):
            return title
        case Order(summary=summary):
            return summary
        case Share(title=title, link=link):
            return title or link
        case Unsupported():
            return None
