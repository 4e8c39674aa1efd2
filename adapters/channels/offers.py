"""Questions with answers to pick from, on channels with fewer buttons than answers."""

from adapters.channels.base import ButtonRule
from domain.content import Offer


def fits(offer: Offer, rule: ButtonRule | None) -> bool:
    """Return whether a channel has buttons for all of the options."""
    if rule is None or not 0 < len(offer.options) <= rule.most:
        return False
    return all(0 < len(option.title) <= rule.max_title for option in offer.options)


def written_out(offer: Offer) -> str:
    r"""
    Return the question with its options as lines of text.

    >>> from domain.content import Option
    >>> written_out(Offer(text="Confirma?", options=(Option(id="y", title="Sim"),)))
    'Confirma?\n1. Sim'
    """
    lines = (f"{number}. {option.title}" for number, option in enumerate(offer.options, 1))
    return "\n".join([offer.text, *lines])
