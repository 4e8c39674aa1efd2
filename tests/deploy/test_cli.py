"""The `recado` command: what it prints, and how it ends (0, 1 refused or found, 2 usage)."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer

from adapters.http.sessions import digest_of
from deploy.cli import app, main
from deploy.installation import prepare_database
from domain.acts import Assign
from domain.chat.commands import AssignChat
from domain.routing import Candidate, Reason
from domain.values import ChatId, OperatorId, split_stream
from tests.prepared import desk_on, run_sql
from tests.small_company import ANA, META, SmallCompany

NOWHERE = "nats://nowhere:port"
WORKSPACE = """
[[operators]]
email = "bia@ipe.test"
name = "Bia"
"""


@pytest.fixture(scope="module")
def database(postgres_url: str) -> Iterator[str]:
    """A database with a company at work; tests add to it, and take nothing away."""
    name = f"cli_{token_hex(6)}"
    run_sql(postgres_url, f'CREATE DATABASE "{name}" STRATEGY = wal_log')
    url = urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    prepare_database(url)
    yield url
    run_sql(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def chat(database: str) -> str:
    """The id of a chat that was given to Ana, and why."""
    with desk_on(database) as desk:
        company = SmallCompany(desk)
        company.open()
        stream = company.write(1)
        bruno = OperatorId("bruno")
        company.come_online(bruno)
        chat_id = ChatId(split_stream(stream)[1])
        reason = Reason(
            "least_busy",
            position=7,
            candidates=(Candidate(ANA, 1, 5), Candidate(bruno, 5, 5, "at capacity")),
        )
        command = AssignChat(operator_id=ANA, reason=reason)
        desk.submit_now(Assign(chat_id=chat_id, command=command, meta=META))
        company.answer(stream, "Bom dia!")
    return chat_id


class Recado:
    """Runs the command; errors are one line and no traceback."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.err = ""

    def __call__(self, *arguments: object, status: int = 0) -> str:
        self._monkeypatch.setattr("sys.argv", ["recado", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, self.err = self._capsys.readouterr()
        assert (ended.value.code or 0) == status, self.err
        assert "Traceback" not in self.err
        if status == 1 and self.err:
            assert self.err.startswith("recado: ")
            assert len(self.err.splitlines()) == 1
        return out

    def refused(self, *arguments: object) -> str:
        """Return the line that says why."""
        assert self(*arguments, status=1) == ""
        return self.err


@pytest.fixture
def recado(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database: str
) -> Recado:
    monkeypatch.setenv("RECADO_POSTGRES_URL", database)
    monkeypatch.setenv("RECADO_NATS_URL", NOWHERE)
    monkeypatch.setenv("COLUMNS", "200")
    # It would have every later test of this process log as a command does.
    monkeypatch.setattr("deploy.commands.run.configure", lambda _: None)
    return Recado(capsys, monkeypatch)


def lines(out: str) -> list[Any]:
    return [json.loads(line) for line in out.splitlines()]


def commands() -> list[list[str]]:
    """Return the words of every command there is."""

    def below(command: Any, words: list[str]) -> Iterator[list[str]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield words
            return
        for name, one in inner.items():
            yield from below(one, [*words, name])

    return list(below(typer.main.get_command(app), []))


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_shows_an_example(recado: Recado, words: list[str]) -> None:
    assert f"recado {' '.join(words)}" in recado(*words, "--help").split("Example:")[-1]
    assert "Example:" in recado(*words, "--help")


@pytest.mark.parametrize(
    "arguments",
    [
        ["histroy"],
        ["history"],
        ["history", "a", "b"],
        ["apply", "x", "--nope"],
        ["up", "--port", "x"],
    ],
)
def test_a_slip_of_the_pen_is_usage(recado: Recado, arguments: list[str]) -> None:
    recado(*arguments, status=2)
    assert "Usage: recado" in recado.err


def test_history_tells_a_chats_events_in_order(recado: Recado, chat: str) -> None:
    told = lines(recado("history", chat, "--json"))
    assert [line["version"] for line in told] == [1, 2, 3, 4]
    assert [line["topic"].split(".")[0] for line in told] == [
        "chat-opened",
        "message-received",
        "chat-assigned",
        "message-sent",
    ]
    keys = ["position", "stream", "version", "topic", "at", "actor", "via", "cause", "data"]
    assert all(list(line) == keys for line in told)
    assert told[-1]["stream"] == f"chat-{chat}"
    assert len(recado("history", chat).splitlines()) == 4


def test_explain_tells_who_could_have_got_it_and_who_not(recado: Recado, chat: str) -> None:
    """R12."""
    told = recado("explain", chat)
    assert "given to ana by least_busy v" in told
    assert "at position 7" in told
    bruno = next(line for line in told.splitlines() if "bruno" in line)
    assert "at capacity" in bruno
    (event,) = lines(recado("explain", chat, "--json"))
    assert event["data"]["reason"]["candidates"][1]["excluded_by"] == "at capacity"


def test_explain_names_who_was_given_a_chat_by_hand(recado: Recado, database: str) -> None:
    with desk_on(database) as desk:
        company = SmallCompany(desk)
        ana = OperatorId("0b6c2f1e")
        company.come_online(ana)
        run_id = company.write(40)
        company.give(run_id, ana)
    told = recado("explain", split_stream(run_id)[1])
    assert "given to 0b6c2f1e by by-hand" in told


@pytest.mark.parametrize("command", ["history", "explain"])
def test_a_chat_that_is_not_there_is_refused(recado: Recado, chat: str, command: str) -> None:
    assert recado.refused(command, "nobody") == "recado: there is no chat nobody\n"


def test_apply_prints_what_changed_and_a_dry_run_writes_nothing(
    recado: Recado, database: str, tmp_path: Path
) -> None:
    file = tmp_path / "loja.toml"
    file.write_text(WORKSPACE)
    head = run_sql(database, "SELECT position FROM recado_head")
    told = recado("apply", file, "--dry-run")
    assert "operator bia@ipe.test: created" in told.splitlines()
    assert run_sql(database, "SELECT position FROM recado_head") == head
    assert recado("apply", file) == told
    assert recado("apply", file) == "nothing to change\n"
    assert recado("apply", file, "--dry-run") == "nothing would change\n"


def test_a_workspace_that_makes_no_sense_is_refused(recado: Recado, tmp_path: Path) -> None:
    file = tmp_path / "loja.toml"
    file.write_text('[account]\npatience = "soon"')
    assert "account.patience: 'soon' is no duration" in recado.refused("apply", file)
    assert "No such file" in recado.refused("apply", tmp_path / "other.toml")


def test_a_token_is_printed_once_and_kept_as_a_digest(
    recado: Recado, database: str, tmp_path: Path
) -> None:
    file = tmp_path / "loja.toml"
    file.write_text(WORKSPACE)
    recado("apply", file)
    first = recado("token", "create", "BIA@ipe.test").strip()
    (second,) = lines(recado("token", "create", "bia@ipe.test", "--json"))
    kept = {bytes(row[0]) for row in run_sql(database, "SELECT digest FROM recado_sessions")}
    assert {digest_of(first), digest_of(second["token"])} <= kept
    assert first.encode() not in kept


def test_nobody_gets_no_token(recado: Recado, chat: str) -> None:
    said = recado.refused("token", "create", "nobody@ipe.test")
    assert said == "recado: there is no operator nobody@ipe.test\n"


def test_channels_are_listed(recado: Recado) -> None:
    assert "whatsapp" in recado("channel", "list")
    (listed,) = lines(recado("channel", "list", "--json"))
    assert {"telegram", "whatsapp"} <= {channel["kind"] for channel in listed}


def test_views_are_rebuilt(recado: Recado, chat: str) -> None:
    assert " events/s" in recado("rebuild")
    assert "nonsense" in recado.refused("rebuild", "nonsense")


def test_migrate_may_be_run_again(recado: Recado, chat: str) -> None:
    assert recado("migrate").endswith("the database is ready\n")
    assert len(lines(recado("history", chat, "--json"))) == 4


def test_doctor_finds_what_is_missing(recado: Recado) -> None:
    told = lines(recado("doctor", "--json", status=1))[0]
    words = [finding["what"] for finding in told if not finding["is_well"]]
    assert "the dispatch lease is free" in words
    assert any("NATS does not answer" in word for word in words)


def test_verify_without_nats_says_so(recado: Recado, chat: str) -> None:
    recado("verify", status=1)
    assert "NATS does not answer" in recado.err


@pytest.mark.parametrize(
    "words", [["history", "x"], ["token", "create", "x"], ["doctor"], ["rebuild"], ["verify"]]
)
def test_a_database_without_a_log_says_what_to_do(
    recado: Recado, monkeypatch: pytest.MonkeyPatch, postgres_url: str, words: list[str]
) -> None:
    monkeypatch.setenv("RECADO_POSTGRES_URL", postgres_url)
    assert "has no log yet: run `recado migrate`" in recado.refused(*words)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://recado:canary@127.0.0.1:9/recado",
        "host=127.0.0.1 port=9 password=canary",
        "recado:canary@db.test",
        "postgresql://recado:canary@[db/recado",
        "postgresql://recado:can%zzary@127.0.0.1/recado",
        "postgresql://recado:canary@127.0.0.1:http/recado",
    ],
)
@pytest.mark.parametrize("words", [["history", "x"], ["doctor"], ["migrate"]])
def test_a_database_that_is_not_there_is_named_without_its_password(
    recado: Recado, monkeypatch: pytest.MonkeyPatch, url: str, words: list[str]
) -> None:
    monkeypatch.setenv("RECADO_POSTGRES_URL", url)
    said = recado.refused(*words)
    assert "RECADO_POSTGRES_URL" in said
    assert "canary" not in said
    assert "zzary" not in said


def test_where_nothing_runs_is_said(
    recado: Recado, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("RECADO_POSTGRES_URL")
    assert f"nothing runs in {tmp_path}" in recado.refused("history", "x", "--data", tmp_path)


def test_an_unknown_setting_is_refused(recado: Recado, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECADO_PATIENCES", "canary")
    said = recado.refused("history", "x")
    assert said.startswith("recado: RECADO_PATIENCES: is not known")
    assert "canary" not in said


def test_it_runs_as_a_program(recado: Recado, chat: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "history", "nobody"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "recado: there is no chat nobody\n"
