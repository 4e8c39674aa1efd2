"""How people and programs come in, by the command line: the first start, tokens, passwords."""

import json

import pytest
from psycopg import connect

from adapters.http.passwords import fits
from deploy.cli import main
from deploy.embedded.directory import Urls
from deploy.first_start import EMAIL, first_administrator
from deploy.installation import prepare_database
from tests.prepared import run_sql


@pytest.fixture
def urls(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> Urls:
    prepare_database(fresh_database)
    monkeypatch.setenv("RECADO_POSTGRES_URL", fresh_database)
    monkeypatch.setenv("RECADO_NATS_URL", "nats://127.0.0.1:1")
    monkeypatch.setenv("RECADO_SEALING_KEY", "none")
    return Urls(fresh_database, "nats://127.0.0.1:1", "none")


def recado(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setattr("sys.argv", ["recado", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code in {None, 0}, said.err
    return said.out


def hash_of(urls: Urls) -> str:
    with connect(urls.postgres) as connection:
        row = connection.execute("SELECT password_hash FROM recado_credentials").fetchone()
    assert row is not None
    return str(row[0])


def test_the_first_start_makes_an_administrator_and_the_second_none(urls: Urls) -> None:
    made = first_administrator(urls)
    assert made is not None
    assert fits(hash_of(urls), made.password)
    assert first_administrator(urls) is None
    assert fits(hash_of(urls), made.password)


def test_a_password_that_was_lost_is_replaced(
    urls: Urls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = first_administrator(urls)
    assert first is not None
    new = recado(capsys, monkeypatch, "password", EMAIL, "--drop-second-factor").strip()
    assert fits(hash_of(urls), new)
    assert not fits(hash_of(urls), first.password)
    topics = run_sql(urls.postgres, "SELECT topic FROM recado_events ORDER BY notification_id")
    assert ("password-changed.v1",) in topics


def test_a_token_is_made_with_scopes_listed_and_withdrawn(
    urls: Urls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first_administrator(urls)
    create = ("token", "create", EMAIL, "--scope", "act", "--name", "BI", "--json")
    token = json.loads(recado(capsys, monkeypatch, *create))["token"]
    assert token.startswith("rcd_")
    (listed,) = json.loads(recado(capsys, monkeypatch, "token", "list", "--json"))
    assert (listed["name"], listed["scopes"], listed["last_used_at"]) == ("BI", ["act"], None)
    assert listed["id"] in recado(capsys, monkeypatch, "token", "list", EMAIL)
    recado(capsys, monkeypatch, "token", "revoke", listed["id"])
    assert json.loads(recado(capsys, monkeypatch, "token", "list", "--json")) == []
