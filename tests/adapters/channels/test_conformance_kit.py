"""The conformance kit finds what is wrong, and nothing else: an adapter spoiled for each check."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.channels._template import Auth, Way, write
from adapters.channels.conformance import CHECKS, CasesRefused, Level, examine, subject_of
from adapters.channels.conformance.matching import differences
from adapters.channels.conformance.report import Report
from adapters.channels.conformance.static import static
from adapters.channels.whatsapp import WhatsApp
from tests.adapters.channels.conformance_kit import importable, package, spoil, subject_in

REPORTED = "self.reported(id_, MessageState.DELIVERED, at)"
ARRIVED = 'self.arrived(id_, sender, text_of(said, "text") or "", at, text_of(said, "name"))'
CALL = 'self.post(f"{self.config.api_base}/messages", fields, self.config.secret)'
READ = "        at = moment_of("


@dataclass(frozen=True)
class Spoiled:
    """One thing done wrong, and the one check that is to find it."""

    check: str
    old: str
    new: str
    head: str = ""


SPOILED = (
    Spoiled("cases", 'text_of(said, "text") or ""', '(text_of(said, "text") or "").upper()'),
    Spoiled(
        "signature",
        'return proofs.hmac_sha256(request, "x-bad-signature", self.config.secret)',
        "return Verdict.OK",
    ),
    Spoiled(
        "handshake",
        "    def account_ref(",
        "    def handshake(self, request):\n"
        '        return Ack(body=b"hi") if request.method == "GET" else None\n\n'
        "    def account_ref(",
        "from adapters.channels.base import Ack\n",
    ),
    Spoiled("totality", READ, f'        said["type"].upper()\n{READ}'),
    Spoiled(
        "tolerance", "if not id_ or not sender:", 'if not id_ or not sender or "at" not in said:'
    ),
    Spoiled(
        "determinism",
        REPORTED,
        f'replace({REPORTED}, dedup_key=f"s:{{request.received_at}}")',
        "from dataclasses import replace\n",
    ),
    Spoiled("safety", REPORTED, REPORTED.replace("at)", "at.replace(tzinfo=None))")),
    Spoiled(
        "outbound",
        CALL,
        CALL.replace('f"{self.config.api_base}/messages"', '"https://elsewhere.test/messages"'),
    ),
    Spoiled(
        "classify",
        "    def account_ref(",
        "    def provider_id(self, answer):\n"
        '        return text_of(answer, "id") or "0"\n\n'
        "    def account_ref(",
    ),
    Spoiled(
        "capabilities", "{MessageState.DELIVERED}", "{MessageState.DELIVERED, MessageState.READ}"
    ),
    Spoiled(
        "network",
        READ,
        "        with suppress(OSError):\n"
        '            socket.create_connection(("127.0.0.1", 9), 0.1).close()\n'
        f"{READ}",
        "import socket\nfrom contextlib import suppress\n",
    ),
    Spoiled(
        "end-to-end",
        ARRIVED,
        f'replace({ARRIVED}, dedup_key="m:m1")',
        "from dataclasses import replace\n",
    ),
    Spoiled(
        "documentation",
        'setup=("Copy the account\'s name and its secret from the provider.",)',
        "setup=()",
    ),
)


def test_the_unspoiled_adapter_is_gold(tmp_path: Path) -> None:
    with subject_in(package(tmp_path, "bad")) as subject:
        report = examine(subject)
        assert {name: found for name, found in report.findings.items() if found} == {}
        assert report.level is Level.GOLD
        assert list(static(subject, "bad")) == []


@pytest.mark.parametrize("spoiled", SPOILED, ids=lambda one: one.check)
def test_a_spoiled_adapter_fails_one_check(tmp_path: Path, spoiled: Spoiled) -> None:
    where = package(tmp_path, "bad")
    spoil(where, spoiled.old, spoiled.new, spoiled.head)
    with subject_in(where) as subject:
        report = examine(subject)
        assert report.failed == [spoiled.check], report.findings
        (level,) = (c.level for c in CHECKS if c.name == spoiled.check)
        reached = {Level.BRONZE: Level.NONE, Level.SILVER: Level.BRONZE, Level.GOLD: Level.SILVER}
        assert report.level is reached[level]


def test_an_adapter_without_others_bodies_fails_one_check(tmp_path: Path) -> None:
    where = package(tmp_path, "bad")
    shutil.rmtree(where / "tests" / "cases" / "recordings")
    with subject_in(where) as subject:
        assert examine(subject).failed == ["recordings"]


def test_every_check_has_an_adapter_that_fails_it() -> None:
    assert {c.name for c in CHECKS} == {one.check for one in SPOILED} | {"recordings"}


def test_a_comparison_that_tells_by_its_time_is_found(tmp_path: Path) -> None:
    """M3"""
    where = package(tmp_path, "bad")
    old = 'proofs.hmac_sha256(request, "x-bad-signature", self.config.secret)'
    spoil(where, old, "carelessly(request, self.config.secret)", CARELESS)
    with subject_in(where) as subject:
        findings = examine(subject).findings
    (told,) = findings["signature"]
    assert "compares a secret with ==" in told


def test_verification_over_other_bytes_than_those_that_came_is_found(tmp_path: Path) -> None:
    """M3: Meta signs the escaped form, and nothing may be written anew before it is verified."""
    where = package(tmp_path, "bad")
    old = "proofs.hmac_sha256(request,"
    new = "proofs.hmac_sha256(replace(request, body=orjson.dumps(orjson.loads(request.body))),"
    spoil(where, old, new, "import orjson\nfrom dataclasses import replace\n")
    with subject_in(where) as subject:
        told = "\n".join(examine(subject).findings["signature"])
    assert "verified over other bytes than those that came" in told


CARELESS = """
import hmac
def carelessly(request, secret):
    digest = hmac.digest(secret.get_secret_value().encode(), request.body, "sha256").hex()
    given = request.headers_named("x-bad-signature")
    return Verdict.OK if len(given) == 1 and given[0] == digest else Verdict.BAD_SIGNATURE
