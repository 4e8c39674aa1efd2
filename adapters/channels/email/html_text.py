"""
HTML as the text that a person reads in it; nothing of it is ever shown as HTML.

A tokenizer of our own: the time it takes grows with the length alone, while the parsers at
hand need minutes for some hundred kilobytes that are made to hurt.
"""

import re
from html import unescape
from typing import Final

_TAG: Final = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:-]{0,20})")
_HREF: Final = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_ALT: Final = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_LINK: Final = re.compile(r"(https?://|mailto:|tel:)\S+", re.IGNORECASE)
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")

_SKIPPED: Final = frozenset({"script", "style", "head", "title", "template", "noscript", "svg"})
_LINES: Final = frozenset(
    {"br", "div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "hr", "form"}
)
_PARAGRAPHS: Final = frozenset(
    {"p", "table", "ul", "ol", "dl", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_LONGEST_TAG: Final = 20_000
_DEEPEST_QUOTE: Final = 20


def text_of_html(html: str) -> str:
    r"""
    Return the text of HTML: lines where it has blocks, `> ` before what is quoted.

    >>> text_of_html('<p>Olá,<br>segue <a href="https://loja.test/1">a nota</a></p>')
    'Olá,\nsegue a nota <https://loja.test/1>'
    """
    reader = _Reader()
    place = 0
    while (begin := html.find("<", place)) >= 0:
        reader.words(html[place:begin])
        place = _after_tag(html, begin, reader)
    reader.words(html[place:])
    return reader.text()


def _after_tag(html: str, begin: int, reader: "_Reader") -> int:
    """Read the tag at `begin`, and return where to go on."""
    if html.startswith("<!--", begin):
        end = html.find("-->", begin + 4)
        return len(html) if end < 0 else end + 3
    tag = _TAG.match(html, begin + 1)
    if tag is None and html[begin + 1 : begin + 2] not in {"!", "?"}:
        reader.words("<")
        return begin + 1
    end = html.find(">", begin, begin + _LONGEST_TAG)
    if end < 0:
        # No tag goes on for so long: the sign stands for itself.
        reader.words("<")
        return begin + 1
    if tag is not None:
        reader.tag(tag[2].lower(), tag[1] == "/", html[tag.end() : end])
    return end + 1


class _Reader:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._blank = True
        """Whether a paragraph has just begun."""
        self._quotes = 0
        self._skipping: str | None = None
        self._links: list[tuple[str, int]] = []

    def words(self, raw: str) -> None:
        if raw and self._skipping is None:
            self._line.append(_SPACES.sub(" ", unescape(raw)))

    def tag(self, name: str, closes: bool, attributes: str) -> None:
        if self._skipping is not None:
            # A head that was never closed ends where the body begins.
            if (closes and name == self._skipping) or name == "body":
                self._skipping = None
            return
        if name in _SKIPPED:
            self._skipping = None if closes or attributes.endswith("/") else name
        elif name == "a":
            self._link(closes, attributes)
        elif name == "img" and (alt := _ALT.search(attributes)) is not None:
            self.words(alt[1] or alt[2] or "")
        elif name in {"td", "th"} and not closes and self._line:
            self._line.append(" ")
        elif name in _LINES:
            self._end_line(forced=name == "br")
        elif name in _PARAGRAPHS:
            self._end_line()
            self._end_paragraph()
        if name == "blockquote":
            change = -1 if closes else 1
            self._quotes = min(max(self._quotes + change, 0), _DEEPEST_QUOTE)

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines).strip()

    def _link(self, closes: bool, attributes: str) -> None:
        if not closes:
            href = _HREF.search(attributes)
            target = unescape(next((g for g in href.groups() if g), "")) if href else ""
            self._links = [(target.strip(), len(self._line))]
        elif self._links:
            target, begin = self._links.pop()
            shown = "".join(self._line[begin:]).strip()
            bare = target.removeprefix("mailto:").removeprefix("tel:")
            if _LINK.match(target) and bare.rstrip("/") not in shown:
                self._line.append(f" <{bare}>")

    def _end_line(self, *, forced: bool = False) -> None:
        line = _SPACES.sub(" ", "".join(self._line)).strip()
        self._line = []
        self._links = []
        if line or (forced and not self._blank):
            self._lines.append(f"{'> ' * self._quotes}{line}".rstrip())
            self._blank = not line

    def _end_paragraph(self) -> None:
        if not self._blank:
            self._lines.append(("> " * self._quotes).rstrip())
            self._blank = True
