"""How people sign in: passwords, sessions that end, second factors, tokens of programs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time
from typing import Any

import httpx
import pytest
from pyotp.totp import TOTP

from adapters.http.app import create_app
from adapters.http.auth import PLAIN_COOKIE
from adapters.http.passwords import Attempts
from domain.acts import Reconfigure
from domain.operator import ChangeOperator
from domain.values import Meta, Role
from tests.adapters.http.conftest import PASSWORD, Caller, Installation, calling
from tests.adapters.http.test_live import ALL, Listener, serving

NEW = "another horse battery"


@pytest.fixture
async def ana(installation: Installation) -> AsyncIterator[Caller]:
    """Ana's browser; guesses are not counted, so that the tests may make some."""
    await installation.password("ana")
    async with calling(create_app(installation.parts()), installation) as caller:
        yield caller


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Attempts, "wait", lambda *_: 0)


async def sign_in(caller: Caller, password: str = PASSWORD, **more: str) -> httpx.Response:
    body = {"email": "ana@ipe.test", "password": password, **more}
    return await caller.post("/v1/session", None, body)


@asynccontextmanager
async def elsewhere(caller: Caller) -> AsyncIterator[Caller]:
    """Yield another browser in which Ana is signed in, too."""
    transport = httpx.ASGITransport(create_app(caller.installation.parts()))
    async with httpx.AsyncClient(transport=transport, base_url="http://recado.test") as http:
        other = Caller(http, caller.installation)
        assert (await sign_in(other)).status_code == 201
        yield other


async def is_in(caller: Caller) -> bool:
    return (await caller.get("/v1/me")).status_code == 200


async def enrol(caller: Caller) -> tuple[TOTP, list[str]]:
    begun = await caller.post("/v1/me/second-factor", None, {"password": PASSWORD})
    assert begun.status_code == 201, begun.text
    assert begun.json()["uri"].startswith("otpauth://totp/Recado:ana%40ipe.test?secret=")
    totp = TOTP(begun.json()["secret"])
    done = await caller.post("/v1/me/second-factor/confirm", None, {"code": totp.now()})
    assert done.status_code == 200, done.text
    return totp, done.json()["recovery_codes"]


