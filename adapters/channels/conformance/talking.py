"""
A stand-in for a provider, made of an adapter's cases: it writes in once, and takes answers.

So a new channel can be tried by hand, before there is an account at the real provider.
"""

from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final
from urllib.parse import urlsplit

from adapters.channels.base import HttpResponse, RawRequest
from adapters.channels.conformance.cases import InboundCase, raw_request
from adapters.channels.conformance.hearing import heard_by
from adapters.channels.conformance.signing import sign
from adapters.channels.conformance.speaking import response_of
from adapters.channels.conformance.subject import CasesRefused, Subject
from domain.inbound import MessageArrived

_NO_ANSWER: Final = HttpResponse(404, (), b"")


def message_to(subject: Subject, webhook: str) -> RawRequest:
    """Return the first case that is a message, as it would be posted to an address of ours."""
    case, account = _first_message(subject), subject.cases.account
    request = raw_request(account, case.request)
    # Some providers sign the address, too.
    moved = replace(request, path=urlsplit(webhook).path, public_url=webhook, query=())
    return sign(account, moved) if case.is_signed else moved


def _first_message(subject: Subject) -> InboundCase:
    adapter = subject.make()
    for case in subject.cases.inbound:
        if any(isinstance(e, MessageArrived) for e in heard_by(adapter, subject.request(case))):
            return case
    raise CasesRefused("there is no NAME.inbound.json that is a message")


def provider_on(subject: Subject, port: int, told: Callable[[str, str, bytes], None]) -> HTTPServer:
    """
    Return a server that answers every call as the first outbound case says.

    `told` hears of each: its method, its path and its body.
    """
    responses = [one for case in subject.cases.outbound for one in case.responses]
    answer = next((r for r in map(response_of, responses) if isinstance(r, HttpResponse)), None)
    taken = answer or _NO_ANSWER

    class Provider(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            told(self.command, self.path, body)
            self.send_response(taken.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(taken.body)))
            self.end_headers()
            self.wfile.write(taken.body)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815  (http.server calls them so)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name there)
            """Say nothing: `told` does."""

    return HTTPServer(("127.0.0.1", port), Provider)
