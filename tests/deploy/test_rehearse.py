"""`recado rehearse`: what it prints, and what it refuses in one line (R13)."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.cli import main
from deploy.installation import prepare_database
from deploy.periods import BadPeriod, period
from domain.values import Presence
from tests.prepared import run_sql
from tests.routed_company import RoutedCompany, routed_company

Recado = Callable[..., str]


@pytest.fixture(scope="module")
def company(postgres_url: str) -> Iterator[RoutedCompany]:
    """One company for all tests, which begin and end at `morning`; they add, and take nothing."""
    name = f"rehearse_{token_hex(6)}"
    run_sql(postgres_url, f'CREATE DATABASE "{name}" STRATEGY = wal_log')
    url = urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    prepare_database(url)
    with routed_company(url) as company:
        yield company
    run_sql(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def morning(company: RoutedCompany) -> tuple[str, ...]:
    """Four chats, two given to each of two operators, one answered and closed; its period."""
    began = company.now().isoformat()
    company.be(Presence.ONLINE, "ana", "bia")
    for client in range(4):
        company.writes(client)
        company.route()
    chat = company.writes(0)
    company.answers(chat, "ana")
    company.closes(chat)
    return ("--since", began, "--until", company.now().isoformat())


@pytest.fixture
def recado(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, company: RoutedCompany
) -> Recado:
    """Runs the command; returns its output, or the line that says why not."""
    monkeypatch.setenv("RECADO_POSTGRES_URL", company.url)
    monkeypatch.setenv("RECADO_NATS_URL", "nats://nowhere:1")

    def run(*arguments: str, status: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["recado", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == status, err
        if status:
            assert len(err.splitlines()) == 1
            assert "Traceback" not in err
        return err if status else out

    return run


def by_name(told: Any, kind: str) -> Any:
    return {one["name"]: one for one in told[kind]}


def test_the_same_policy_tells_what_really_happened(
    recado: Recado, morning: tuple[str, ...]
) -> None:
    """R13"""
    told = json.loads(recado("rehearse", "--policy", "least_busy", "--json", *morning))
    assert told["diverged_at"] is None
    assert told["assignments_before"] == told["decided_alike"] == 4
    for kind in ("groups", "operators"):
        for one in told[kind]:
            assert one["real"] == one["rehearsed"]
    assert by_name(told, "groups")["Vendas"]["real"]["chats"] == 4


def test_somebody_away_leaves_the_work_to_the_others(
    recado: Recado, morning: tuple[str, ...]
) -> None:
    told = json.loads(recado("rehearse", "--operators", "bia@ipe.test=away", "--json", *morning))
    operators = by_name(told, "operators")
    assert operators["Bia"]["real"]["chats"] == 2
    assert operators["Bia"]["rehearsed"]["chats"] == 0
    assert operators["Ana"]["rehearsed"]["chats"] == 4


def test_capacity_and_group_are_taken_and_the_table_says_what_was_assumed(
    recado: Recado, morning: tuple[str, ...]
) -> None:
    said = recado(
        *("rehearse", "--policy", "round_robin", "--capacity", "1", "--group", "Vendas"),
        *morning,
    )
    assert "Vendas, really" in said
    assert "held for as long as it really was" in said
    told = json.loads(
        recado("rehearse", "--capacity", "1", "--group", "Suporte", "--json", *morning)
    )
    assert told["groups"] == []


@pytest.mark.usefixtures("morning")
def test_what_was_under_way_when_it_begins_is_known(recado: Recado, company: RoutedCompany) -> None:
    """R13: only what lies in the period is measured, on all that was before."""
    began = company.now().isoformat()
    company.writes(7)
    company.route()
    told = json.loads(recado("rehearse", "--since", began, "--json"))
    assert told["assignments_before"] == told["decided_alike"] == 1
    assert by_name(told, "groups")["Vendas"]["real"]["chats"] == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--policy", "nonsense"], "there is no policy 'nonsense'; there are: least_busy"),
        (["--since", "1h", "--until", "2h"], "is not after since"),
        (["--since", "tomorrow"], "neither a time"),
        (["--since", "9999999999999d"], "neither a time"),
        (["--since", "300d", "--until", "299d"], "nothing happened"),
        (["--capacity", "many"], "neither a number"),
        (["--operators", "ana@ipe.test"], "is not like"),
        (["--operators", "nobody@ipe.test=away"], "nobody@ipe.test"),
        (["--group", "Nada"], "Nada"),
    ],
)
def test_what_cannot_be_rehearsed_is_said_in_one_line(
    recado: Recado, arguments: list[str], why: str
) -> None:
    assert why in recado("rehearse", *arguments, status=1)


@pytest.mark.usefixtures("morning")
def test_it_only_reads(recado: Recado, company: RoutedCompany) -> None:
    before = run_sql(company.url, "SELECT position, hash FROM recado_head")
    recado("rehearse", "--policy", "round_robin", "--capacity", "+1")
    assert run_sql(company.url, "SELECT position, hash FROM recado_head") == before


def test_times_without_a_zone_are_the_companys(company: RoutedCompany) -> None:
    now = company.now()
    morning = period("2020-01-02T09:00", "2020-01-02T10:00", now, "America/Sao_Paulo")
    assert morning.since.isoformat() == "2020-01-02T12:00:00+00:00"
    assert period(None, None, now, "UTC").since == now - timedelta(days=1)
    with pytest.raises(BadPeriod):
        period((now + timedelta(hours=1)).isoformat(), "2999-01-01", now, "UTC")