"""


def test_a_secret_in_what_is_recorded_is_found(tmp_path: Path) -> None:
    where = package(tmp_path, "bad")
    old = "        at = moment_of("
    spoil(where, old, '        said["name"] = self.config.secret.get_secret_value()\n' + old)
    with subject_in(where) as subject:
        told = examine(subject).findings["safety"]
    assert any("a secret of the account is in what is recorded" in what for what in told)


def test_what_can_be_seen_without_running_it_is_told(tmp_path: Path) -> None:
    where = package(tmp_path, "bad")
    added = 'OTHER = "https://telemetry.example.net/x"\nprint(OTHER)\n'
    spoil(where, "class Bad(SimpleChannel):", added + "class Bad(SimpleChannel):")
    with subject_in(where) as subject:
        told = "\n".join(static(subject, "other"))
    assert "the entry point is called 'other'" in told
    assert "prints" in told
    assert "telemetry.example.net" in told


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"config": {}}', '{"config": 1, "x": 2}'])
def test_cases_that_cannot_be_used_are_told_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "account.json").write_text(content)
    with pytest.raises(CasesRefused, match="cannot be used"):
        subject_of(WhatsApp, tmp_path)


def test_a_check_that_was_not_run_is_not_kept() -> None:
    kept: dict[str, list[str]] = {check.name: [] for check in CHECKS}
    assert Report("acme", "1", kept).level is Level.GOLD
    assert Report("acme", "1", {**kept, "network": ["it reaches out"]}).level is Level.BRONZE
    del kept["signature"]
    assert Report("acme", "1", kept).level is Level.NONE
    assert Report("acme", "1", kept, {"signature": "nobody signs"}).level is Level.GOLD


def test_differences_are_told_by_their_place() -> None:
    got = {"a": [{"b": 1, "c": 2}], "d": 3}
    assert list(differences({"a": [{"b": 1}]}, got)) == []
    assert list(differences({"a": [{"b": 2}], "x": 1}, got)) == [
        "/a/0/b: 2 was expected, there is 1",
        "/x is missing",
    ]
    assert list(differences([1], [1, 2])) == ["/: 1 were expected, there are 2"]


def test_the_adapter_can_be_imported_again(tmp_path: Path) -> None:
    """The tests here must not see each other's adapters under the same name."""
    with importable(package(tmp_path, "bad")) as one:
        first = one
    with importable(package(tmp_path / "again", "bad")) as other:
        assert other is not first


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize("auth", Auth)
def test_every_kind_of_scaffold_is_what_it_claims(tmp_path: Path, way: Way, auth: Auth) -> None:
    where = tmp_path / "recado-acme"
    write("acme", way, auth, where)
    with subject_in(where) as subject:
        report = examine(subject)
    nobody_signs = auth is Auth.NONE and way is not Way.PULL
    assert report.failed == ["capabilities"] * nobody_signs + ["recordings"]
    (adapter,) = where.glob("src/*/adapter.py")
    assert all(len(line) <= 100 for line in adapter.read_text().splitlines())
