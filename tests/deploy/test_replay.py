"""`recado replay`: the panel as it was, and how it moved from one moment to another (A2)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from deploy.applying import operator_id
from deploy.cli import main
from deploy.installation import prepare_database
from domain.operator import CreateOperator
from domain.values import Presence, Role, StreamId, split_stream, stream_of
from tests.prepared import desk_on, run_sql
from tests.small_company import ANA, SmallCompany

Recado = Callable[..., str]
_ALL = ("--from", "0@2000-01-01T00:00:00Z")


@pytest.fixture
def chats(fresh_database: str) -> list[StreamId]:
    """Ana has one of two chats, answers and closes it, and goes."""
    prepare_database(fresh_database)
    with desk_on(fresh_database) as desk:
        company = SmallCompany(desk)
        company.open()
        rui = operator_id(desk.naming, "rui@ipe.test")
        hired = CreateOperator(email="rui@ipe.test", name="Rui", role=Role.OPERATOR)
        company.ask(stream_of("operator", rui), hired)
        chats = [company.write(1, "quero trocar"), company.write(2, "bom dia")]
        company.give(chats[0])
        company.answer(chats[0], "claro")
        company.close(chats[0])
        company.be(ANA, Presence.OFFLINE)
    return chats


@pytest.fixture
def recado(
    fresh_database: str,
    chats: list[StreamId],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Recado:
    monkeypatch.setenv("RECADO_POSTGRES_URL", fresh_database)
    monkeypatch.setenv("RECADO_NATS_URL", "nats://nowhere:1")

    def run(*arguments: object, status: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["recado", "replay", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == status, err
        return out if status == 0 else out + err

    return run


def position_of(url: str, topic: str) -> int:
    ((position,),) = run_sql(
        url, f"SELECT min(notification_id) FROM recado_events WHERE topic = '{topic}'"
    )
    return int(position)


def test_the_panel_as_it_was(fresh_database: str, recado: Recado, chats: list[StreamId]) -> None:
    """A2: who was there, and which chats each list held."""
    at = position_of(fresh_database, "chat-assigned.v1")
    then: dict[str, Any] = json.loads(recado("--at", at, "--json"))
    first, second = (split_stream(chat)[1] for chat in chats)
    held = {name: [item["id"] for item in items] for name, items in then["lists"].items()}
    assert held == {"new": [second], "waiting": [], "open": [first], "unread": [first]}
    ana = {one["name"]: one for one in then["operators"]}["ana"]
    assert (ana["presence"], ana["load"], ana["name"]) == ("online", 1, "ana")
    now = json.loads(recado("--at", "0s", "--json"))
    assert {one["presence"] for one in now["operators"]} == {"offline"}
    assert now["lists"]["open"] == []
    told = recado("--at", at)
    assert "quero trocar" in told
    assert "ana" in told


def test_what_an_operator_saw(recado: Recado, fresh_database: str) -> None:
    """V13: not a colleague's chat."""
    at = position_of(fresh_database, "chat-assigned.v1")
    seen = json.loads(recado("--at", at, "--operator", "rui@ipe.test", "--json"))
    assert {name: len(items) for name, items in seen["lists"].items()} == {
        "new": 1,
        "waiting": 0,
        "open": 0,
        "unread": 0,
    }
    assert seen["counts"]["open"] == 0
    assert "no@ipe.test" in recado("--at", at, "--operator", "no@ipe.test", status=1)


def test_a_play_from_one_moment_to_another(recado: Recado, chats: list[StreamId]) -> None:
    """A2: every move, one a line, in order."""
    moves = [json.loads(line) for line in recado(*_ALL, "--json").splitlines()]
    of_first = [m for m in moves if m["chat"] == split_stream(chats[0])[1]]
    sections = [m["after"] and m["after"]["section"] for m in of_first]
    assert sections[0] == "new"
    assert "open" in sections
    assert sections[-1] is None
    positions = [m["position"] for m in moves if m["position"] is not None]
    assert positions == sorted(positions)
    assert len(recado(*_ALL).splitlines()) == len(moves)


def test_it_asks_for_one_of_both(recado: Recado) -> None:
    recado(status=2)
    recado("--at", "1", "--from", "1", status=2)
    assert "neither" in recado("--at", "ontem", status=1)
    assert "still to come" in recado("--at", "99999999", status=1)
