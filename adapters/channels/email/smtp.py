"""Handing a mail to the server that sends it, and what its answers mean."""

from datetime import UTC, datetime
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPConnectError,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPTimeoutError,
)

from adapters.channels import outcomes
from adapters.channels.base import (
    CannotBeSent,
    ErrorKind,
    OutboundMessage,
    SendErr,
    SendOk,
    TransportFailure,
)
from adapters.channels.email.config import EmailConfig
from adapters.channels.email.errors import refusal
from adapters.channels.email.sending import Letter, compose

PATIENCE: Final = 60.0
"""Seconds for each of the server's answers."""


async def send(config: EmailConfig, message: OutboundMessage) -> SendOk | SendErr:
    """Send a message, and return what became of it."""
    try:
        letter = compose(config, message, datetime.now(UTC))
    except CannotBeSent as error:
        return SendErr(ErrorKind.CONTENT, "cannot-be-sent", error.why)
    server = SMTP(
        hostname=config.smtp_host,
        port=config.smtp_port,
        username=config.smtp_user or None,
        password=config.smtp_password.get_secret_value() if config.smtp_user else None,
        local_hostname=config.domain,
        timeout=PATIENCE,
        use_tls=config.smtp_security == "tls",
        start_tls=config.smtp_security == "starttls",
    )
    try:
        refused = await _announce(server, config, letter)
        return refused or await _hand_over(server, letter)
    finally:
        server.close()


async def _announce(server: SMTP, config: EmailConfig, letter: Letter) -> SendErr | None:
    """Connect, log in and say who writes to whom: nothing has left yet."""
    try:
        await server.connect()
        size = [f"SIZE={len(letter.content)}"] if server.supports_extension("size") else []
        await server.mail(config.from_address, options=size)
        await server.rcpt(letter.recipient)
    except SMTPSenderRefused as error:
        said = refusal(error.code, error.message)
        is_about_us = said.kind is ErrorKind.RECIPIENT
        return SendErr(ErrorKind.CONFIG, said.code, said.message) if is_about_us else said
    except SMTPResponseException as error:
        return refusal(error.code, error.message)
    except SMTPNotSupported as error:
        return SendErr(ErrorKind.CONFIG, "not-supported", error.message)
    except (SMTPConnectError, SMTPTimeoutError, OSError):
        return outcomes.of_failure(TransportFailure.REFUSED)
    except (SMTPException, ValueError) as error:
        return SendErr(ErrorKind.TRANSIENT, type(error).__name__, "the server makes no sense")
    return None


async def _hand_over(server: SMTP, letter: Letter) -> SendOk | SendErr:
    """Hand the mail over: from here on, a lost answer may mean that it was taken."""
    try:
        await server.data(letter.content)
    except SMTPResponseException as error:
        return refusal(error.code, error.message)
    except SMTPTimeoutError:
        return outcomes.of_failure(TransportFailure.TIMEOUT_AFTER_BODY)
    except (SMTPException, OSError):
        return outcomes.of_failure(TransportFailure.LOST_AFTER_BODY)
    return SendOk(letter.message_id)
