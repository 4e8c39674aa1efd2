"""Who gets in: passwords, sessions, tokens, other sites, and how often one may try."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from adapters.http import passwords
from adapters.http.app import create_app
from adapters.http.passwords import Attempts
from adapters.http.sessions import new_token
from tests.adapters.http.conftest import PASSWORD, Caller, Installation, calling


async def sign_in(caller: Caller, name: str = "ana", password: str = PASSWORD, **how: Any) -> Any:
    body = {"email": f"{name}@ipe.test", "password": password}
    return await caller.post("/v1/session", None, body, **how)


async def test_a_session_lasts_from_signing_in_to_signing_out(caller: Caller) -> None:
    await caller.installation.password("ana")
    assert (await caller.get("/v1/me")).status_code == 401
    signed_in = await sign_in(caller)
    me = await caller.get("/v1/me")
    out = await caller.call("DELETE", "/v1/session")

    assert signed_in.status_code == 201
    assert (me.json()["name"], me.json()["rights"]) == ("Ana", ["read", "act"])
    assert out.status_code == 204
    caller.http.cookies.set("recado", signed_in.cookies["recado"])
    assert (await caller.get("/v1/me")).status_code == 401


async def test_a_session_on_plain_http_and_on_https(installation: Installation) -> None:
    """S6: `__Host-` and Secure where the address allows it."""
    await installation.password("ana")
    app = create_app(installation.parts())
    async with calling(app, installation) as caller:
        plain = (await sign_in(caller)).headers["set-cookie"]
        https = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://recado.test"
        )
        async with https as http:
            body = {"email": "ANA@ipe.test ", "password": PASSWORD}
            got = await http.post("/v1/session", json=body)
            me = await http.get("/v1/me")

    secure = got.headers["set-cookie"]
    assert plain.startswith("recado=")
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    assert secure.startswith("__Host-recado=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(secure.split("; "))
    assert me.status_code == 200
    assert got.headers["strict-transport-security"]


async def test_wrong_names_and_wrong_passwords_look_the_same(caller: Caller) -> None:
    """S5: the same answer, after the same work."""
    await caller.installation.password("ana")
    times: dict[str, list[float]] = {"ana": [], "nobody": []}
    answers = set()
    for _ in range(4):
        for name, taken in times.items():
            started = time.perf_counter()
            got = await sign_in(caller, name, "wrong")
            taken.append(time.perf_counter() - started)
            answers.add((got.status_code, got.text))

    assert len(answers) == 1
    assert next(iter(answers))[0] == 401
    known, unknown = min(times["ana"]), min(times["nobody"])
    assert 0.5 < known / unknown < 2


async def test_guessing_is_slowed_down(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """S5: ten attempts a quarter of an hour; the eleventh does not reach the hash."""
    await caller.installation.password("ana")
    hashed = 0

    def counted(_: str, __: str) -> bool:
        nonlocal hashed
        hashed += 1
        return False

    monkeypatch.setattr(passwords, "fits", counted)
    answers = [await sign_in(caller, "ana", "wrong") for _ in range(12)]

    assert [a.status_code for a in answers] == [401] * 10 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 800
    assert hashed == 10


def test_one_place_cannot_lock_somebody_out() -> None:
    """S5"""
    now = 0.0
    attempts = Attempts(lambda: now)
    for _ in range(30):
        attempts.wait("ana", "10.0.0.1")

    assert attempts.wait("ana", "10.0.0.1") > 0
    assert attempts.wait("ana", "10.0.0.2") == 0
    assert sum(attempts.wait(f"{n}", "10.0.0.3") == 0 for n in range(150)) == 100
    now = 15 * 60.0 + 1
    assert attempts.wait("ana", "10.0.0.1") == 0


def test_a_successful_sign_in_forgives_the_failed_ones() -> None:
    attempts = Attempts(lambda: 0.0)
    for _ in range(9):
        attempts.wait("ana", "10.0.0.1")
    attempts.forgive("ana", "10.0.0.1")

    assert [attempts.wait("ana", "10.0.0.1") for _ in range(10)] == [0] * 10


SITES: list[tuple[dict[str, str], int]] = [
    ({"Sec-Fetch-Site": "same-origin"}, 200),
    ({"Sec-Fetch-Site": "none"}, 200),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Origin": "http://recado.test"}, 200),
    ({"Origin": "http://evil.test"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://recado.test.evil.test"}, 403),
    ({"Content-Type": "text/plain"}, 403),
    ({"Content-Type": "application/x-www-form-urlencoded"}, 403),
    ({}, 200),
]


async def test_another_site_cannot_act_with_our_cookie(caller: Caller) -> None:
    """S7"""
    await caller.installation.password("ana")
    await sign_in(caller)
    for headers, status in SITES:
        sent = {"Content-Type": "application/json", **headers}
        got = await caller.call(
            "PUT", "/v1/me/presence", content=b'{"status": "online"}', headers=sent
        )

        assert got.status_code == status, headers


async def test_another_site_cannot_sign_somebody_in(caller: Caller) -> None:
    await caller.installation.password("ana")
    got = await sign_in(caller, headers={"Origin": "http://evil.test"})

    assert (got.status_code, got.json()["code"]) == (403, "cross_site")


async def test_only_good_tokens_let_in(caller: Caller) -> None:
    for credential in (
        "", "Bearer", "Bearer ", "Bearer rcd_x_y", f"Bearer {new_token()}", "Basic YTpi",
        "bearer \x00",
    ):  # fmt: skip
        got = await caller.get("/v1/me", headers={"Authorization": credential})

        assert (got.status_code, got.json()["code"]) == (401, "not_authenticated")
        assert got.headers["www-authenticate"] == "Bearer"


async def test_a_session_is_no_token_and_a_token_no_session(caller: Caller) -> None:
    await caller.installation.password("ana")
    session = (await sign_in(caller)).cookies["recado"]
    caller.http.cookies.clear()
    as_token = await caller.get("/v1/me", headers={"Authorization": f"Bearer {session}"})
    cookie = {"Cookie": f"recado={caller.installation.tokens['ana']}"}
    as_session = await caller.get("/v1/me", headers=cookie)

    assert (as_token.status_code, as_session.status_code) == (401, 401)


async def test_nothing_that_lets_in_is_stored_as_it_is(caller: Caller) -> None:
    await caller.installation.password("ana")
    session = (await sign_in(caller)).cookies["recado"]
    async with caller.installation.pool.connection() as connection:
        rows = await connection.execute(
            "SELECT s::text, c::text FROM recado_sessions s, recado_credentials c"
        )
        stored = str(await rows.fetchall())

    assert session not in stored
    assert PASSWORD not in stored
    assert "$argon2id$" in stored


@pytest.mark.parametrize(
    "change",
    [
        "expires_at = clock_timestamp()",
        "created_at = created_at - interval '12 hours', expires_at = expires_at - interval '2m'",
    ],
)
async def test_a_session_ends_unused_and_after_half_a_day(caller: Caller, change: str) -> None:
    """S6: half an hour without use, twelve hours in any case."""
    await caller.installation.password("ana")
    await sign_in(caller)
    async with caller.installation.pool.connection() as connection:
        sql = f"UPDATE recado_sessions SET {change} WHERE kind = 'session'"
        await connection.execute(sql.encode())

    async with asyncio.timeout(10):
        while (await caller.get("/v1/me")).status_code != 401:  # noqa: ASYNC110  (no event for it)
            await asyncio.sleep(0.2)


async def test_an_operator_who_left_is_out_at_once(caller: Caller) -> None:
    assert (await caller.get("/v1/me", "ana")).status_code == 200
    await caller.installation.move("ana", active=False)

    assert (await caller.get("/v1/me", "ana")).status_code == 401
