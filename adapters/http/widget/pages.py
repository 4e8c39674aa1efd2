"""The page that visitors see, the script that shows it on another site, and their headers."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from adapters.channels.webchat import WebChat
from adapters.http.problems import Header, Problem, best_language
from adapters.http.wire import SECURITY, Send, answer

LOADER: Final = "/widget.js"
"""What a site includes."""

_FOLDER: Final = Path(__file__).with_name("page")
_CROSS_ORIGIN: Final = frozenset({b"x-frame-options", b"cross-origin-resource-policy"})
_SHARED: Final[tuple[Header, ...]] = (
    *(one for one in SECURITY if one[0] not in _CROSS_ORIGIN),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
"""As everywhere, but other sites may show them: `frame-ancestors` says which."""
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors 'self'"
)
_FILES: Final = {
    LOADER: ("widget.js", "text/javascript; charset=utf-8"),
    "/widget/static/chat.js": ("chat.js", "text/javascript; charset=utf-8"),
    "/widget/static/words.js": ("words.js", "text/javascript; charset=utf-8"),
    "/widget/static/chat.css": ("chat.css", "text/css; charset=utf-8"),
}
_PAGE: Final = Template((_FOLDER / "chat.html").read_text())


@dataclass(frozen=True, slots=True)
class Page:
    """A file as it is sent."""

    body: bytes
    headers: tuple[Header, ...]

    async def answer(self, send: Send, method: str) -> None:
        """Send it; raise a 405 problem for anything but a reading of it."""
        if method not in {"GET", "HEAD"}:
            raise Problem(405, "method_not_allowed")
        await answer(send, 200, b"" if method == "HEAD" else self.body, self.headers)


def _page(body: bytes, media_type: str, policy: str, more: Iterable[Header] = ()) -> Page:
    headers = (
        (b"content-type", media_type.encode()),
        (b"cache-control", b"no-cache"),
        (b"content-security-policy", policy.encode()),
        *_SHARED,
        *more,
    )
    return Page(body, headers)


_STATIC: Final = {
    path: _page((_FOLDER / name).read_bytes(), media_type, "default-src 'none'")
    for path, (name, media_type) in _FILES.items()
}


def static(path: str) -> Page | None:
    """Return the file of a path, which is the same for all accounts."""
    return _STATIC.get(path)


def chat_page(account: str, chat: WebChat, accept_language: str) -> Page:
    """Return the page of an account; only its own sites may frame it."""
    language = best_language(accept_language)
    filled = _PAGE.substitute(
        language=language, title=escape(chat.config.title), account=escape(account)
    )
    policy = " ".join((_POLICY, *chat.config.origins))
    vary = ((b"content-language", language.encode()), (b"vary", b"accept-language"))
    return _page(filled.encode(), "text/html; charset=utf-8", policy, vary)
