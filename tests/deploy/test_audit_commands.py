"""`recado audit`: exports that a verifier with nothing but Python accepts, and a sound log."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.audit.heads import key_in
from adapters.storage.postgres.rebuild import rebuild
from deploy.cli import main
from deploy.installation import prepare_database
from domain.values import StreamId, split_stream
from tests.adapters.storage.sealed_database import MASTER, SealedDatabase
from tests.prepared import desk_on, run_sql
from tests.small_company import ANA, SmallCompany

Recado = Callable[..., str]
ATTACK = "=cmd|' /C calc'!A0</script><script>alert(1)</script>"


@pytest.fixture
def chats(fresh_database: str) -> list[StreamId]:
    prepare_database(fresh_database)
    with desk_on(fresh_database) as desk:
        company = SmallCompany(desk)
        chats = company.work(6)
        company.write(0, ATTACK)
        company.close(chats[0])
    return chats


@pytest.fixture
def recado(
    fresh_database: str,
    chats: list[StreamId],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> Recado:
    """Runs the command and returns what it printed; `status` is how it has to end."""
    monkeypatch.setenv("RECADO_POSTGRES_URL", fresh_database)
    monkeypatch.setenv("RECADO_NATS_URL", "nats://nowhere:1")
    key_in(tmp_path / "audit.key", make=True)
    monkeypatch.setenv("RECADO_AUDIT_KEY_FILE", f"{tmp_path / 'audit.key'}")

    def run(*arguments: object, status: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["recado", "audit", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsysbinary.readouterr()
        assert (ended.value.code or 0) == status, err
        return out.decode() if status == 0 else (out + err).decode()

    return run


@pytest.fixture
def verified(recado: Recado, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Runs the printed verifier by itself: an isolated Python, without packages or folders."""
    (tmp_path / "verify.py").write_text(recado("verifier"))
    key = recado("key").strip()

    def run(export: Path, *more: object) -> tuple[int, str]:
        command = [sys.executable, "-I", "-S", "verify.py", str(export), "--key", key]
        done = subprocess.run(
            [*command, *map(str, more)], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    return run


def lines_of(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.slow
def test_what_is_exported_is_proved_without_the_service(
    recado: Recado, verified: Callable[..., tuple[int, str]], chats: list[StreamId], tmp_path: Path
) -> None:
    """A3: everything, one chat, one client, one operator, one group, one kind, one time."""
    chat = split_stream(chats[0])[1]
    client = next(
        one["data"]["client_id"]
        for one in lines_of(recado("export", "--chat", chat))
        if one.get("topic") == "chat-opened.v1"
    )
    heads = tmp_path / "heads.jsonl"
    heads.write_text(json.dumps(lines_of(recado("export"))[0]["head"]) + "\n")
    selections = [
        [],
        ["--chat", chat],
        ["--client", client],
        ["--kind", "message-received", "--kind", "operator"],
        ["--since", "1h", "--until", "2999-01-01T00:00"],
        ["--chat", chat, "--format", "html"],
        ["--client", client, "--format", "html"],
        ["--actor", "channel", "--first", "3", "--format", "html"],
    ]
    file = tmp_path / "export"
    for selection in selections:
        recado("export", *selection, "--against", heads, "-o", file)
        status, told = verified(file, "--head", heads)
        assert (status, "sound: " in told) == (0, True), (selection, told)
        content = file.read_bytes()
        middle = content.index(b"operator") if b"operator" in content else len(content) // 2
        file.write_bytes(content[:middle] + b"0" + content[middle + 1 :])
        assert verified(file)[0] == 1, selection
    assert not list(tmp_path.glob("*.part"))


def test_a_selection_holds_what_it_says_and_nothing_else(
    recado: Recado, chats: list[StreamId], fresh_database: str
) -> None:
    """A2."""

    def told(*selection: object) -> list[dict[str, Any]]:
        return [one for one in lines_of(recado("export", *selection)) if "position" in one]

    everything = told()
    ((head,),) = run_sql(fresh_database, "SELECT position FROM recado_head")
    assert [one["position"] for one in everything] == list(range(1, head + 1))
    assert {"stream", "version", "topic", "at", "actor", "data"} <= everything[-1].keys()
    chat = split_stream(chats[0])[1]
    assert {one["stream"] for one in told("--chat", chat)} == {chats[0]}
    opened = next(one for one in everything if one["stream"] == chats[0])
    client = opened["data"]["client_id"]
    streams = {one["stream"] for one in told("--client", client)}
    assert streams == {chats[0], f"client-{client}"}
    kinds = {one["topic"] for one in told("--kind", "message-received", "--kind", "group")}
    assert kinds == {"message-received.v1", "group-created.v1"}
    assert told("--until", "2001-01-01T00:00") == []
    assert [one["position"] for one in told("--first", 3, "--last", 5)] == [3, 4, 5]
    by_hand = {one["actor"] for one in everything}
    for actor in by_hand:
        assert told("--actor", actor) == [one for one in everything if one["actor"] == actor]
    channels = told("--actor", "channel", "--kind", "chat", "--first", 2)
    assert {one["actor"].partition(":")[0] for one in channels} == {"channel"}
    assert told("--since", "1d") == everything


def test_a_filter_of_the_lists_chooses_the_chats_of_an_export(
    recado: Recado, verified: Callable[..., tuple[int, str]], chats: list[StreamId],
    fresh_database: str, tmp_path: Path,
) -> None:  # fmt: skip
    """A2, T5: as they are now; the first line tells what they were chosen by."""
    rebuild(fresh_database)
    closed = {"field": "section", "is": "any", "value": ["closed"]}
    file = tmp_path / "export"
    recado("export", "--filter", json.dumps(closed), "-o", file)
    begin, *lines = lines_of(file.read_text())
    others = recado("export", "--filter", json.dumps({"not": closed}), "--chat", chats[0][5:])
    no_filter = recado("export", "--filter", '{"field": "x"}', status=1)

    assert begin["selection"] == {"filter": closed}
    assert {one["stream"] for one in lines if "position" in one} == {chats[0]}
    assert verified(file)[0] == 0
    assert not any("position" in one for one in lines_of(others))
    assert "recado: /" in no_filter


def test_an_unknown_chat_operator_or_group_is_refused(recado: Recado) -> None:
    for selection in (["--chat", "x"], ["--operator", "x@x.test"], ["--group", "X"]):
        assert "recado: " in recado("export", *selection, status=1)
    assert "recado: " in recado("export", "--actor", "x@x.test", status=1)


def test_a_table_holds_no_formula(recado: Recado) -> None:
    rows = list(csv.DictReader(io.StringIO(recado("export", "--format", "csv"))))
    assert [int(row["position"]) for row in rows] == list(range(1, len(rows) + 1))
    assert any("cmd|" in row["data"] for row in rows)
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(("language", "closed"), [("pt-BR", "encerrada"), ("en", "closed")])
def test_a_page_says_who_wrote_who_decided_and_why(
    recado: Recado, chats: list[StreamId], language: str, closed: str
) -> None:
    """A2: readable by itself, and nothing that a client wrote runs in it."""
    chat = split_stream(chats[0])[1]
    page = recado("export", "--chat", chat, "--format", "html", "--language", language)
    for told in ("Cliente 0", ANA, "Bom dia!", "by-hand", closed, "python3 verify.py"):
        assert told in page, told
    for raw in ("operator_id", "account_id", "up_to", "sent_at"):
        assert f"{raw}:" not in page
    assert page.count('<tr class="client">') == 2
    assert page.count('<tr class="ours">') == 1
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert not re.findall(r"(?:src|href)=|url\(|@import", page)
    assert page.count("<script") == 1


def test_verify_tells_a_sound_log_from_a_changed_one(
    recado: Recado, fresh_database: str, tmp_path: Path
) -> None:
    heads = tmp_path / "heads.jsonl"
    heads.write_text(json.dumps(lines_of(recado("export"))[0]["head"]) + "\n")
    assert json.loads(recado("verify", "--json", "--head", heads))["heads"] == 2
    run_sql(
        fresh_database,
        "UPDATE recado_events SET state = state || ' ' WHERE notification_id = 4",
    )
    assert "position 4" in recado("verify", "--head", heads, status=1)


def test_without_a_key_there_is_one_line_that_says_what_to_do(
    recado: Recado, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("RECADO_AUDIT_KEY_FILE")
    told = recado("export", "--data", tmp_path / "elsewhere", status=1)
    assert "RECADO_AUDIT_KEY_FILE" in told
    assert not (tmp_path / "elsewhere").exists()


def test_a_client_gets_what_is_known_of_him(
    recado: Recado, chats: list[StreamId], fresh_database: str, tmp_path: Path
) -> None:
    """LGPD art. 18; A5: it is noted as an export."""
    rebuild(fresh_database)
    opened = next(one for one in lines_of(recado("export")) if one.get("stream") == chats[0])
    client, file = opened["data"]["client_id"], tmp_path / "dados.zip"
    recado("subject", client, "--out", file, "--data", tmp_path)
    with zipfile.ZipFile(file) as archive:
        names = {"index.html", "data.json", "manifest.json"}
        assert names <= set(archive.namelist())
        assert "Bom dia!" in archive.read("index.html").decode()
    (look,) = [
        one
        for one in lines_of(recado("looks", "--kind", "export", "--json"))
        if one["what"].startswith("subject")
    ]
    assert look["what"] == f"subject client-{client}"
    recado("subject", "nobody", "--out", tmp_path / "x.zip", "--data", tmp_path, status=1)
    assert not list(tmp_path.glob("x.zip*"))


def test_who_is_too_old_is_told(
    recado: Recado, chats: list[StreamId], fresh_database: str, tmp_path: Path
) -> None:
    """A4: nobody, where no time is set."""
    rebuild(fresh_database)
    told = recado("retention", "--dry-run", "--data", tmp_path)
    assert told == "0 clients would be erased\n"
    run = recado("retention", "--json", "--data", tmp_path)
    assert json.loads(run) == {"due": [], "erased": 0}


def test_who_took_something_away_is_told(recado: Recado, chats: list[StreamId]) -> None:
    """A5: exports, by whom, and of what."""
    chat = split_stream(chats[0])[1]
    recado("export", "--chat", chat, "--format", "csv")
    (look,) = lines_of(recado("looks", "--kind", "export", "--since", "1d", "--json"))
    assert look["who"]["id"].startswith("cli:")
    assert look["what"] == f'csv {{"chat": "{chat}"}}'
    assert "export" in recado("looks")
    assert recado("looks", "--kind", "login") == ""


@pytest.mark.slow
def test_what_is_sealed_is_exported_open_and_its_words_are_proved(
    recado: Recado,
    verified: Callable[..., tuple[int, str]],
    fresh_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A3, A4: each word line is held against the hash in the event before it."""
    monkeypatch.setenv("RECADO_SEALING_KEY", MASTER)
    with SealedDatabase(fresh_database).desk() as desk:
        chat = SmallCompany(desk).write(99, "palavras seladas")
    file, id_ = tmp_path / "export", split_stream(chat)[1]
    for form in ("jsonl", "html"):
        recado("export", "--chat", id_, "--format", form, "-o", file)
        status, told = verified(file, "--show")
        assert (status, "palavras seladas" in told) == (0, True), told
    assert "palavras seladas" in recado("export", "--chat", id_, "--format", "csv")
    recado("export", "--chat", id_, "-o", file)
    sealed = file.read_text()
    assert "palavras seladas" not in "".join(
        line for line in sealed.splitlines() if line.startswith('{"position"')
    )
    file.write_text(sealed.replace("palavras seladas", "palavras trocadas"))
    status, told = verified(file)
    assert (status, "not those that were sealed" in told) == (1, True), told
