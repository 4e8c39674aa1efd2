"""Who may speak: signatures and handshakes (M3)."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from adapters.channels.base import ChannelAdapter, RawRequest, Verdict
from adapters.channels.conformance.cases import InboundCase, raw_request
from adapters.channels.conformance.signing import forgeries, other_spellings, signed
from adapters.channels.conformance.subject import Subject

OTHER_SECRET: Final = "another-secret-of-the-conformance-kit"  # noqa: S105 - made up
_SECRETIVE: Final = re.compile(r"(?i)digest|signature|hmac|secret|_mac\b|\bmac\b|token")


def signature(subject: Subject) -> Iterator[str]:
    """Yield every forged request that is let in, and every good one that is not."""
    account = subject.cases.account
    if account.sign["scheme"] == "none":
        return
    adapter = subject.make()
    other = subject.make(**{account.sign["key"]: OTHER_SECRET})
    for case in [c for c in subject.cases.inbound if c.is_signed]:
        request = subject.request(case)
        verdict = _verdict(adapter, request)
        if verdict != case.expect.get("verdict", Verdict.OK):
            yield f"{case.name}: its verdict is {verdict}"
            continue
        if _verdict(other, request) == Verdict.OK:
            yield f"{case.name}: an account with another secret takes it"
        for name, forged in forgeries(account, request):
            if (verdict := _verdict(adapter, forged)) in {Verdict.OK, "an exception"}:
                yield f"{case.name}: {name} gives {verdict}"
        for spelling in other_spellings(account, case):
            if _verdict(adapter, spelling) != Verdict.OK:
                yield f"{case.name}: verified over other bytes than those that came"
    yield from _careless_comparisons(subject)


def _verdict(adapter: ChannelAdapter, request: RawRequest) -> str:
    try:
        return adapter.verify(request)
    except Exception:
        return "an exception"


def _careless_comparisons(subject: Subject) -> Iterator[str]:
    """Yield every comparison of a secret that tells by its time how much of it was right."""
    for name, source in subject.source().items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Compare) and _is_careless(node):
                yield f"{name}:{node.lineno} compares a secret with ==; use hmac.compare_digest"


def _is_careless(node: ast.Compare) -> bool:
    if not all(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
        return False
    sides = [node.left, *node.comparators]
    if any(isinstance(side, ast.Constant) for side in sides):
        return False
    return any(_SECRETIVE.search(_name(side)) for side in sides)


def _name(side: ast.expr) -> str:
    """Return the last word of a name or call; nothing for a number, a length or a constant."""
    match side:
        case ast.Call(func=func):
            return _name(func)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return "" if name.isupper() else name
        case _:
            return ""


def handshake(subject: Subject) -> Iterator[str]:
    """Yield every check of the address that is answered wrongly."""
    adapter = subject.make()
    for case in subject.cases.handshakes:
        yield from _answers(subject, adapter, case)
    for case in subject.cases.inbound:
        if adapter.handshake(subject.request(case)) is not None:
            yield f"{case.name}: an ordinary delivery is taken for a handshake"
    stranger = raw_request(subject.cases.account, {"method": "GET", "query": {"a": "b"}})
    if (ack := adapter.handshake(stranger)) is not None and ack.status < HTTPStatus.BAD_REQUEST:
        yield "a GET that says nothing is answered like a handshake"


def _answers(subject: Subject, adapter: ChannelAdapter, case: InboundCase) -> Iterator[str]:
    request = signed(subject.cases.account, case)
    ack = adapter.handshake(request)
    wanted = (case.expect.get("status", 200), str(case.expect.get("body", "")).encode())
    if ack is None or (ack.status, ack.body) != wanted:
        yield f"{case.name}: answered {ack}, not {wanted}"
        return
    for index, (name, value) in enumerate(request.query):
        query = list(request.query)
        query[index] = (name, f"{value}-other")
        ack = adapter.handshake(replace(request, query=tuple(query)))
        echoed = ack is not None and ack.body == f"{value}-other".encode()
        if ack is not None and ack.status < HTTPStatus.BAD_REQUEST and not echoed:
            yield f"{case.name}: answered all the same with another {name}"
