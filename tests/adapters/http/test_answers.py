"""How the API answers: safe headers, problems in three languages, nothing of its insides."""

import re
from pathlib import Path

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adapters
from adapters.http.app import create_app
from adapters.http.problems import Problem, best_language, problem_of, render
from adapters.http.sentences import SENTENCES
from domain import errors
from tests.adapters.http.conftest import Caller, Installation, calling

PATHS = ["/", "/panel/kit", "/sdk/recado.js", "/livez", "/readyz", "/metrics", "/openapi.json",
         "/v1/me", "/v1/chats", "/nothing",
         "/channels/x/webhook", "/v1/chats/x/messages"]  # fmt: skip


async def test_every_answer_has_safe_headers(caller: Caller) -> None:
    """S21"""
    for path in PATHS:
        check_headers(path, await caller.get(path))


def check_headers(path: str, got: httpx.Response) -> None:
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert got.headers["cross-origin-opener-policy"] == "same-origin"
    assert got.headers["cross-origin-resource-policy"] == "same-origin"
    policy = got.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    if path.startswith("/v1"):
        assert got.headers["cache-control"] == "no-store"


REFUSALS: list[tuple[str, str, bytes | None, int, str]] = [
    ("GET", "/v1/nothing", None, 404, "not_found"),
    ("PUT", "/v1/chats", None, 405, "method_not_allowed"),
    ("GET", "/v1/chats?section=nonsense", None, 422, "invalid"),
    ("GET", "/v1/chats?limit=0", None, 422, "invalid"),
    ("GET", "/v1/chats?cursor=nonsense", None, 400, "malformed"),
    ("POST", "/v1/chats/x/messages", b"{oops", 400, "malformed"),
    ("POST", "/v1/chats/x/messages", b'{"text": 1}', 422, "invalid"),
    ("POST", "/v1/chats/x/messages", b'{"text": "x", "novelty": 1}', 422, "invalid"),
    ("POST", "/v1/chats/x/messages", b'{"text": "  "}', 404, "not_found"),
    ("POST", "/v1/chats/x/transfer", b'{"comment": "x"}', 422, "invalid"),
    ("POST", "/v1/chats/x/messages", b'{"text": "' + b"x" * 2_000_000 + b'"}', 413, "too_large"),
    ("POST", "/v1/subscriptions", b'{"views": []}', 422, "invalid"),
    ("POST", "/v1/subscriptions",
     b'{"views": [{"id": "a", "projection": "nonsense"}]}', 422, "invalid"),
    ("POST", "/v1/subscriptions",
     b'{"views": [{"id": "a", "projection": "chats", "params": {"x": 1}}]}', 422, "invalid"),
    ("POST", "/v1/subscriptions",
     b'{"views": [{"id": "m", "projection": "messages", "params": {"chat": "x"}}]}',
     404, "not_found"),
    ("GET", "/v1/subscriptions/x.y/stream", None, 404, "not_found"),
]  # fmt: skip


async def test_every_refusal_is_a_problem(caller: Caller) -> None:
    """S24"""
    for method, path, body, status, code in REFUSALS:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        got = await caller.call(method, path, "ana", content=body, headers=headers)

        assert got.headers["content-type"] == "application/problem+json", path
        assert (got.status_code, got.json()["code"]) == (status, code), (path, got.text)
        assert got.json()["status"] == status
        assert got.json()["title"]


async def test_an_empty_message_is_refused(caller: Caller) -> None:
    chat = await caller.new_chat()
    got = await caller.post(f"/v1/chats/{chat}/messages", "ana", {"text": "  "})

    assert (got.status_code, got.json()["code"]) == (422, "empty_message")


