"""The workspace file: what is wrong is named, and never a secret's value."""

from datetime import timedelta
from pathlib import Path

import pytest

from deploy.settings import SettingsRefused
from deploy.workspace import LONGEST, Workspace, read
from domain.group import NobodyOnline
from domain.values import Role

WHOLE = """
[account]
name = "Loja Ipê"
language = "pt-BR"
time_zone = "America/Sao_Paulo"
patience = "10m"
auto_assign = true
policy = "round_robin"
presence_grace = "90s"
warmup = 3
reopen_within = "2h"

[[groups]]
name = "Vendas"
patience = "5m"
policy = "least_busy"
on_nobody_online = "overflow"
overflow_to = "Suporte"
overflow_after = "1m"

[[groups]]
name = "Suporte"

[[operators]]
email = "ana@ipe.test"
name = "Ana"
role = "supervisor"
groups = ["Vendas", "Suporte"]
capacity = 5
password = "canary-password"

[[channels]]
name = "telegram"
kind = "telegram"
group = "Vendas"
config = { bot_token = "123:canary", secret_token = "canary" }
"""
ANA = '[[operators]]\nemail = "ana@ipe.test"\nname = "Ana"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "loja.toml"


def refusal(file: Path, content: str | bytes) -> str:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SettingsRefused) as refused:
        read(file)
    said = f"{refused.value}"
    assert "\n" not in said
    assert "canary" not in said
    assert said.startswith(f"{file}: ")
    return said.removeprefix(f"{file}: ")


def test_a_whole_file_is_read(file: Path) -> None:
    file.write_text(WHOLE)
    workspace = read(file)
    assert workspace.account.patience == timedelta(minutes=10)
    assert workspace.groups[0].on_nobody_online is NobodyOnline.OVERFLOW
    assert workspace.operators[0].role is Role.SUPERVISOR
    assert workspace.channels[0].config["bot_token"] == "123:canary"


def test_an_empty_file_is_a_workspace(file: Path) -> None:
    file.write_text("")
    assert read(file) == Workspace()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[account]\npatiense = "1m"', "account.patiense: is not known"),
        ("[acount]", "acount: is not known"),
        ('[account]\npatience = "soon"', "account.patience: 'soon' is no duration; write 90s,"),
        ('[account]\npatience = "0s"', "account.patience: input should be greater than"),
        ('[account]\npatience = "366d"', "account.patience: input should be less than"),
        (f'[account]\npatience = "{"9" * 400}d"', "account.patience: '9999"),
        (
            '[account]\ntime_zone = "Sao_Paulo"',
            "account.time_zone: 'Sao_Paulo' is no time zone; write e.g. America/Sao_Paulo",
        ),
        ('[account]\ntime_zone = "America"', "account.time_zone: 'America' is no time zone"),
        ('[account]\ntime_zone = ""', "account.time_zone: '' is no time zone"),
        ('[account]\nlanguage = "de"', "account.language: "),
        ('[account]\npolicy = "random"', "account.policy: "),
        ("[account]\nwarmup = 0", "account.warmup: "),
        ('[[groups]]\nname = ""', "groups.0.name: "),
        ('[[operators]]\nemail = "ana"\nname = "Ana"', "operators.0.email: "),
        ('[[operators]]\nemail = "ana@ipe.test"', "operators.0.name: field required"),
        (f'{ANA}role = "boss"', "operators.0.role: "),
        (f"{ANA}capacity = -1", "operators.0.capacity: "),
        (f'{ANA}password = "canary"', "operators.0.password: "),
        (
            f'{ANA}groups = ["Vendas"]',
            "the file: operators: ana@ipe.test: there is no group 'Vendas'",
        ),
        (
            '[[groups]]\nname = "A"\noverflow_to = "B"',
            "the file: groups: A: there is no group 'B'",
        ),
        (
            '[[channels]]\nname = "t"\nkind = "telegram"\ngroup = "Vendas"',
            "the file: channels: t: there is no group 'Vendas'",
        ),
        ('[[channels]]\nname = "a/b"\nkind = "telegram"', "channels.0.name: "),
        (
            ANA + ANA.replace("ana@", "Ana@"),
            "the file: operators: ana@ipe.test is there 2 times",
        ),
        ('[[groups]]\nname = "A"\n' * 3, "the file: groups: A is there 3 times"),
        (
            '[[channels]]\nname = "t"\nkind = "telegram"\n' * 2,
            "the file: channels: t is there 2 times",
        ),
        ("[account", "Expected"),
        (b'[account]\nname = "\xff"', "is not UTF-8 text"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(file: Path, content: str | bytes, said: str) -> None:
    assert refusal(file, content).startswith(said)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"loja.toml: No such file"):
        read(file)


def test_the_longest_duration_can_be_counted_with(file: Path) -> None:
    file.write_text('[account]\npatience = "365d"')
    assert read(file).account.patience == LONGEST


def test_a_password_may_come_from_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(f'{ANA}password_env = "ANA_PASSWORD"')
    (ana,) = read(file).operators
    with pytest.raises(SettingsRefused, match=r"^operators: ana@ipe.test: ANA_PASSWORD is not set"):
        ana.secret()
    monkeypatch.setenv("ANA_PASSWORD", "canary")
    with pytest.raises(SettingsRefused, match="ANA_PASSWORD is too short") as refused:
        ana.secret()
    assert "canary" not in f"{refused.value}"
    monkeypatch.setenv("ANA_PASSWORD", "canary-password")
    assert ana.secret() == "canary-password"


def test_without_a_password_it_is_left_as_it_is(file: Path) -> None:
    file.write_text(ANA)
    assert read(file).operators[0].secret() is None
