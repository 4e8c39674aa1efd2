"""What cannot work is said in one clear line, before anything is done."""

import socket
from pathlib import Path

import pytest

from tests.fixtures_servers import temporary_data
from tests.scenarios.commands import Said, run
from tests.scenarios.installation import COMPANY, Installation

NOWHERE = {
    "RECADO_POSTGRES_URL": "postgresql://recado:hidden@127.0.0.1:9/recado",
    "RECADO_NATS_URL": "nats://hidden@127.0.0.1:9",
}


def assert_one_clear_line(said: Said, *words: str) -> None:
    assert said.returncode == 1, (said.returncode, said.stdout, said.stderr)
    # What is logged on the way is JSON, a line each.
    lines = [line for line in said.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, said.stderr
    assert lines[0].startswith("recado: ")
    for word in words:
        assert word in lines[0]
    assert "Traceback" not in said.stderr
    assert "hidden" not in said.stderr + said.stdout


@pytest.mark.parametrize("command", ["up", "serve"])
def test_an_unknown_setting_in_the_environment_is_named(command: str, tmp_path: Path) -> None:
    said = run(command, "--data", tmp_path / "new", environment={"RECADO_PATIENCES": "5m"})
    assert_one_clear_line(said, "RECADO_PATIENCES")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ("patience = ", "patiences = ", "account.patiences"),
        ('"10m"', '"10 parsecs"', "account.patience"),
        ('role = "administrator"', 'role = "boss"', "role"),
        ("[account]", "[account", "company.toml"),
        ('name = "Admin"', 'name = "Admin"\ngroups = ["Nobody"]', "Nobody"),
    ],
)
def test_a_fault_in_a_workspace_file_is_named(
    tmp_path: Path, right: str, wrong: str, named: str
) -> None:
    file = tmp_path / "company.toml"
    file.write_text(COMPANY.replace(right, wrong))
    said = run("up", "--data", tmp_path / "new", "--port", "0", "--workspace", file)
    assert_one_clear_line(said, named)
    assert not (tmp_path / "new").exists()


def test_a_port_that_somebody_has_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for words in (("up", "--data", tmp_path / "new"), ("serve", "--data", tmp_path / "new")):
            said = run(*words, "--port", port)
            assert_one_clear_line(said, f"127.0.0.1:{port}")


def test_a_data_directory_that_is_in_use_is_named(house: Installation) -> None:
    said = run("up", "--data", house.data, "--port", "0")
    assert_one_clear_line(said, f"{house.data}")


@pytest.mark.parametrize("command", ["work", "migrate"])
def test_a_database_that_is_not_there_is_named(command: str) -> None:
    said = run(command, environment=NOWHERE)
    assert_one_clear_line(said, "PostgreSQL", "127.0.0.1:9")


def test_a_nats_server_that_is_not_there_is_named(house: Installation) -> None:
    urls = {**NOWHERE, "RECADO_POSTGRES_URL": house.urls.postgres}
    said = run("serve", "--port", "0", environment=urls)
    assert_one_clear_line(said, "NATS", "127.0.0.1:9")


def test_up_says_which_server_it_cannot_reach() -> None:
    with temporary_data() as data:
        said = run("up", "--data", data, "--port", "0", environment=NOWHERE)
    assert_one_clear_line(said, "PostgreSQL", "127.0.0.1:9")


def test_commands_say_that_nothing_runs(tmp_path: Path) -> None:
    for words in (("token", "create", "a@b.test"), ("verify",)):
        assert_one_clear_line(run(*words, "--data", tmp_path), "recado up")


def test_who_and_what_is_unknown_is_named(house: Installation) -> None:
    assert_one_clear_line(house.command("token", "create", "nobody@bar.test"), "nobody@bar.test")
    assert_one_clear_line(house.command("history", "no-such-chat"), "no-such-chat")
