"""
Who a visitor is: a signed token, good for one site, one origin and a month.

An anonymous visitor has a name made by chance. A user for whom the site's own server
vouches has one derived from his id, the same on all his devices.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson

from adapters.channels.reading import Unreadable, int_of, load_object, text_of
from adapters.channels.webchat.config import WebChatConfig

GOOD_FOR: Final = timedelta(days=30)
LONGEST_TOKEN: Final = 2_048


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who may speak from a page of `origin`."""

    id: str
    origin: str
    issued_at: datetime
    user: str | None = None
    """The site's own id of him, where its server vouched for it."""

    def is_stale(self, now: datetime) -> bool:
        return not timedelta(0) <= now - self.issued_at + timedelta(minutes=5) <= GOOD_FOR


def issue(config: WebChatConfig, visitor: Visitor) -> str:
    """Return the token that says so."""
    claims = {"v": visitor.id, "o": visitor.origin, "t": int(visitor.issued_at.timestamp())}
    if visitor.user is not None:
        claims["u"] = visitor.user
    return sealed(config, "visitor", orjson.dumps(claims))


def read(config: WebChatConfig, token: str) -> Visitor | None:
    """Return who shows a token; None where it was not issued for this site."""
    content = opened(config, "visitor", token)
    try:
        claims = load_object(content or b"")
    except Unreadable:
        return None
    id_, origin, issued_at = text_of(claims, "v"), text_of(claims, "o"), int_of(claims, "t")
    if id_ is None or origin is None or issued_at is None:
        return None
    return Visitor(id_, origin, datetime.fromtimestamp(issued_at, UTC), text_of(claims, "u"))


def sealed(config: WebChatConfig, purpose: str, content: bytes) -> str:
    """Return a text that shows the content, and that we wrote it for this purpose."""
    return f"{_text(content)}.{_text(_seal(config, purpose, content))}"


def opened(config: WebChatConfig, purpose: str, text: str) -> bytes | None:
    """Return the content of a text that we wrote for this purpose; None for any other."""
    if len(text) > LONGEST_TOKEN:
        return None
    content, _, seal = text.partition(".")
    raw, given = _bytes(content), _bytes(seal)
    if raw is None or given is None:
        return None
    return raw if hmac.compare_digest(_seal(config, purpose, raw), given) else None


def vouched_for(config: WebChatConfig, user: str, proof: str) -> bool:
    """Return whether the site's server vouches: `proof` is hex HMAC-SHA256(secret, user)."""
    if config.identity_secret is None:
        return False
    expected = hmac.digest(
        config.identity_secret.get_secret_value().encode(), user.encode(), "sha256"
    )
    return hmac.compare_digest(expected.hex().encode(), proof.lower().encode(errors="replace"))


def id_of_user(config: WebChatConfig, user: str) -> str:
    """Return the visitor that a user always is, from which his id cannot be told."""
    return f"u{_seal(config, 'user', user.encode()).hex()[:32]}"


def _seal(config: WebChatConfig, purpose: str, content: bytes) -> bytes:
    key = config.secret.get_secret_value().encode()
    return hmac.digest(
        key, b"\x00".join((purpose.encode(), config.site.encode(), content)), "sha256"
    )


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes | None:
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return None
