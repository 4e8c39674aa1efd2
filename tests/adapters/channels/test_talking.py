"""A stand-in for a provider: it writes in as its cases say, and takes what is sent."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.channels._template import Auth, Way
from adapters.channels.base import HttpResponse, SendOk, Verdict
from adapters.channels.conformance import Subject
from adapters.channels.conformance.speaking import message_of
from adapters.channels.conformance.talking import message_to, provider_on
from deploy.cli import main
from deploy.commands import channels
from domain.content import Text
from domain.inbound import MessageArrived
from tests.adapters.channels.conformance_kit import package, subject_in

WEBHOOK = "http://127.0.0.1:8080/channels/acme/webhook"


@pytest.mark.parametrize("auth", [Auth.HMAC_SHA256, Auth.BEARER_HEADER, Auth.BODY_SECRET])
def test_what_it_posts_is_signed_for_where_it_goes(tmp_path: Path, auth: Auth) -> None:
    where = package(tmp_path, f"talk_{auth.value.replace('-', '_')}", Way.WEBHOOK_JSON, auth)
    with subject_in(where) as subject:
        said = message_to(subject, WEBHOOK)
        assert (said.public_url, said.path) == (WEBHOOK, "/channels/acme/webhook")
        assert subject.make().verify(said) is Verdict.OK
        (arrived,) = subject.make().parse(said)
        assert isinstance(arrived, MessageArrived)


def test_it_takes_a_call_and_answers_as_the_cases_say(tmp_path: Path) -> None:
    told: list[tuple[str, str, bytes]] = []
    with subject_in(package(tmp_path, "talk_answers")) as subject:
        provider = provider_on(subject, 0, lambda *call: told.append(call))
        with serving_once(provider) as address:
            adapter = subject.make(api_base=address)
            (call,) = adapter.build(message_of(subject, Text(text="Bom dia!")))
            answer = httpx.request(
                call.method, call.url, headers=list(call.headers), content=call.content
            )
        result = adapter.classify(call, HttpResponse(answer.status_code, (), answer.content))
    assert isinstance(result, SendOk)
    ((method, path, body),) = told
    assert (method, path) == ("POST", "/messages")
    assert b"Bom dia!" in body


@contextmanager
def serving_once(server: HTTPServer) -> Iterator[str]:
    """Serve one call in another thread while the block lasts."""
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        thread.join(30)
        server.server_close()


def test_the_command_posts_shows_the_call_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where = package(tmp_path, "talk_command")
    made: list[HTTPServer] = []

    def on_any_port(subject: Subject, _: int, told: Callable[[str, str, bytes], None]) -> Any:
        made.append(provider_on(subject, 0, told))
        return made[0]

    class House(BaseHTTPRequestHandler):
        """Takes the webhook, and answers the client."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()
            address = f"http://127.0.0.1:{made[0].server_port}/messages"
            given = {"content": b"Oi!", "timeout": 30}
            threading.Thread(target=httpx.post, args=(address,), kwargs=given).start()

    monkeypatch.setattr(channels, "provider_on", on_any_port)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with serving_once(HTTPServer(("127.0.0.1", 0), House)) as address:
        command = ["recado", "channel", "talk", str(where), "--webhook", address]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as ended:
            main()
    told = capsys.readouterr().out
    assert ended.value.code in {0, None}
    assert "answered 200 to" in told
    assert "POST /messages Oi!" in told
