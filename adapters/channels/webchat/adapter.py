"""
One chat on a web site: who may speak to us, what he says, and how to answer.

Nothing needs to be sent: a visitor's page reads what was written to him from the same
views as everybody else. That it is recorded is the delivery, so `send` says yes at once
and the page tells what it received and showed.
"""

from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import ClassVar, Final

from adapters.channels import outcomes
from adapters.channels.base import (
    CONTRACT,
    Ack,
    AdapterMeta,
    ButtonRule,
    CannotBeSent,
    Capabilities,
    ErrorKind,
    HttpCall,
    HttpResponse,
    MediaRule,
    OutboundMessage,
    Rate,
    RawRequest,
    SendErr,
    SendOk,
    TransportFailure,
    Verdict,
)
from adapters.channels.reading import Unreadable, load_object, text_of
from adapters.channels.webchat import visitors
from adapters.channels.webchat.config import WebChatConfig
from adapters.channels.webchat.parse import SITE, bearer_of, message_id, parse
from adapters.channels.webchat.shown import ShownFile, shown_by, token_for
from adapters.channels.webchat.visitors import Visitor
from domain.chat.events import MessageState
from domain.content import Media, MediaKind, Offer, Part, Text
from domain.inbound import AccountRef, InboundEvent

_MAX_TEXT: Final = 10_000
_ANY_FILE: Final = MediaRule(frozenset({"*/*"}), 100 * 1024 * 1024, max_caption=_MAX_TEXT)

_CAPABILITIES: Final = Capabilities(
    max_text=_MAX_TEXT,
    text_unit="chars",
    reply_window=None,
    receipts=frozenset({MessageState.DELIVERED, MessageState.READ}),
    idempotent_send=True,
    ordered_send=True,
    rate_per_account=Rate(1_000, timedelta(seconds=1)),
    rate_per_peer=Rate(100, timedelta(seconds=1)),
    retry_horizon=timedelta(days=1),
    buttons=ButtonRule(most=10, max_title=80),
    media=dict.fromkeys(MediaKind, _ANY_FILE),
)

_SETUP: Final = (
    "Choose a short name for `site` and a long random word for `secret`.",
    "List under `origins` every address that the chat is to be shown on.",
    "Give people the link `https://your.host/widget/ACCOUNT`, or put the next line into pages:",
    '`<script src="https://your.host/widget.js" data-account="ACCOUNT" async></script>`',
    "To know your users, set `identity_secret` and add to that tag `data-user`, the user's id.",
    "Add `data-hash` besides: the hex HMAC-SHA256 of that id, made by your server.",
)


class WebChat:
    meta: ClassVar = AdapterMeta(
        kind="webchat",
        title="Web chat",
        contract=CONTRACT,
        provider_version="1",
        config=WebChatConfig,
        docs="https://developer.mozilla.org/docs/Web/API/Server-sent_events",
        setup=_SETUP,
    )

    def __init__(self, config: WebChatConfig) -> None:
        self.config: Final = config

    def account_ref(self) -> AccountRef:
        return AccountRef(SITE, self.config.site)

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def handshake(self, request: RawRequest) -> Ack | None:
        return None

    def verify(self, request: RawRequest) -> Verdict:
        """Return OK where the token is good for the origin and for the visitor of the body."""
        shown = request.headers_named("authorization")
        origins = request.headers_named("origin")
        if not shown or not origins:
            return Verdict.MISSING_SIGNATURE
        if len(shown) > 1 or len(origins) > 1:
            return Verdict.MALFORMED
        visitor = visitors.read(self.config, bearer_of(request) or "")
        if visitor is None or origins[0] != visitor.origin:
            return Verdict.BAD_SIGNATURE
        if visitor.is_stale(request.received_at):
            return Verdict.STALE
        try:
            named = text_of(load_object(request.body), "visitor")
        except Unreadable:
            return Verdict.OK  # whoever it is, he may be told that it cannot be read
        return Verdict.OK if named == visitor.id else Verdict.BAD_SIGNATURE

    def ack(self, request: RawRequest) -> Ack:
        return Ack(204)

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        return parse(self.config, request)

    async def send(self, message: OutboundMessage) -> SendOk | SendErr:
        """Return that the visitor's page has it to read, or what it cannot show."""
        try:
            self.build(message)
        except CannotBeSent as refusal:
            return SendErr(ErrorKind.CONTENT, "not-shown", refusal.why)
        return SendOk(message_id(message.address, message.message_id))

    def build(self, message: OutboundMessage) -> list[HttpCall]:
        """Return nothing to call: see `send`. Raises `CannotBeSent`."""
        if not message.address:
            raise CannotBeSent(message.message_id, "there is nobody to read it")
        unknown = [part.kind for part in message.parts if not _is_shown(part)]
        if unknown or not message.parts:
            what = unknown[0] if unknown else "nothing"
            raise CannotBeSent(message.message_id, f"the page cannot show {what!r}")
        return []

    def classify(self, call: HttpCall, result: HttpResponse | TransportFailure) -> SendOk | SendErr:
        """Return what a call means that nobody makes: the ordinary meaning."""
        if isinstance(result, TransportFailure):
            return outcomes.of_failure(result)
        return outcomes.of_status(result)

    # What the pages' own transport needs besides.

    def allows(self, origin: str) -> bool:
        """Return whether pages of this origin may show the chat."""
        return origin in self.config.origins

    def visitor(self, token: str | None, origin: str, now: datetime) -> Visitor | None:
        """Return who shows a token on a page of an origin; None: nobody we know."""
        visitor = visitors.read(self.config, token or "")
        good = visitor is not None and visitor.origin == origin and not visitor.is_stale(now)
        return visitor if good else None

    def admit(self, origin: str, now: datetime, user: str | None, proof: str) -> Visitor | None:
        """Return a new visitor, or a user that he is vouched to be; None: nobody vouches."""
        now = now.astimezone(UTC)
        if user is None:
            return Visitor(f"v{token_urlsafe(16)}", origin, now)
        if not visitors.vouched_for(self.config, user, proof):
            return None
        return Visitor(visitors.id_of_user(self.config, user), origin, now, user)

    def token(self, visitor: Visitor) -> str:
        return visitors.issue(self.config, visitor)

    def file_token(self, sha256: str, name: str, now: datetime) -> str:
        """Return a text that shows a page one file of ours, for a while."""
        return token_for(self.config, ShownFile(sha256, name), now)

    def file_shown(self, token: str, now: datetime) -> ShownFile | None:
        """Return the file that such a text is good for; None for any other text, or too late."""
        return shown_by(self.config, token, now)

    def file_handle(self, description: bytes) -> str:
        """Return what a visitor sends to refer to a file that he has just uploaded."""
        return visitors.sealed(self.config, "file", description)


def _is_shown(part: Part) -> bool:
    """Return whether a page can show a part: of files, those that are in the store."""
    return isinstance(part, Text | Offer) or (isinstance(part, Media) and part.sha256 is not None)
