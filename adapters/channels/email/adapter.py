"""One mailbox: what comes into it, and how to answer."""

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import ClassVar, Final

from adapters.channels import outcomes
from adapters.channels.base import (
    CONTRACT,
    Ack,
    AdapterMeta,
    CannotBeSent,
    Capabilities,
    CarriedFile,
    HttpCall,
    HttpResponse,
    MediaRule,
    OutboundMessage,
    Pulled,
    Rate,
    RawRequest,
    SendErr,
    SendOk,
    TransportFailure,
    Unavailable,
    Verdict,
)
from adapters.channels.email import drop, mailbox, smtp
from adapters.channels.email.carried import files_in
from adapters.channels.email.config import EmailConfig
from adapters.channels.email.content import MAX_TEXT
from adapters.channels.email.errors import CODES, STATUSES
from adapters.channels.email.parse import parse
from adapters.channels.email.sending import MAX_BYTES
from domain.chat.events import MessageState
from domain.content import MediaKind
from domain.inbound import AccountRef, InboundEvent

_ANY_FILE: Final = MediaRule(frozenset({"*/*"}), MAX_BYTES, max_caption=MAX_TEXT)

_CAPABILITIES: Final = Capabilities(
    max_text=MAX_TEXT,
    text_unit="chars",
    reply_window=None,
    receipts=frozenset({MessageState.DELIVERED, MessageState.FAILED}),
    # A server knows a Message-ID again, or does not: nothing promises it.
    idempotent_send=False,
    ordered_send=False,
    rate_per_account=Rate(60, timedelta(minutes=1), burst=20),
    rate_per_peer=Rate(10, timedelta(minutes=1)),
    retry_horizon=timedelta(days=30),
    media=dict.fromkeys(MediaKind, _ANY_FILE),
    reply_quote=True,
)


class Email:
    """IMAP or an HTTP drop in, SMTP out."""

    meta: ClassVar = AdapterMeta(
        kind="email",
        title="E-mail",
        contract=CONTRACT,
        provider_version="RFC 5322",
        config=EmailConfig,
        docs="https://www.rfc-editor.org/rfc/rfc5322",
        body="any",
        most_bytes=mailbox.MOST_BYTES,
        errors=(*CODES, *STATUSES),
        setup=(
            "Make a mailbox that only Recado reads, and a password for programs.",
            "Give imap_host, imap_user, imap_password, and smtp_host, smtp_user, smtp_password.",
            "Give a reply_secret if the mailbox takes mails to name+anything@ as well.",
            "Give a drop_secret if your provider posts raw mails to the webhook instead.",
        ),
    )

    def __init__(self, config: EmailConfig) -> None:
        self._config = config

    def account_ref(self) -> AccountRef:
        return AccountRef("email.mailbox", self._config.from_address.lower())

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def handshake(self, request: RawRequest) -> Ack | None:
        return None

    def verify(self, request: RawRequest) -> Verdict:
        return drop.verify(request, self._config)

    def ack(self, request: RawRequest) -> Ack:
        return Ack()

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        return parse(request, self._config)

    def build(self, message: OutboundMessage) -> list[HttpCall]:
        raise CannotBeSent(message.message_id, "mails leave by SMTP")

    def classify(self, call: HttpCall, result: HttpResponse | TransportFailure) -> SendOk | SendErr:
        if isinstance(result, TransportFailure):
            return outcomes.of_failure(result)
        return outcomes.of_status(result)

    def pull(self, cursor: str | None) -> AsyncIterator[Pulled]:
        return mailbox.pull(self._config, cursor)

    async def send(self, message: OutboundMessage) -> SendOk | SendErr:
        return await smtp.send(self._config, message)

    def files(self, request: RawRequest) -> Iterable[CarriedFile]:
        return files_in(request, self._config)

    async def file(self, reference: str) -> bytes | Unavailable:
        return await mailbox.file_of(self._config, reference)
