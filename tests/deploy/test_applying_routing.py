"""The keys of a workspace file that routing goes by (R2, R4, R9, R11, V5)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.commands.records import apply_workspace
from deploy.embedded.directory import Urls
from deploy.installation import prepare_database
from deploy.settings import SettingsRefused
from deploy.workspace import Workspace, read
from domain.account import Account
from domain.group import Group
from domain.operator import Operator
from domain.values import ACCOUNT_STREAM, GroupId, Naming, OperatorId, stream_of
from tests.prepared import reader_on, run_sql

FILE = """
[account]
time_zone = "America/Sao_Paulo"
policy = "most_skilled"
sticky = "24h"
answer_within = "5m"

[[groups]]
name = "Vendas"
on_nobody_online = "overflow"
overflow_to = "Suporte"
overflow_after = "5m"
answer_within = "2m"
sticky = "1h"
may_exceed_capacity = true
clock_in_hours = true
hours = { mon = ["09:00-18:00"], holidays = "BR-SP", closed = ["2030-12-24"] }

[[groups]]
name = "Suporte"

[[operators]]
email = "ana@ipe.test"
name = "Ana"
groups = ["Vendas", "Suporte"]
skills = { Vendas = 80 }
"""
ANA = '[[operators]]\nemail = "a@b.test"\nname = "A"\n'
Apply = Callable[[str], list[str]]


@pytest.fixture
def apply(fresh_database: str, tmp_path: Path) -> Apply:
    prepare_database(fresh_database)
    urls = Urls(fresh_database, "nats://nobody.test")
    return lambda text: apply_workspace(urls, parsed(tmp_path, text))


def parsed(folder: Path, text: str) -> Workspace:
    file = folder / "loja.toml"
    file.write_text(text)
    return read(file)


def naming(url: str) -> Naming:
    ((salt,),) = run_sql(url, "SELECT salt FROM recado_head")
    return Naming(bytes(salt))


def group_of(url: str, name: str) -> Group:
    with reader_on(url) as reader:
        state = reader.state(stream_of("group", naming(url).derive("group", name)))
    assert isinstance(state, Group)
    return state


def test_all_keys_of_routing_are_taken_once(apply: Apply, fresh_database: str) -> None:
    said = apply(FILE)
    assert said[:4] == [
        "account: policy, sticky, answer_within",
        "group Vendas: created",
        "group Suporte: created",
        "group Vendas: settings",
    ]
    assert apply(FILE) == ["nothing to change"]
    sales = group_of(fresh_database, "Vendas").settings
    support = group_of(fresh_database, "Suporte").id
    assert (sales.overflow_to, sales.overflow_after) == (support, timedelta(minutes=5))
    assert (sales.answer_within, sales.sticky) == (timedelta(minutes=2), timedelta(hours=1))
    assert (sales.may_exceed_capacity, sales.clock_in_hours) == (True, True)
    assert sales.hours is not None
    assert (sales.hours.time_zone, sales.hours.holidays) == ("America/Sao_Paulo", "BR-SP")
    assert len(sales.hours.closed) > 100
    with reader_on(fresh_database) as reader:
        account = reader.state(ACCOUNT_STREAM)
        ana = reader.state(
            stream_of("operator", naming(fresh_database).derive("operator", "ana@ipe.test"))
        )
    assert isinstance(account, Account)
    assert isinstance(ana, Operator)
    assert (account.settings.policy, account.settings.sticky) == (
        "most_skilled",
        timedelta(hours=24),
    )
    assert ana.skills == {GroupId(sales_id(fresh_database)): 80, support: 50}
    assert ana.id == OperatorId(naming(fresh_database).derive("operator", "ana@ipe.test"))


def sales_id(url: str) -> str:
    return naming(url).derive("group", "Vendas")


def ways(**to: str) -> str:
    """Return a file in which groups overflow to others."""
    names = ("A", "B", "C")
    return "".join(
        f'[[groups]]\nname = "{name}"\n'
        + (
            f'on_nobody_online = "overflow"\noverflow_to = "{to[name]}"\noverflow_after = "1m"\n'
            if name in to
            else ""
        )
        for name in names
    )


def test_ways_of_overflow_may_be_turned_round(apply: Apply, fresh_database: str) -> None:
    """R9: no step on the way is refused for a circle that the file does not have."""
    for wanted in ({"A": "B", "B": "C"}, {"C": "B", "B": "A"}, {"B": "C"}, {"A": "C", "C": "B"}):
        apply(ways(**wanted))
        assert apply(ways(**wanted)) == ["nothing to change"]
        ids = {name: group_of(fresh_database, name).id for name in "ABC"}
        for name in "ABC":
            overflow = group_of(fresh_database, name).settings.overflow
            to = None if overflow is None else overflow.to
            assert to == (ids[wanted[name]] if name in wanted else None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ways(A="B", B="A"), "groups overflow in a circle: A -> B -> A"),
        (ways(A="A"), "groups overflow in a circle: A -> A"),
        (
            '[[groups]]\nname = "A"\non_nobody_online = "overflow"\n',
            "'A' overflows: give overflow_to and overflow_after",
        ),
        (
            '[[groups]]\nname = "A"\nclock_in_hours = true\n',
            "'A' has no hours for its clock to run in",
        ),
        ('[account]\npolicy = "random"\n', "'random' is no policy; there are least_busy"),
        (
            '[[groups]]\nname = "A"\nhours = { mon = ["9-18"] }\n',
            "'9-18' is no time of a day; write 09:00-18:00",
        ),
        (
            '[[groups]]\nname = "A"\nhours = { holidays = "ZZ" }\n',
            "'ZZ' is no calendar of holidays; write BR-SP",
        ),
        (
            ANA + "skills = { X = 5 }\n",
            "a@b.test has a skill for 'X' and is not in it",
        ),
        (
            ANA + 'groups = ["X"]\nskills = { X = 0 }\n[[groups]]\nname = "X"\n',
            "operators.0.skills.X: input should be greater than or equal to 1",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        parsed(tmp_path, text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_skill_that_the_file_does_not_tell_of_stays(apply: Apply, fresh_database: str) -> None:
    """R4"""
    apply(FILE)
    assert apply(FILE.replace("skills = { Vendas = 80 }\n", "")) == ["nothing to change"]
    changed = apply(FILE.replace("Vendas = 80", "Vendas = 81"))
    assert changed == ["operator ana@ipe.test: changed"]