async def test_a_failure_of_ours_tells_nothing_but_an_id(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """S24: no trace, no SQL, no path; the log has the id, and not what was sent."""

    async def broken(*_: object, **__: object) -> None:
        raise ValueError("SELECT secret FROM /etc/passwd")

    async with calling(create_app(installation.parts()), installation) as caller:
        monkeypatch.setattr(installation.queries, "chats", broken)
        got = await caller.get("/v1/chats?q=canary", "ana")

    assert (got.status_code, got.json()["code"]) == (500, "internal")
    assert "secret" not in got.text
    logged = "".join(capsys.readouterr())
    assert got.headers["x-request-id"] in logged
    assert "canary" not in logged
    assert "secret" not in logged


async def test_a_database_that_is_away_is_a_503(installation: Installation) -> None:
    async with calling(create_app(installation.parts()), installation) as caller:
        await caller.get("/v1/me", "ana")
        installation.pool.timeout = 0.1
        await installation.pool.close()
        got = await caller.get("/v1/chats", "ana")
        ready = await caller.get("/readyz")
        alive = await caller.get("/livez")

    assert (got.status_code, got.json()["code"]) == (503, "unavailable")
    assert (ready.status_code, alive.status_code) == (503, 200)
    assert ready.json()["checks"]["views"] == "the database does not answer"


async def test_problems_speak_the_language_that_was_asked_for(caller: Caller) -> None:
    titles = {
        language: (await caller.get("/v1/me", headers={"Accept-Language": language})).json()[
            "title"
        ]
        for language in ("pt-BR", "en-GB", "es", "fr", "")
    }
    assert titles["pt-BR"] == titles["fr"] == titles[""] == "Entre primeiro."
    assert titles["en-GB"] == "Sign in first."
    assert titles["es"] == "Inicie sesión primero."


def test_every_domain_error_has_an_answer_of_its_own() -> None:
    def below(kind: type[errors.RecadoError]) -> list[type[errors.RecadoError]]:
        return [kind, *(error for sub in kind.__subclasses__() for error in below(sub))]

    known = [
        errors.NotFound("chat", "x"), errors.ChatIsClosed("x"), errors.AlreadyAssigned("x", "a"),
        errors.NotAssigned("x"), errors.ChatMovedOn("x", 1, 2),
        errors.OperatorIsNotAvailable("a", "offline"), errors.OperatorIsFull("a", 5),
        errors.ReplyWindowIsClosed("x"), errors.EmptyMessage(), errors.NotYours("x", 1),
        errors.CannotBeCarried("x", "image", "size"),
        errors.NothingToRetry("x", 1), errors.AlreadyExists("x", "y"), errors.NotAllowed("act"),
        errors.IdentityReused("k"), errors.LeaseLost("x"), errors.LogIsBusy("x"),
        errors.NobodyInGroup("g"), errors.NotOneTarget("x"), errors.OverflowIsIncomplete("g"),
        errors.OverflowGoesInCircles(("g", "h", "g")),
        errors.InvalidRecord((("cpf", "invalid_cpf"),)),
        errors.ClientMovedOn("c", 1, 2, ("cpf",)), errors.ClientIsMerged("c", "d"),
        errors.CannotMerge("c", "why"),
        errors.ClientIsErased("c"), errors.ClientIsHeld("c", "why"), errors.ChatIsErased("x"),
        errors.MentionNotSeen("x", ("a",)), errors.TagIsRemoved("vip"),
        errors.UnresolvedVariables(("client.name",)),
    ]  # fmt: skip
    told = [problem_of(error) for error in known]
    in_errors = {e for e in below(errors.RecadoError) if e.__module__ == "domain.errors"}

    assert {type(e) for e in known} == in_errors - {errors.RecadoError, errors.Refused}
    assert all(problem.code != "refused" and problem.code in SENTENCES for problem in told)


def test_every_code_that_is_written_anywhere_has_a_sentence() -> None:
    written = "".join(file.read_text() for file in Path(adapters.__file__).parent.rglob("*.py"))
    codes = set(re.findall(r'(?:Problem|Refusal)\(\s*\d+,\s*"(\w+)"', written))
    assert {"sign_in_failed", "not_found"} <= codes
    assert not codes - SENTENCES.keys()


def test_every_sentence_is_there_in_three_languages() -> None:
    for code, sentences in SENTENCES.items():
        assert set(sentences) == {"pt-BR", "en", "es"}, code
        assert all(sentences.values())


@given(st.text(max_size=200))
def test_any_accept_language_is_answered(header: str) -> None:
    assert best_language(header) in {"pt-BR", "en", "es"}
    assert orjson.loads(render(Problem(404, "not_found"), header).body)["code"] == "not_found"
