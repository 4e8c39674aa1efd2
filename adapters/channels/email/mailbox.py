"""
A mailbox that is looked into by IMAP and left as it is: nothing is marked, moved or deleted.

The library blocks, so each step runs in a thread; a step that is given up is ended by
closing its connection.
"""

import asyncio
import imaplib
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from imap_tools import AND, BaseMailBox, H, ImapToolsError, MailBox, MailBoxStartTls
from imap_tools import MailBoxUnencrypted as MailBoxInTheClear

from adapters.channels.base import Pulled, RawRequest
from adapters.channels.email.config import EmailConfig
from adapters.channels.email.mime import part_of, read_headers
from adapters.channels.email.references import PULLED, Reference
from adapters.channels.email.threads import id_of
from adapters.channels.files import Unavailable

T = TypeVar("T")

FIRST_LOOK: Final = timedelta(days=2)
"""How old mails may be that are taken in when a mailbox is read for the first time."""
LOOK_BACK: Final = timedelta(days=30)
"""How far back a mailbox is read again that was numbered anew; what is known is known again."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one mail; a longer one is taken in up to there."""
_PATIENCE: Final = 60.0
"""Seconds for each of the server's answers."""
_ARRIVED: Final = re.compile(rb'INTERNALDATE "([^"]{10,40})"')
_FAILURES: Final = (OSError, imaplib.IMAP4.error, ImapToolsError)


async def pull(config: EmailConfig, cursor: str | None) -> AsyncIterator[Pulled]:
    """
    Yield what came after `cursor`, oldest first, and end.

    Where there is nothing, it waits for the next mail, `poll_seconds` at most. Raises
    `OSError`, `imaplib.IMAP4.error` and `ImapToolsError`.
    """
    if config.imap_host is None:
        return
    async with _opened(config) as mailbox:
        uids = await mailbox.does(lambda: mailbox.uids_after(cursor))
        if not uids:
            await mailbox.next_mail(config.poll_seconds)
            uids = await mailbox.does(lambda: mailbox.uids_after(cursor))
        for uid in uids:
            request = await mailbox.does(partial(mailbox.request, uid))
            if request is not None:
                yield Pulled(f"{mailbox.validity}:{uid}", request)


async def file_of(config: EmailConfig, reference: str) -> bytes | Unavailable:
    """Return a file out of a mail that is still in the mailbox."""
    place = Reference.read(reference)
    if place is None or config.imap_host is None:
        return Unavailable("it was not in a mailbox", for_good=True)
    try:
        async with _opened(config) as mailbox:
            mail = await mailbox.does(lambda: mailbox.mail(place))
    except _FAILURES as failure:
        return Unavailable(f"the mailbox: {type(failure).__name__}", for_good=False)
    content = None if mail is None else part_of(mail, place.part)
    if content is None:
        return Unavailable("the mail is in the mailbox no more", for_good=True)
    return content


