"""What a channel cannot carry is said before it is recorded."""

import doctest
from dataclasses import replace
from typing import Final

import pytest

from adapters.channels import carrying
from adapters.channels.base import MediaRule
from adapters.channels.carrying import Obstacle, fitted
from domain.content import Media, MediaKind, Offer, Option, Parts, TemplateCall, Text
from tests.adapters.channels.plain import CAN

IMAGES: Final = MediaRule(frozenset({"image/jpeg", "image/png"}), 1000, max_caption=5)
PAPERS: Final = MediaRule(frozenset({"*/*"}), 5000)
BOTH: Final = replace(CAN, media={MediaKind.IMAGE: IMAGES, MediaKind.DOCUMENT: PAPERS})
TEMPLATE: Final = TemplateCall(name="hi", language="pt_BR", text="Oi")


def file(mime: str, size: int = 10) -> Media:
    return Media(media=MediaKind.DOCUMENT, mime=mime, size=size, sha256="s")


@pytest.mark.parametrize(
    ("mime", "size", "kind"),
    [
        ("image/png", 1000, MediaKind.IMAGE),
        ("image/png", 1001, MediaKind.DOCUMENT),
        ("image/tiff", 10, MediaKind.DOCUMENT),
        ("video/mp4", 10, MediaKind.DOCUMENT),
        ("application/pdf", 10, MediaKind.DOCUMENT),
    ],
)
def test_a_file_goes_as_what_the_channel_takes_it_for(
    mime: str, size: int, kind: MediaKind
) -> None:
    taken = fitted((file(mime, size),), BOTH)
    assert taken == (replace(file(mime, size), media=kind),)


@pytest.mark.parametrize(
    ("part", "obstacle"),
    [
        (file("application/pdf", 5001), Obstacle("document", "size")),
        (file("image/png", 5001), Obstacle("image", "size")),
    ],
)
def test_a_file_that_is_too_large_is_an_obstacle(part: Media, obstacle: Obstacle) -> None:
    assert fitted((part,), BOTH) == obstacle


def test_a_file_of_another_type_is_an_obstacle() -> None:
    can = replace(CAN, media={MediaKind.IMAGE: IMAGES})
    assert fitted((file("image/tiff"),), can) == Obstacle("image", "type")
    assert fitted((file("audio/ogg"),), can) == Obstacle("audio", "unknown")


def test_a_template_needs_a_channel_that_has_them() -> None:
    """M10"""
    assert fitted((TEMPLATE,), CAN) == Obstacle("template", "unknown")
    assert fitted((TEMPLATE,), replace(CAN, templates=True)) == (TEMPLATE,)


@pytest.mark.parametrize(
    ("parts", "taken"),
    [
        ((Text(text="veja"), file("image/png")), ["veja"]),
        ((Text(text="veja só"), file("image/png")), ["veja só", None]),
        ((Text(text="ab"), file("image/png"), file("image/png")), ["ab", None, None]),
        ((Text(text="ab"), file("application/pdf")), ["ab", None]),
    ],
)
def test_words_beside_a_lone_file_are_its_caption_where_they_fit(
    parts: Parts, taken: list[str | None]
) -> None:
    done = fitted(parts, BOTH)
    assert isinstance(done, tuple)
    assert [p.caption if isinstance(p, Media) else getattr(p, "text", "") for p in done] == taken


def test_buttons_are_left_to_the_adapter() -> None:
    """It writes them out where there are none."""
    offer = Offer(text="Sim?", options=(Option(id="1", title="Sim"),))
    assert fitted((offer,), CAN) == (offer,)


def test_the_examples_hold() -> None:
    assert doctest.testmod(carrying).failed == 0
