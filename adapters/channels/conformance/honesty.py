"""Whether the capabilities are what the adapter does, and the network what it leaves alone."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from adapters.channels.base import (
    Capabilities,
    ChannelAdapter,
    FetchesMedia,
    HttpResponse,
    Pulls,
    Sends,
    TransportFailure,
)
from adapters.channels.conformance.hearing import heard_by
from adapters.channels.conformance.speaking import calls_for, matrix, message_in, quotes
from adapters.channels.conformance.subject import Subject
from adapters.channels.files import HoldsFiles
from domain.chat.events import MessageState
from domain.content import Media
from domain.inbound import DeliveryReported

_OURS: Final = frozenset({MessageState.QUEUED, MessageState.UNKNOWN, MessageState.SENT})
"""States that the answer to a call gives, or that no provider reports."""


def capabilities(subject: Subject) -> Iterator[str]:
    """Yield every promise that is not kept, and everything done that was not promised."""
    adapter = subject.make()
    can = adapter.capabilities()
    yield from _figures(can)
    heard = [e for c in subject.cases.inbound for e in heard_by(adapter, subject.request(c))]
    reported = {e.state for e in heard if isinstance(e, DeliveryReported)}
    for state in can.receipts - reported - _OURS:
        yield f"it promises the receipt {state!r}, and no case gives it"
    for state in reported - can.receipts - _OURS:
        yield f"a case gives the receipt {state!r}, which it does not promise"
    parts = [part for event in heard for part in getattr(event, "parts", ())]
    refers = any(isinstance(part, Media) and part.reference for part in parts)
    if refers and not isinstance(adapter, FetchesMedia | HoldsFiles):
        yield "a case refers to a file, and there is no `fetch`"
    if subject.cases.account.sign["scheme"] == "none" and not isinstance(adapter, Pulls):
        yield "nobody signs what comes in, although providers call it"
    if not isinstance(adapter, Sends) and can.reply_quote != quotes(subject, adapter):
        yield f"`reply_quote` is {can.reply_quote}, and it does otherwise"


def _figures(can: Capabilities) -> Iterator[str]:
    rates = (can.rate_per_account, can.rate_per_peer)
    if can.max_text < 1:
        yield "`max_text` is less than 1"
    if any(rate.count < 1 or rate.per.total_seconds() <= 0 or rate.burst < 0 for rate in rates):
        yield "a rate lets nothing through"
    if can.buttons is not None and (can.buttons.most < 1 or can.buttons.max_title < 1):
        yield "`buttons` promises none"
    for kind, rule in can.media.items():
        if not rule.mimes or rule.max_bytes < 1:
            yield f"`media` promises {kind} of no type or of no size"


def network(subject: Subject) -> Iterator[str]:
    """Yield every attempt of what is to be pure to reach out."""
    with _guarded() as attempts:
        adapter = subject.make()
        _use(subject, adapter)
    yield from (f"it reaches for {what}" for what in dict.fromkeys(attempts))


def _use(subject: Subject, adapter: ChannelAdapter) -> None:
    for case in (*subject.cases.inbound, *subject.cases.handshakes):
        request = subject.request(case)
        adapter.handshake(request)
        adapter.verify(request)
        adapter.ack(request)
        heard_by(adapter, request)
    if isinstance(adapter, Sends):
        return
    messages = [message_in(case) for case in subject.cases.outbound]
    messages += [message for _, message, _ in matrix(subject, adapter.capabilities())]
    for message in messages:
        calls = calls_for(adapter, message)
        for call in () if isinstance(calls, str) else calls:
            adapter.classify(call, HttpResponse(200, (), b"{}"))
            adapter.classify(call, TransportFailure.DNS)


@contextmanager
def _guarded() -> Iterator[list[str]]:
    """Yield a list that names each attempt to open a connection or look up a name, all refused."""
    attempts: list[str] = []

    def refuse(what: str) -> Any:
        def refusing(*arguments: Any, **_: Any) -> Any:
            attempts.append(f"{what}({', '.join(str(a) for a in arguments if a is not None)})")
            raise OSError("an adapter does not use the network")

        return refusing

    kept = {name: getattr(socket, name) for name in ("getaddrinfo", "create_connection")}
    connect = socket.socket.connect
    try:
        for name in kept:
            setattr(socket, name, refuse(name))
        socket.socket.connect = refuse("connect")  # type: ignore[method-assign]  # it is put back
        yield attempts
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]  # as it was
        for name, function in kept.items():
            setattr(socket, name, function)
