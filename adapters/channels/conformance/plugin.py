"""
A pytest plug-in that comes with Recado: `pytest --conformance=FOLDER` writes what the
conformance tests of this run found, as `FOLDER/<kind>.conformance.json`.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: "pytest.Parser") -> None:
    group = parser.getgroup("recado")
    group.addoption(
        "--conformance",
        metavar="FOLDER",
        default=None,
        help="write what the conformance tests of channel adapters found; not with xdist",
    )


def pytest_sessionfinish(session: "pytest.Session") -> None:
    folder = session.config.getoption("--conformance")
    if folder is None:
        return
    from adapters.channels.conformance.suite import REPORTS  # noqa: PLC0415  (only where asked for)

    for kind, report in REPORTS.items():
        path = Path(folder) / f"{kind}.conformance.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report.to_json())
