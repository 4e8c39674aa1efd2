"""Every built-in channel keeps what any channel must, at the level that the product asks for."""

from functools import cache
from pathlib import Path

import pytest

from adapters.channels.conformance import CHECKS, Level, Subject, subject_of
from adapters.channels.conformance.report import Check, findings
from adapters.channels.conformance.static import static
from adapters.channels.registry import claimed_level, installed
from tests.adapters.channels.kit import PAYLOADS

CASES = Path(__file__).with_name("cases")
BUILT_IN = [one.kind for one in installed().listed() if one.origin.startswith("adapters.")]
FROM_OTHERS = {"recordings"}
"""Checks that need the recordings, which are not everywhere."""


@cache
def subject(kind: str) -> Subject:
    return subject_of(installed().adapter_class(kind), CASES / kind, PAYLOADS / kind)


@pytest.mark.parametrize("kind", BUILT_IN)
def test_every_built_in_channel_has_cases(kind: str) -> None:
    assert (CASES / kind / "account.json").is_file(), f"no cases for {kind} in {CASES}"


@pytest.mark.parametrize("kind", BUILT_IN)
def test_a_built_in_channel_claims_a_level(kind: str) -> None:
    """`recado channel check KIND --cases …` writes it; the checks below prove it."""
    assert claimed_level(installed().adapter_class(kind)) in {Level.SILVER, Level.GOLD}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
@pytest.mark.parametrize("kind", BUILT_IN)
def test_a_built_in_channel_is_what_it_claims(kind: str, check: Check) -> None:
    cases = subject(kind).cases
    if check.name in cases.account.exempt:
        assert cases.account.exempt[check.name]
        return
    if check.name in FROM_OTHERS and not (PAYLOADS / kind).is_dir():
        pytest.skip(f"NO RECORDINGS: {PAYLOADS / kind} is absent")
    found = findings(check, subject(kind))
    claimed = Level(claimed_level(installed().adapter_class(kind)) or Level.NONE)
    if check.level is Level.GOLD and claimed is not Level.GOLD:
        pytest.skip(f"{kind} claims {claimed} only: {found}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("kind", BUILT_IN)
def test_the_source_of_a_built_in_channel_is_clean(kind: str) -> None:
    assert list(static(subject(kind), kind)) == []
