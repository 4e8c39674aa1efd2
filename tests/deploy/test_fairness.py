"""`recado fairness`, and what it reads: one span of a log in a database."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.storage.postgres import fairness as reading
from adapters.storage.postgres.fairness import TooMuchHappened, read_fairness
from adapters.storage.postgres.rebuild import rebuild
from deploy.cli import main
from deploy.installation import prepare_database
from domain.values import Presence
from tests.prepared import MAPPER
from tests.routed_company import RoutedCompany, routed_company


@pytest.fixture
def company(fresh_database: str) -> Iterator[RoutedCompany]:
    prepare_database(fresh_database)
    with routed_company(fresh_database) as company:
        yield company


@pytest.fixture
def second_half(company: RoutedCompany) -> str:
    """Ana has two chats, one of them snoozed never; when Bia comes the second half begins."""
    company.be(Presence.ONLINE, "ana")
    kept, closed = company.writes(1), company.writes(2)
    company.route()
    began = company.now().isoformat()
    company.be(Presence.ONLINE, "bia")
    company.closes(closed)
    company.transfers(kept, "ana", "bia")
    company.be(Presence.OFFLINE, "ana")
    return began


def test_what_was_before_the_span_is_known_and_not_counted(
    company: RoutedCompany,
    second_half: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RECADO_POSTGRES_URL", company.url)
    monkeypatch.setenv("RECADO_NATS_URL", "nats://nowhere:1")
    rebuild(company.url)

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["recado", "fairness", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert not ended.value.code, err
        return out

    whole = {one["operator"]["name"]: one for one in json.loads(run("--json"))["items"]}
    assert whole["Ana"]["offered"]["count"] == 2
    later = json.loads(run("--json", "--since", second_half))["items"]
    half = {one["operator"]["name"]: one for one in later}
    assert half["Ana"]["offered"]["count"] == 0
    assert half["Ana"]["transferred_out"]["count"] == 1
    assert half["Ana"]["shift"] == whole["Ana"]["shift"]
    assert half["Bia"]["transferred_in"]["count"] == 1
    table = run("--operator", "bia@ipe.test", "--group", "Vendas")
    assert "Bia" in table
    assert "Ana" not in table


def test_the_load_at_the_start_counts(company: RoutedCompany) -> None:
    """R3: five chats from before fill a capacity of five until one of them is closed."""
    company.be(Presence.ONLINE, "ana")
    chats = [company.writes(client) for client in range(5)]
    company.route()
    began = company.now()
    company.writes(9)
    company.closes(chats[0])
    rebuild(company.url)
    (ana,) = read_fairness(company.url, MAPPER, began, company.now()).shifts
    assert timedelta(0) < ana.at_capacity < ana.online


def test_a_span_of_too_many_events_is_refused(
    company: RoutedCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.be(Presence.ONLINE, "ana", "bia")
    monkeypatch.setattr(reading, "MOST_EVENTS", 1)
    with pytest.raises(TooMuchHappened):
        read_fairness(company.url, MAPPER, company.now() - timedelta(hours=1), company.now())
