"""
The words of texts, as they are kept to be searched, and the forms that a word is found in (C3).

What is kept are the words as they stand, folded. Their other forms are made when a
question is asked: the rules can get better without anything being kept anew, and a word
that stands there as it was asked for can be told from one in another form.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from projections.text import folded

LONGEST_WORD: Final = 60
MOST_WORDS: Final = 2_000
"""Words of one text that are kept: a longer one is no message, and PostgreSQL has a limit."""
_SHORTEST_PLURAL: Final = 3

_WORD: Final = re.compile(r"[^\W_]+")
_CNPJ: Final = re.compile(
    r"(?<!\w)([0-9a-z]{2})\.?([0-9a-z]{3})\.?([0-9a-z]{3})/([0-9a-z]{4})-?([0-9]{2})(?!\w)",
    re.ASCII | re.IGNORECASE,
)

# Of words with accents taken off: Portuguese, Spanish, English. The longest endings first.
_SINGULARS: Final = (
    ("oes", ("ao",)),
    ("aes", ("ao",)),
    ("aos", ("ao",)),
    ("ais", ("al",)),
    ("eis", ("el", "il")),
    ("ois", ("ol",)),
    ("uis", ("ul",)),
    ("is", ("il",)),
    ("ns", ("m", "n")),
    ("ces", ("z", "ce")),
    ("ies", ("y", "ie")),
    ("es", ("", "e")),
    ("s", ("",)),
)
_PLURALS: Final = (
    ("ao", ("oes", "aes", "aos")),
    ("al", ("ais", "ales")),
    ("el", ("eis", "eles")),
    ("ol", ("ois", "oles")),
    ("ul", ("uis", "ules")),
    ("il", ("is", "eis", "iles")),
    ("m", ("ns", "ms")),
    ("z", ("zes", "ces")),
    ("y", ("ies", "ys")),
    ("r", ("res", "rs")),
    ("s", ("ses",)),
    ("n", ("nes", "ns")),
    ("d", ("des", "ds")),
    ("", ("s",)),
)


def words_in(text: str) -> list[str]:
    """
    Return the words of a text, folded, in their order; numbers without their masks.

    >>> words_in("Instalação: CPF 123.456.789-09")
    ['instalacao', 'cpf', '12345678909']
    """
    if "/" in text:
        # Its letters keep the mask between them from being taken for that of a number.
        text = _CNPJ.sub(r"\1\2\3\4\5", text)
    return [word[:LONGEST_WORD] for word in _WORD.findall(folded(text))]


def kept(texts: Iterable[str]) -> str:
    """Return the words of texts as they are kept: each once, a blank between them."""
    words = dict.fromkeys(word for text in texts for word in words_in(text))
    if len(words) > MOST_WORDS:
        words = dict.fromkeys(list(words)[:MOST_WORDS])
    return " ".join(words)


def forms(word: str) -> tuple[str, ...]:
    """
    Return a word with its other forms, singular and plural; the word itself first.

    >>> forms("fiscal")
    ('fiscal', 'fiscais', 'fiscales')
    """
    if word.isdecimal() or len(word) < _SHORTEST_PLURAL:
        return (word,)
    singulars = dict.fromkeys((word, *_singulars(word)))
    plurals = (plural for one in singulars for plural in _plurals(one))
    return tuple(dict.fromkeys((*singulars, *plurals)))


def _singulars(word: str) -> Iterator[str]:
    for ending, others in _SINGULARS:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            yield from (stem + other for other in others if len(stem + other) > 1)
            return


def _plurals(word: str) -> Iterator[str]:
    for ending, others in _PLURALS:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            yield from (stem + other for other in others)
            return