class _Opened:
    """A mailbox with its folder selected. Its methods block, but for `does` and `next_mail`."""

    def __init__(self, config: EmailConfig) -> None:
        self._config: Final = config
        self._box: BaseMailBox | None = None
        self.validity = 0

    @property
    def box(self) -> BaseMailBox:
        if self._box is None:
            raise OSError("the mailbox is not open")
        return self._box

    async def does(self, step: Callable[[], T]) -> T:
        """Return what a blocking step comes to."""
        running = asyncio.ensure_future(asyncio.to_thread(step))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            self.hang_up()
            with suppress(Exception):
                await running
            raise

    def open(self) -> None:
        config = self._config
        self._box = _connection(config)
        user = config.imap_user or config.from_address
        self._box.login(user, config.imap_password.get_secret_value(), initial_folder=None)
        self._box.folder.set(config.imap_folder, readonly=True)
        _, told = self._box.client.response("UIDVALIDITY")
        self.validity = int(told[0] or b"0") if told else 0

    def uids_after(self, cursor: str | None) -> list[int]:
        """Return the numbers of mails to be taken in, in order."""
        validity, _, last = (cursor or "").partition(":")
        if validity == str(self.validity) and last.isdecimal():
            found = self.box.uids(f"UID {int(last) + 1}:*", charset=None)
            # The server gives the last mail back where there is none after it.
            return sorted(uid for uid in map(int, found) if uid > int(last))
        since = _today() - (FIRST_LOOK if cursor is None else LOOK_BACK)
        return sorted(map(int, self.box.uids(AND(date_gte=since), charset=None)))

    def request(self, uid: int) -> RawRequest | None:
        """Return a mail as something that arrived; None for one that is gone."""
        fetched = self._fetched(uid)
        if fetched is None:
            return None
        mail, arrived = fetched
        return RawRequest(
            method=PULLED,
            path=f"imap/{self._config.imap_folder}",
            query=(("uidvalidity", str(self.validity)), ("uid", str(uid))),
            headers=(),
            body=mail,
            received_at=arrived,
            public_url="",
        )

    def mail(self, place: Reference) -> bytes | None:
        """Return the mail that a reference names, wherever in the folder it is by now."""
        uids = [place.uid] if place.uid and place.validity == self.validity else []
        if not uids and place.message_id.startswith("<"):
            wanted = AND(header=H("Message-ID", place.message_id))
            uids = sorted(map(int, self.box.uids(wanted, charset=None)))
        for uid in uids:
            fetched = self._fetched(uid)
            if fetched is not None and id_of(read_headers(fetched[0]), fetched[0]) == (
                place.message_id
            ):
                return fetched[0]
        return None

    async def next_mail(self, seconds: float) -> None:
        """Return when a mail came, or the time is over."""
        _, told = await self.does(self.box.client.capability)
        if told and b"IDLE" in (told[0] or b"").split():
            await self.does(lambda: self.box.idle.wait(timeout=seconds))
        else:
            await asyncio.sleep(seconds)
            await self.does(self.box.client.noop)

    def close(self) -> None:
        if self._box is not None:
            with suppress(*_FAILURES):
                self._box.logout()
            # After a failure the library leaves the connection as it is.
            with suppress(OSError):
                self._box.client.shutdown()

    def hang_up(self) -> None:
        """End whatever is going on, from another thread."""
        if self._box is not None:
            with suppress(OSError):
                self._box.client.sock.shutdown(socket.SHUT_RDWR)

    def _fetched(self, uid: int) -> tuple[bytes, datetime] | None:
        wanted = f"(INTERNALDATE BODY.PEEK[]<0.{MOST_BYTES}>)"
        _, answers = self.box.client.uid("FETCH", str(uid), wanted)
        for answer in answers or []:
            if isinstance(answer, tuple):
                return bytes(answer[1]), _arrived(answer[0])
        return None


@asynccontextmanager
async def _opened(config: EmailConfig) -> AsyncIterator[_Opened]:
    mailbox = _Opened(config)
    try:
        await mailbox.does(mailbox.open)
        yield mailbox
    finally:
        await mailbox.does(mailbox.close)


def _connection(config: EmailConfig) -> BaseMailBox:
    host, port = config.imap_host or "", config.imap_port
    match config.imap_security:
        case "tls":
            return MailBox(host, port, timeout=_PATIENCE)
        case "starttls":
            return MailBoxStartTls(host, port, timeout=_PATIENCE)
        case "none":
            return MailBoxInTheClear(host, port, timeout=_PATIENCE)


def _arrived(told: bytes) -> datetime:
    """Return when the server took the mail in; now where it does not say."""
    match = _ARRIVED.search(told)
    if match is not None:
        with suppress(ValueError):
            return datetime.strptime(match[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(
                UTC
            )
    return datetime.now(UTC)


def _today() -> date:
    return datetime.now(UTC).date()
