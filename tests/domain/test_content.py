"""What a message is made of, and the words and the kind that lists show of it."""

from typing import get_args

import pytest
from hypothesis import given, settings

from domain.content import (
    Choice,
    ContactCard,
    Location,
    Media,
    MediaKind,
    Offer,
    Option,
    Order,
    Part,
    Parts,
    Share,
    TemplateCall,
    Text,
    Unsupported,
    kind_of,
    words_of,
)
from tests.domain.strategies import any_of

PHOTO = Media(media=MediaKind.IMAGE, caption="a nota")


@pytest.mark.parametrize(
    ("parts", "words", "kind"),
    [
        ((), "", "text"),
        ((Text(text="Oi"),), "Oi", "text"),
        ((PHOTO,), "a nota", "image"),
        ((Text(text="Oi"), PHOTO), "Oi\na nota", "image"),
        ((Media(media=MediaKind.VOICE),), "", "voice"),
        ((Location(latitude=1, longitude=2, name="Ipê"),), "Ipê", "location"),
        (
            (Location(latitude=1, longitude=2, name="Ipê", address="Rua 1"),),
            "Ipê, Rua 1",
            "location",
        ),
        ((ContactCard(name="Rui", phones=("+5511900000009",)),), "Rui", "contact"),
        ((Choice(id="b1", title="Sim"),), "Sim", "choice"),
        ((Order(summary="2 itens"),), "2 itens", "order"),
        ((Offer(text="Qual?", options=(Option(id="1", title="A"),)),), "Qual?", "offer"),
        ((TemplateCall(name="ola", language="pt_BR", text="Olá!"),), "Olá!", "template"),
        ((Share(what="link", link="https://ipe.test"),), "https://ipe.test", "share"),
        ((Unsupported(what="hologram", raw="{}"),), "", "unsupported"),
    ],
)
def test_the_words_and_the_kind_of_a_message(parts: Parts, words: str, kind: str) -> None:
    assert (words_of(parts), kind_of(parts)) == (words, kind)


@settings(max_examples=40, deadline=None)
@given(any_of(Parts))
def test_every_message_has_words_and_a_kind(parts: Parts) -> None:
    assert isinstance(words_of(parts), str)
    assert kind_of(parts)


def test_every_part_has_a_kind_of_its_own() -> None:
    """It is written into the log to tell them apart."""
    union, _ = get_args(Part)
    kinds = [type_.__dataclass_fields__["kind"].default for type_ in get_args(union)]
    assert len(kinds) == len({*kinds}) == 10
