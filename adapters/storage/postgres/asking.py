"""
A question in a person's words, as PostgreSQL's full-text search is asked it.

Words are folded and given their other forms here, so that no extension, dictionary or
collation of the server's is needed; nothing that a person can type is an error.
"""

import re
from dataclasses import dataclass
from typing import Final

from projections.wording import forms, words_in

MOST_WORDS: Final = 12
"""Words of a question that are looked for; the others are left out."""
SHORTEST_PREFIX: Final = 3
"""Letters from which on the last word may be the beginning of one."""
RARE: Final = 5_000
"""Messages up to which all that say something are looked at; what more say is common."""
_LIKE_A_NUMBER: Final = re.compile(r"[\d\s().+\-/]+", re.ASCII)
_SHORTEST_NUMBER: Final = 8


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; all its words must be there."""

    words: tuple[str, ...]
    is_typed: bool
    """Whether the last word may still be being typed: words that begin with it are meant, too."""
    number: str | None = None
    """The whole question as one number, where it looks like one: `(11) 98765-4321`."""

    @property
    def prefix(self) -> str | None:
        """Return what words may begin with to be meant."""
        if not self.words or not self.is_typed or len(self.words[-1]) < SHORTEST_PREFIX:
            return None
        return self.words[-1]

    @property
    def _sure(self) -> tuple[str, ...]:
        """Return the words without a last one of which too little is typed to look for it."""
        is_begun = self.is_typed and len(self.words) > 1 and len(self.words[-1]) < SHORTEST_PREFIX
        return self.words[:-1] if is_begun else self.words

    @property
    def forms(self) -> frozenset[str]:
        """Return all forms of all words."""
        return frozenset(form for word in self.words for form in forms(word))

    def query(self, *, parts_of_documents: bool = True) -> str:
        """
        Return the `tsquery`; '' where there is no word to look for.

        Without `parts_of_documents`, a CPF or CNPJ is found only by the whole number (C2).

        >>> asked("notas fisc").query()
        "('notas'|'nota'|'notases')&('fisc'|'fiscs'|'fisc':*)"
        """
        weights = "" if parts_of_documents else "BCD"
        terms = [self._term(word, weights) for word in self._sure]
        whole = "&".join(terms)
        if self.number is None:
            return whole
        return f"({whole})|'{self.number}'|'{self.number}':*{weights}"

    def exact(self) -> str:
        """Return the `tsquery` for the very words, to put what says them first."""
        return "&".join(f"'{word}'" for word in self.words)

    def _term(self, word: str, weights: str) -> str:
        ways = [f"'{form}'" for form in forms(word)]
        if word == self.prefix:
            ways.append(f"'{word}':*{weights}")
        return f"({'|'.join(ways)})"


def asked(q: str) -> Question:
    """Return the question for what somebody typed."""
    words = tuple(dict.fromkeys(words_in(q)))[:MOST_WORDS]
    number = None
    if _LIKE_A_NUMBER.fullmatch(q):
        digits = re.sub(r"\D", "", q)
        number = digits[:40] if len(digits) >= _SHORTEST_NUMBER and len(words) > 1 else None
    return Question(words, is_typed=not q[-1:].isspace(), number=number)
