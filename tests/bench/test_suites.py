"""All suites at a tiny size, in one installation: that they run, not what they find."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.bench import suites
from deploy.bench.failed import BenchFailed
from deploy.bench.place import Place
from deploy.bench.report import Report
from deploy.bench.suite import Scale
from deploy.cli import app


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {report.suite: report for report in suites.run([], Scale(is_quick=True))}


@pytest.mark.slow
@pytest.mark.parametrize("name", suites.SUITES)
def test_every_suite_tells_what_it_measured(name: str, reports: dict[str, Report]) -> None:
    report = reports[name]
    table = report.table()
    assert table.startswith(f"{name}:")
    assert all(figure.name in table for figure in report.figures)
    told = json.loads(json.dumps(report.as_json()))
    assert [figure["name"] for figure in told["figures"]] == [f.name for f in report.figures]
    assert all(figure["median"] >= 0 for figure in told["figures"])
    assert report.notes


@pytest.mark.slow
@pytest.mark.parametrize("name", ["feed"])
def test_no_message_is_lost_on_the_way_to_the_live_feed(
    name: str, reports: dict[str, Report]
) -> None:
    lost = next(f for f in reports[name].figures if f.name == "messages that never came")
    assert lost.value == 0


@pytest.fixture
def one_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(place: Place, scale: Scale) -> Report:
        report = Report("one")
        report.add("speed", [1.0, 3.0, 2.0], "m/s", least=2)
        return report

    monkeypatch.setattr(suites, "SUITES", {"one": run})


@pytest.mark.usefixtures("one_figure")
def test_the_command_prints_the_machine_and_a_table(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["bench", "--in", str(tmp_path)])
    assert done.exit_code == 0
    assert "PostgreSQL" in done.stdout.splitlines()[0]
    assert "speed" in done.stdout
    assert "reached" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("one_figure")
def test_the_command_prints_json(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["bench", "one", "--json", "--in", str(tmp_path)])
    told = json.loads(done.stdout)
    assert told["machine"]["cores"] >= 1
    assert told["suites"][0]["figures"][0]["median"] == 2


def test_an_unknown_suite_is_a_usage_error() -> None:
    done = CliRunner().invoke(app, ["bench", "nonsense"])
    assert done.exit_code == 2
    assert "nonsense" in done.stderr


def test_a_suite_that_gives_up_is_one_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def give_up(place: Place, scale: Scale) -> Report:
        raise BenchFailed("it did not come up")

    monkeypatch.setattr(suites, "SUITES", {"one": give_up})
    done = CliRunner().invoke(app, ["bench", "one", "--in", str(tmp_path)])
    assert done.exit_code == 1
    assert "it did not come up" in done.stderr
    assert list(tmp_path.iterdir()) == []
