"""Signing in at a provider, over real HTTP with one that is strict, and wrong when told to be."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey

from adapters.http.app import create_app
from adapters.http.oidc import journey as journeys
from adapters.http.oidc.config import OidcConfig, checked_issuer
from domain.account import AccountSettings, ConfigureAccount
from domain.operator import ChangeOperator
from tests.adapters.http.conftest import Caller, Installation, calling
from tests.providers.oidc_provider import CLIENT, KEYS, SECRET, OidcProvider, provided

START, BACK = "/v1/session/oidc", "/v1/session/oidc/callback"


@pytest.fixture
async def provider() -> AsyncIterator[OidcProvider]:
    async with provided() as one:
        yield one


@asynccontextmanager
async def browsing(
    installation: Installation, provider: OidcProvider, base: str = "http://recado.test"
) -> AsyncIterator[Caller]:
    """Yield a browser of its own before an installation that trusts the provider."""
    config = OidcConfig(provider.issuer, CLIENT, SECRET, "Ipê ID")
    async with calling(create_app(installation.parts(oidc=config)), installation) as caller:
        caller.http.base_url = httpx.URL(base)
        yield caller


@pytest.fixture
async def browser(installation: Installation, provider: OidcProvider) -> AsyncIterator[Caller]:
    async with browsing(installation, provider) as one:
        yield one


async def gone(browser: Caller, to: str = "") -> str:
    """Return the way back from the provider, path and query, for who set out just now."""
    off = await browser.get(START + (f"?back_to={to}" if to else ""))
    assert off.status_code == 302, off.text
    async with httpx.AsyncClient(trust_env=False) as http:
        at_provider = await http.get(off.headers["location"])
    back = urlsplit(at_provider.headers["location"])
    return f"{back.path}?{back.query}"


async def signed_in(browser: Caller) -> httpx.Response:
    return await browser.get(await gone(browser))


def code_of(got: httpx.Response) -> tuple[int, str]:
    return got.status_code, got.json()["code"]


async def test_somebody_signs_in_at_the_provider(browser: Caller) -> None:
    """As good as a password: the same session, and the cookie of the journey is gone."""
    ways = (await browser.get("/v1/session/ways")).json()
    back = await browser.get(await gone(browser, "/panel/inbox/open"))
    me = await browser.get("/v1/me")

    assert ways == {"password": True, "oidc": {"name": "Ipê ID", "start": START}}
    assert (back.status_code, back.headers["location"]) == (303, "/panel/inbox/open")
    assert me.json()["email"] == "ana@ipe.test"
    assert [cookie.name for cookie in browser.http.cookies.jar] == ["recado"]


async def test_over_https_both_cookies_are_bound_to_the_host(
    installation: Installation, provider: OidcProvider
) -> None:
    async with browsing(installation, provider, "https://recado.test") as browser:
        off = await browser.get(START)
        came = await signed_in(browser)
    asked = parse_qs(urlsplit(off.headers["location"]).query)
    kept = [*off.headers.get_list("set-cookie"), *came.headers.get_list("set-cookie")]

    assert asked["redirect_uri"] == [f"https://recado.test{BACK}"]
    assert {one.partition("=")[0] for one in kept} == {"__Host-recado", "__Host-recado-oidc"}
    for one in kept:
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(one.split("; ")), one


async def test_without_a_provider_there_is_only_the_password(caller: Caller) -> None:
    ways = (await caller.get("/v1/session/ways")).json()

    assert ways == {"password": True, "oidc": None}
    for path in (START, BACK):
        assert code_of(await caller.get(path)) == (404, "not_found")


async def test_the_provider_is_who_asks_for_second_factors(
    installation: Installation, browser: Caller
) -> None:
    required = ConfigureAccount(settings=AccountSettings(require_second_factor=True))
    await installation.ask("account-main", required)
    await signed_in(browser)

    assert (await browser.get("/v1/chats")).status_code == 200


async def test_unknown_inactive_and_unverified_get_the_same_answer(
    installation: Installation, provider: OidcProvider, browser: Caller
) -> None:
    """Nobody is made, and nobody learns whether there is such an operator."""
    before = await installation.events()
    provider.person["email"] = "zoe@ipe.test"
    unknown = await signed_in(browser)
    events = await installation.events() - before
    provider.person = {"email": "ana@ipe.test", "email_verified": "true"}
    unverified = await signed_in(browser)
    provider.person = {"sub": "4711"}
    nameless = await signed_in(browser)
    await installation.ask(f"operator-{installation.ids['bia']}", ChangeOperator(active=False))
    provider.person = {"email": "bia@ipe.test", "email_verified": True}
    inactive = await signed_in(browser)

    assert events == 0
    assert code_of(unknown) == (403, "nobody_here")
    assert unknown.content == unverified.content == nameless.content == inactive.content


Wrong = Callable[[OidcProvider], Any]
WRONG: dict[str, Wrong] = {
    "another nonce": lambda p: p.says.update(nonce="another"),
    "no nonce": lambda p: p.says.update(nonce=None),
    "another issuer": lambda p: p.says.update(iss="https://evil.test"),
    "no issuer": lambda p: p.says.update(iss=None),
    "another audience": lambda p: p.says.update(aud="another"),
    "another authorized party": lambda p: p.says.update(aud=[CLIENT, "x"], azp="x"),
    "expired": lambda p: p.says.update(exp=int(time.time()) - 3600),
    "no end": lambda p: p.says.update(exp=None),
    "from the future": lambda p: p.says.update(iat=int(time.time()) + 3600),
    "nobody": lambda p: p.says.update(sub=None),
    "times that are none": lambda p: p.says.update(exp="soon"),
    "another access token": lambda p: p.says.update(at_hash="another"),
    "a key that is not the provider's": lambda p: vars(p).update(key=KEYS[1]),
    "a key that nobody has": lambda p: p.header.update(kid="k9"),
    "no signature": lambda p: p.header.update(alg="none"),
    "the client's secret": lambda p: vars(p).update(
        header={"alg": "HS256", "kid": "k1"}, key=OctKey.import_key("x" * 64)
    ),
}


async def test_a_token_that_is_not_for_this_sign_in_opens_nothing(
    provider: OidcProvider, browser: Caller
) -> None:
    """OpenID Connect Core 3.1.3.7, each point wrong by itself."""
    wrong = {}
    for what, make_wrong in WRONG.items():
        provider.says, provider.header, provider.key = {}, {"alg": "RS256", "kid": "k1"}, KEYS[0]
        make_wrong(provider)
        got = await signed_in(browser)
        if code_of(got) != (401, "sign_in_failed") or "recado" in browser.http.cookies:
            wrong[what] = got.text
    assert not wrong

    provider.says, provider.header, provider.key = {}, {"alg": "RS256", "kid": "k1"}, KEYS[0]
    assert (await signed_in(browser)).status_code == 303


async def test_who_did_not_set_out_here_does_not_come_in(
    installation: Installation, provider: OidcProvider, browser: Caller
) -> None:
    """Another `state`, another browser, no journey at all: and the provider is not even asked."""
    back = await gone(browser)
    forged = await browser.get(back.replace("state=", "state=x"))
    async with browsing(installation, provider) as other:
        elsewhere = await other.get(back)
        await gone(other)
        swapped = await other.get(back)
    plain = await browser.get(f"{BACK}?code=x&state=y")

    for got in (forged, elsewhere, swapped, plain):
        assert code_of(got) == (401, "sign_in_failed")
    assert "token" not in provider.asked


async def test_a_way_back_is_good_once_and_for_ten_minutes(
    provider: OidcProvider, browser: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = await gone(browser)
    cookie = browser.http.cookies["recado-oidc"]
    first = await browser.get(back)
    browser.http.cookies.clear()
    again = await browser.get(back)
    # Even who kept the cookie is refused: the provider takes a code once.
    replayed = await browser.get(back, headers={"Cookie": f"recado-oidc={cookie}"})
    monkeypatch.setattr(journeys, "LASTS", -1)
    late = await signed_in(browser)

    assert first.status_code == 303
    assert [code_of(got) for got in (again, replayed, late)] == [(401, "sign_in_failed")] * 3


async def test_a_cookie_that_we_did_not_seal_is_no_journey(browser: Caller) -> None:
    for made_up in ("", "zz", "00" * 40, "7b7d"):
        headers = {"Cookie": f"recado-oidc={made_up}"}
        got = await browser.get(f"{BACK}?code=x&state=y", headers=headers)
        assert code_of(got) == (401, "sign_in_failed")


async def test_a_browser_is_led_to_the_panel_which_says_why(
    provider: OidcProvider, browser: Caller
) -> None:
    html = {"Accept": "text/html,*/*;q=0.8"}
    declined = await browser.get(f"{BACK}?error=access_denied&state=x", headers=html)
    provider.names["issuer"] = "https://another.test"
    away = await browser.get(START, headers=html)

    assert declined.headers["location"] == "/panel?refused=sign_in_failed"
    assert away.headers["location"] == "/panel?refused=provider_away"


async def test_nobody_is_led_elsewhere_afterwards(browser: Caller) -> None:
    for to in ("//evil.test", "/panel/../v1", "https://evil.test/panel", "/panel//evil.test"):
        back = await browser.get(await gone(browser, to))
        assert back.headers["location"] == "/panel", to


async def test_an_email_that_only_userinfo_tells_is_good_for_the_same_person_alone(
    provider: OidcProvider, browser: Caller
) -> None:
    provider.in_userinfo = {**provider.person, "sub": "another"}
    of_another = await signed_in(browser)
    provider.in_userinfo = dict(provider.person)
    his = await signed_in(browser)

    assert code_of(of_another) == (403, "nobody_here")
    assert his.status_code == 303


async def test_keys_are_kept_and_read_anew_for_one_that_is_new(
    provider: OidcProvider, browser: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    await signed_in(browser)
    await signed_in(browser)
    kept = list(provider.asked)
    provider.published, provider.key, provider.header["kid"] = [KEYS[1]], KEYS[1], "k2"
    too_soon = await signed_in(browser)
    monkeypatch.setattr("adapters.http.oidc.provider.ASKED_AGAIN_AFTER", 0.0)
    rotated = await signed_in(browser)

    assert (kept.count("discovery"), kept.count("keys")) == (1, 1)
    assert (too_soon.status_code, rotated.status_code) == (401, 303)


async def test_a_provider_that_is_away_or_leads_inwards_is_a_503(
    provider: OidcProvider, browser: Caller
) -> None:
    """What its document names has to be safe and public, its own origin apart."""
    provider.names["token_endpoint"] = "http://169.254.169.254/token"
    listened_to = await browser.get(START)
    provider.names["token_endpoint"] = "https://127.0.0.1/token"
    inwards = await signed_in(browser)
    provider.issuer = "http://127.0.0.1:1"
    async with browsing(browser.installation, provider) as other:
        away = await other.get(START)

    for got in (listened_to, inwards, away):
        assert code_of(got) == (503, "provider_away")


def test_an_issuer_is_an_https_address() -> None:
    """Or on this machine: nobody listens on the way there."""
    for good in ("https://id.ipe.test/realms/x", "http://127.0.0.1:9000", "http://localhost:1"):
        assert checked_issuer(good) == good
    for bad in (
        "http://id.ipe.test",
        "ftp://id.ipe.test",
        "id.ipe.test",
        "https://x?y",
        "https://",
    ):
        with pytest.raises(ValueError, match="address"):
            checked_issuer(bad)
