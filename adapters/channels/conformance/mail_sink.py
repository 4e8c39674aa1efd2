"""An SMTP server that nobody here wrote (aiosmtpd), with answers to order."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER: Final = "support@ipe.test"
PASSWORD: Final = "smtp-password-of-a-test"  # noqa: S105 - of nobody


@dataclass
class MailSink:
    """Keeps what it is given; refuses as it is told to."""

    mails: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str | None, list[str]]] = field(default_factory=list)
    at_sender: str = ""
    at_recipient: str = ""
    at_data: str = ""
    hangs_up: str = ""
    """`before-data` or `after-data`: where it ends the connection without a word."""
    port: int = 0

    async def handle_MAIL(  # noqa: N802  (aiosmtpd calls it so)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.at_sender or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.hangs_up == "before-data":
            _hang_up(server)
        if not self.at_recipient:
            envelope.rcpt_tos.append(address)
        return self.at_recipient or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if not self.at_data:
            self.mails.append(cast(bytes, envelope.content))
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        if self.hangs_up == "after-data":
            _hang_up(server)
        return self.at_data or "250 OK"

    def log_in(
        self, server: SMTP, session: Session, envelope: Envelope, how: str, given: Any
    ) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == PASSWORD.encode()
        return AuthResult(success=right, handled=False)


def _hang_up(server: SMTP) -> None:
    cast(asyncio.Transport, server.transport).abort()


@asynccontextmanager
async def mail_sink(*, log_in: bool = False, size: int = 1_000_000) -> AsyncIterator[MailSink]:
    sink = MailSink()

    def server() -> SMTP:
        with warnings.catch_warnings():
            # It warns of passwords in the clear; these are invented, and stay on this machine.
            warnings.simplefilter("ignore")
            return made()

    def made() -> SMTP:
        return SMTP(
            sink,
            data_size_limit=size,
            hostname="mx.test",
            authenticator=sink.log_in,
            auth_require_tls=False,
            auth_required=log_in,
        )

    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    sink.port = listening.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        listening.close()
        await listening.wait_closed()
