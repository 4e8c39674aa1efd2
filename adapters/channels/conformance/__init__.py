"""
What every channel adapter must keep, as checks that anybody can run on his own.

A package that brings an adapter writes three lines and a folder of cases:

    class TestAcme(AdapterConformance):
        adapter = Acme
        cases = Path(__file__).parent / "cases"

`recado channel check PATH` runs the same checks without pytest.
"""

from adapters.channels.conformance.report import CHECKS, Level, Report, examine
from adapters.channels.conformance.subject import CasesRefused, Subject, subject_of
from adapters.channels.conformance.suite import AdapterConformance

__all__ = [
    "CHECKS",
    "AdapterConformance",
    "CasesRefused",
    "Level",
    "Report",
    "Subject",
    "examine",
    "subject_of",
]
