"""
No channel takes in what its provider did not sign (M3).

`RECADO_FORGERIES=10000` for a long look: so many requests over all the channels.
"""

import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import orjson
import pytest

from adapters.channels.base import RawRequest
from adapters.channels.conformance import Subject, subject_of
from adapters.channels.conformance.cases import Account
from adapters.channels.conformance.signing import forgeries, sign
from adapters.channels.registry import installed
from adapters.channels.webchat.config import WebChatConfig
from adapters.channels.webchat.visitors import Visitor, issue
from adapters.http.app import create_app
from tests.adapters.http import conftest
from tests.adapters.http.conftest import Caller, Installation, calling

CASES: Final = Path(__file__).parents[1] / "channels" / "cases"
CALLED: Final = ("whatsapp", "messenger", "instagram", "telegram", "twilio", "vk", "webchat")
"""Of the built-in channels, those that are called; mail is fetched."""
FORGERIES: Final = int(os.environ.get("RECADO_FORGERIES", "1000"))

Forger = Callable[[Subject, RawRequest, Random], RawRequest]


@cache
def subject(kind: str) -> Subject:
    return subject_of(installed().adapter_class(kind), CASES / kind)


@cache
def genuine(kind: str) -> list[RawRequest]:
    """Return the signed requests of a channel's cases."""
    cases = subject(kind).cases
    signed = [subject(kind).request(case) for case in cases.inbound if case.is_signed]
    return [as_of_now(request) for request in signed] if kind == "webchat" else signed


def as_of_now(request: RawRequest) -> RawRequest:
    """Return a visitor's request with a token that was issued now, and not when the cases say."""
    config = WebChatConfig.model_validate(subject("webchat").cases.account.config)
    visitor = Visitor("v-ana", "https://www.ipe.test", datetime.now(UTC))
    token = ("authorization", f"Bearer {issue(config, visitor)}")
    others = tuple(pair for pair in request.headers if pair[0] != "authorization")
    return replace(request, headers=(*others, token))


def with_the_secret_of_another(one: Subject, request: RawRequest, chance: Random) -> RawRequest:
    account = one.cases.account
    key = account.sign["key"]
    other = {**account.config, key: f"another-{chance.randrange(10**9)}"}
    value = {"value": f"Bearer {chance.randbytes(40).hex()}"} if "value" in account.sign else {}
    forger = Account(config=other, sign={**account.sign, **value})
    return sign(forger, unsigned(one, request))


def unsigned(one: Subject, request: RawRequest, *_: Random) -> RawRequest:
    how = one.cases.account.sign
    if how["scheme"] == "body":
        body = orjson.loads(request.body)
        del body[how["field"]]
        return replace(request, body=orjson.dumps(body))
    others = tuple(pair for pair in request.headers if pair[0] != how["header"])
    return replace(request, headers=others)


def with_a_flipped_bit(one: Subject, request: RawRequest, chance: Random) -> RawRequest:
    """Flip a bit of what the signature is over, or of what proves who calls."""
    how = one.cases.account.sign
    if how["scheme"] == "hmac" and chance.random() < 0.7:
        return replace(request, body=flipped(request.body, chance))
    if how["scheme"] == "body":
        body = orjson.loads(request.body)
        body[how["field"]] = changed(body[how["field"]], chance)
        return replace(request, body=orjson.dumps(body))
    headers = [
        (name, changed(value, chance) if name == how["header"] else value)
        for name, value in request.headers
    ]
    return replace(request, headers=tuple(headers))


def spelled_otherwise(one: Subject, request: RawRequest, chance: Random) -> RawRequest:
    """Write a signed body anew, with the old signature; where nobody signs bodies, sign wrongly."""
    if one.cases.account.sign["scheme"] != "hmac":
        return with_the_secret_of_another(one, request, chance)
    return replace(request, body=request.body.replace(b":", b" : ").replace(b"=", b"%3D") + b" ")


def as_the_kit_forges(one: Subject, request: RawRequest, chance: Random) -> RawRequest:
    return chance.choice([forged for _, forged in forgeries(one.cases.account, request)])


def flipped(content: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


def changed(text: str, chance: Random) -> str:
    """Return a secret or signature with one letter changed, always another one in its place."""
    # The last letter of base64 may hold bits that say nothing.
    at = chance.randrange(len(text) - 2)
    return text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]


FORGERS: Final[tuple[Forger, ...]] = (
    with_the_secret_of_another,
    unsigned,
    with_a_flipped_bit,
    spelled_otherwise,
    as_the_kit_forges,
)


@pytest.fixture
async def connected(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Caller]:
    """An application with an account on every channel that is called, named as its kind."""
    for kind in CALLED:
        settings: tuple[str, dict[str, Any]] = (kind, subject(kind).cases.account.config)
        monkeypatch.setitem(conftest.CHANNELS, kind, settings)
        await installation.channel(kind, "Sales")
    async with calling(create_app(installation.parts()), installation) as caller:
        yield caller


async def deliver(caller: Caller, kind: str, request: RawRequest) -> httpx.Response:
    headers = [(n.encode(), v.encode("utf-8", "surrogateescape")) for n, v in request.headers]
    if not request.headers_named("content-type"):
        headers.append((b"content-type", b"application/json"))
    path, query = f"/channels/{kind}/webhook", dict(request.query)
    return await caller.http.post(path, params=query, content=request.body, headers=headers)


async def test_what_is_forged_is_refused_and_leaves_nothing(connected: Caller) -> None:
    """M3: other secrets, flipped bits, bodies spelled otherwise, missing and doubled proofs."""
    before = await connected.installation.events()
    chance = Random(20300102)
    for turn in range(FORGERIES):
        kind, forge = CALLED[turn % len(CALLED)], chance.choice(FORGERS)
        request = forge(subject(kind), chance.choice(genuine(kind)), chance)
        got = await deliver(connected, kind, request)
        assert got.status_code in {401, 403}, (kind, forge.__name__, request)

    assert await connected.installation.events() == before


async def test_the_same_requests_are_taken_as_they_were_signed(connected: Caller) -> None:
    """The judge can fail: what is refused above is refused for its forgery alone."""
    for kind in CALLED:
        for request in genuine(kind):
            got = await deliver(connected, kind, request)
            assert got.is_success, (kind, request)
