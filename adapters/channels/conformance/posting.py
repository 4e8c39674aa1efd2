"""
Channels that send by themselves (`Sends`): tried whole, on a server that the kit starts.

`"server"` in `account.json` says what they speak, and which settings name the server:
`{"scheme": "smtp", "host": "smtp_host", "port": "smtp_port"}`. Without it they need none.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Final

from adapters.channels.base import (
    Capabilities,
    ErrorKind,
    OutboundMessage,
    SendErr,
    SendOk,
    Sends,
)
from adapters.channels.conformance.matching import differences, plain
from adapters.channels.conformance.speaking import matrix, message_in, message_of, size_of
from adapters.channels.conformance.subject import Subject
from domain.content import Text

if TYPE_CHECKING:
    from adapters.channels.conformance.mail_sink import MailSink

_SMTP: Final = "smtp"
_PARTS_OF_A_STATUS: Final = 3
_FAILURES: Final = {"before-data": ErrorKind.TRANSIENT, "after-data": ErrorKind.UNKNOWN_OUTCOME}
"""A server that hangs up, and what its silence means."""


@dataclass(frozen=True, slots=True)
class _Outlet:
    adapter: Sends
    sink: "MailSink | None"
    """None: there is nothing between the adapter and whom it writes to."""

    def texts(self) -> list[str]:
        """Return the words of all mails that arrived."""
        mails = [message_from_bytes(raw, policy=policy.default) for raw in self._arrived()]
        bodies = [mail.get_body(("plain",)) for mail in mails]
        return [str(body.get_content()) for body in bodies if body is not None]

    def _arrived(self) -> list[bytes]:
        return [] if self.sink is None else self.sink.mails


def outbound(subject: Subject) -> Iterator[str]:
    """Yield every message that does not leave as the cases and the capabilities say."""
    if not subject.cases.outbound:
        yield "there is no NAME.outbound.json"
    yield from asyncio.run(_listed(_outbound(subject)))


def classify(subject: Subject) -> Iterator[str]:
    """Yield every refusal, and every silence, that is taken for something else than it is."""
    yield from asyncio.run(_listed(_classify(subject)))


async def _listed(found: AsyncIterator[str]) -> list[str]:
    return [what async for what in found]


async def _outbound(subject: Subject) -> AsyncIterator[str]:
    async with _outlet(subject) as outlet:
        for case in subject.cases.outbound:
            result = await _sent(outlet, message_in(case))
            for difference in differences(case.expect.get("result", {}), plain(result)):
                yield f"{case.name}: {difference}"
        can = subject.make().capabilities()
        for what, message, promised in (*matrix(subject, can), *_texts(subject, can)):
            async for found in _tried(subject, outlet, what, message, promised=promised):
                yield found


def _texts(subject: Subject, can: Capabilities) -> Iterator[tuple[str, OutboundMessage, bool]]:
    """Yield texts around the longest that may be sent, and whether they are to be taken."""
    for char in ("x", "😀"):
        wide = size_of(char, can)
        for units in (1, can.max_text - wide, can.max_text, can.max_text + wide):
            count = max(1, units // wide)
            message = message_of(subject, Text(text=char * count))
            yield f"a text of {count} {char!r}", message, count * wide <= can.max_text


async def _tried(
    subject: Subject, outlet: _Outlet, what: str, message: OutboundMessage, *, promised: bool
) -> AsyncIterator[str]:
    before = len(outlet.texts())
    result = await _sent(outlet, message)
    if isinstance(result, str):
        yield f"{what}: {result}"
        return
    if promised and isinstance(result, SendErr):
        yield f"{what}: refused: {result.message}"
    if isinstance(result, SendErr) and result.kind is not ErrorKind.CONTENT:
        yield f"{what}: what cannot be sent is told as {result.kind}"
    if any(secret in repr(result) for secret in subject.secrets()):
        yield f"{what}: a secret shows in the result"
    arrived = "".join("".join(outlet.texts()[before:]).split())
    for part in message.parts if isinstance(result, SendOk) and outlet.sink else ():
        if isinstance(part, Text) and "".join(part.text.split()) not in arrived:
            yield f"{what}: its words do not arrive"


async def _sent(outlet: _Outlet, message: OutboundMessage) -> SendOk | SendErr | str:
    """Return what became of a message, or how sending it failed."""
    try:
        return await outlet.adapter.send(message)
    except Exception as error:
        return f"raises {type(error).__name__}"


async def _classify(subject: Subject) -> AsyncIterator[str]:
    async with _outlet(subject) as outlet:
        if outlet.sink is None:
            return
        message = message_of(subject, Text(text="Oi"))
        for row in subject.meta.errors:
            outlet.sink.at_recipient = _reply(row.code)
            for what in _told(await _sent(outlet, message), row.kind, f"the code {row.code}"):
                yield what
        outlet.sink.at_recipient = ""
        for how, kind in _FAILURES.items():
            outlet.sink.hangs_up = how
            for what in _told(await _sent(outlet, message), kind, f"a server that hangs up {how}"):
                yield what


def _told(result: SendOk | SendErr | str, kind: ErrorKind, what: str) -> Iterator[str]:
    if isinstance(result, str):
        yield f"{what}: {result}"
    elif isinstance(result, SendOk):
        yield f"{what} is taken for success, not for {kind}"
    elif result.kind is not kind:
        yield f"{what} is taken for {result.kind}, not for {kind}"


def _reply(code: str) -> str:
    """Return a server's refusal with a reply code, or with an enhanced one (RFC 3463)."""
    if "." not in code:
        return f"{code} no"
    missing = _PARTS_OF_A_STATUS - len(code.split("."))
    return f"550 {code}{'.99' * missing} no"


@asynccontextmanager
async def _outlet(subject: Subject) -> AsyncIterator[_Outlet]:
    """Yield the adapter, connected to a server of ours where it needs one."""
    server = subject.cases.account.server
    if server is None:
        yield _Outlet(_sender(subject), None)
        return
    if server.get("scheme") != _SMTP:
        raise ValueError(f"the kit has no server for {server.get('scheme')!r}")
    from adapters.channels.conformance.mail_sink import mail_sink  # noqa: PLC0415  (for tests)

    async with mail_sink(size=100_000_000) as sink:
        changes = {server["host"]: "127.0.0.1", server["port"]: sink.port}
        yield _Outlet(_sender(subject, **changes, **server.get("settings", {})), sink)


def _sender(subject: Subject, **changes: object) -> Sends:
    adapter = subject.make(**changes)
    if not isinstance(adapter, Sends):
        raise TypeError("it does not send by itself")
    return adapter
