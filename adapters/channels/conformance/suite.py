"""The checks as a test class: a subclass names an adapter and its cases."""

from functools import cache
from pathlib import Path
from typing import ClassVar

from adapters.channels.base import ChannelAdapter
from adapters.channels.conformance.report import CHECKS, LEVELS, Level, Report, findings
from adapters.channels.conformance.subject import Subject, subject_of

REPORTS: dict[str, Report] = {}
"""What was found in this process, by channel kind, for the plug-in's report."""


@cache
def _subject(adapter: type[ChannelAdapter], cases: Path, recordings: Path | None) -> Subject:
    return subject_of(adapter, cases, recordings)


class AdapterConformance:
    """
    Inherit from it. Each check is a test of its own; what it finds is its message.

    Checks above the level that the adapter claims are run and skipped with what they find.
    """

    adapter: ClassVar[type[ChannelAdapter]]
    cases: ClassVar[Path]
    level: ClassVar[Level] = Level.SILVER
    recordings: ClassVar[Path | None] = None
    """Where recorded bodies lie, if not in `cases/recordings`."""

    def test_cases(self) -> None:
        self._keeps("cases")

    def test_signature(self) -> None:
        self._keeps("signature")

    def test_handshake(self) -> None:
        self._keeps("handshake")

    def test_totality(self) -> None:
        self._keeps("totality")

    def test_tolerance(self) -> None:
        self._keeps("tolerance")

    def test_determinism(self) -> None:
        self._keeps("determinism")

    def test_safety(self) -> None:
        self._keeps("safety")

    def test_outbound(self) -> None:
        self._keeps("outbound")

    def test_classify(self) -> None:
        self._keeps("classify")

    def test_capabilities(self) -> None:
        self._keeps("capabilities")

    def test_network(self) -> None:
        self._keeps("network")

    def test_end_to_end(self) -> None:
        self._keeps("end-to-end")

    def test_recordings(self) -> None:
        self._keeps("recordings")

    def test_documentation(self) -> None:
        self._keeps("documentation")

    def _keeps(self, name: str) -> None:
        subject = _subject(self.adapter, self.cases, self.recordings)
        exempt = dict(subject.cases.account.exempt)
        empty = Report(subject.meta.kind, subject.meta.provider_version, {}, exempt)
        report = REPORTS.setdefault(subject.meta.kind, empty)
        if name in exempt:
            return
        (check,) = (one for one in CHECKS if one.name == name)
        found = report.findings[name] = findings(check, subject)
        if found and LEVELS.index(check.level) > LEVELS.index(self.level):
            import pytest  # noqa: PLC0415  (the checks themselves run without it)

            pytest.skip(f"not needed for {self.level}: {found[0]}")
        assert not found, "\n" + "\n".join(found)