def later(totp: TOTP) -> str:
    """Return the code after the present one, which is taken and was not used."""
    return totp.generate_otp(int(time()) // totp.interval + 1)


async def test_another_password_ends_all_other_sessions(ana: Caller) -> None:
    await sign_in(ana)
    async with elsewhere(ana) as other:
        wrong = await ana.call("PUT", "/v1/me/password", json={"current": "x", "new": NEW})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_password")
        changed = await ana.call("PUT", "/v1/me/password", json={"current": PASSWORD, "new": NEW})
        assert changed.status_code == 204
        assert (await is_in(ana), await is_in(other)) == (True, False)
        assert [(await sign_in(other, p)).status_code for p in (PASSWORD, NEW)] == [401, 201]


@pytest.mark.parametrize(
    "change",
    [{"role": Role.SUPERVISOR}, {"active": False}],
    ids=["another role", "leaving"],
)
async def test_sessions_end_with_what_they_rest_on(ana: Caller, change: dict[str, Any]) -> None:
    """At the next request, in every process; they do not come back with a reactivation."""
    await sign_in(ana)
    stream = f"operator-{ana.installation.ids['ana']}"
    await ana.installation.ask(stream, ChangeOperator(**change))
    assert not await is_in(ana)
    await ana.installation.ask(stream, ChangeOperator(active=True))
    assert not await is_in(ana)
    is_token_good = (await ana.get("/v1/me", "ana")).status_code == 200
    assert is_token_good is ("role" in change)


async def test_a_feed_ends_with_its_session(installation: Installation) -> None:
    await installation.password("ana")
    async with serving(create_app(installation.parts()), installation) as live:
        await sign_in(live)
        listener = Listener(live, None)
        await listener.subscribe(ALL)
        async with listener.listening():
            reset = f"/v1/operators/{installation.ids['ana']}/password"
            told = await live.call("POST", reset, "admin", json={}, headers={"Cookie": ""})
            assert len(told.json()["password"]) >= 12
            await listener.until(lambda: listener.follower.heard[-1].name == "bye")
            assert listener.follower.heard[-1].data["reason"] == "signed_out"


async def test_one_sees_where_one_is_signed_in_and_ends_it(ana: Caller) -> None:
    await sign_in(ana)
    async with elsewhere(ana) as other:
        items = (await ana.get("/v1/me/sessions")).json()["items"]
        assert sorted(item["current"] for item in items) == [False, True]
        (theirs,) = (item["id"] for item in items if not item["current"])
        assert (await ana.call("DELETE", f"/v1/me/sessions/{theirs}")).status_code == 204
        assert (await is_in(ana), await is_in(other)) == (True, False)
        await sign_in(other)
        assert (await ana.call("DELETE", "/v1/me/sessions")).status_code == 204
        assert (await is_in(ana), await is_in(other)) == (False, False)


async def test_a_second_factor_is_asked_for_and_each_code_is_good_once(ana: Caller) -> None:
    await sign_in(ana)
    totp, on_paper = await enrol(ana)
    assert await is_in(ana)
    needed = await sign_in(ana)
    assert (needed.status_code, needed.json()["code"]) == (401, "second_factor_needed")
    used = await sign_in(ana, code=totp.now())
    assert (used.status_code, used.json()["code"]) == (401, "wrong_code")
    code = later(totp)
    assert [(await sign_in(ana, code=code)).status_code for _ in range(2)] == [201, 401]
    paper = on_paper[3].upper()
    assert [(await sign_in(ana, code=paper)).status_code for _ in range(2)] == [201, 401]


async def test_the_secret_of_a_second_factor_is_not_readable_in_the_database(ana: Caller) -> None:
    await sign_in(ana)
    totp, on_paper = await enrol(ana)
    async with ana.installation.pool.connection() as connection:
        rows = await (await connection.execute("SELECT * FROM recado_second_factors")).fetchall()
    stored = b"".join(bytes(one) for row in rows for one in (row[1], *row[4]))
    assert totp.secret.encode() not in stored
    assert on_paper[0].encode() not in stored


async def test_who_lost_his_second_factor_is_let_in_by_an_administrator(ana: Caller) -> None:
    await sign_in(ana)
    await enrol(ana)
    lift = f"/v1/operators/{ana.installation.ids['ana']}/second-factor"
    assert (await ana.call("DELETE", lift, "admin")).status_code == 204
    assert not await is_in(ana)
    assert (await sign_in(ana)).status_code == 201


async def test_a_company_can_ask_everybody_for_a_second_factor(ana: Caller) -> None:
    """Who has none can add one, and nothing else; programs are not asked."""
    await sign_in(ana)
    required = Reconfigure(changes={"require_second_factor": True}, meta=Meta("cli", "test"))
    await ana.installation.desk.submit(required)
    refused = await ana.get("/v1/chats")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required")
    assert (await ana.get("/v1/me")).json()["lacks_second_factor"]
    assert (await ana.get("/v1/chats", "ana")).status_code == 200
    await enrol(ana)
    assert (await ana.get("/v1/chats")).status_code == 200


async def test_a_token_may_do_what_it_was_made_for_until_it_is_withdrawn(ana: Caller) -> None:
    await sign_in(ana)
    beyond = await ana.post("/v1/tokens", None, {"name": "x", "scopes": ["administer"]})
    assert (beyond.status_code, beyond.json()["code"]) == (403, "not_allowed")
    made = (await ana.post("/v1/tokens", None, {"name": "BI", "scopes": ["read"]})).json()
    ana.installation.tokens["bi"] = made["token"]
    cookie = {"Cookie": f"{PLAIN_COOKIE}=none"}

    assert (await ana.get("/v1/me", "bi", headers=cookie)).json()["rights"] == ["read"]
    assert (await ana.get("/v1/chats", "bi", headers=cookie)).status_code == 200
    presence = {"json": {"status": "online"}, "headers": cookie}
    assert (await ana.call("PUT", "/v1/me/presence", "bi", **presence)).status_code == 403
    (listed,) = (t for t in (await ana.get("/v1/tokens")).json()["items"] if t["name"] == "BI")
    assert (listed["scopes"], listed["last_used_at"] is not None) == (["read"], True)
    assert (await ana.call("DELETE", f"/v1/tokens/{made['id']}")).status_code == 204
    assert (await ana.get("/v1/me", "bi", headers=cookie)).status_code == 401


async def test_a_switch_hides_new_chats_everywhere(caller: Caller) -> None:
    """V13"""
    chat = await caller.new_chat()
    assert (await caller.get(f"/v1/chats/{chat}", "ana")).status_code == 200
    stream = f"operator-{caller.installation.ids['ana']}"
    await caller.installation.ask(stream, ChangeOperator(sees_new=False))
    assert (await caller.get(f"/v1/chats/{chat}", "ana")).status_code == 404
    assert await caller.chats("ana") == await caller.chats("ana", "new") == []
    assert (await caller.get("/v1/counts", "ana")).json()["new"] == 0
    pulled = await caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    assert pulled.status_code == 404
    assert [c["id"] for c in await caller.chats("bia")] == [chat]
