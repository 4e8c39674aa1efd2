"""Loja Ipê can be applied, twice, and is made of invented people."""

from deploy.commands.records import apply_workspace
from deploy.demo import company
from deploy.embedded.directory import Urls
from deploy.installation import opened, prepare_database
from domain.operator import Operator
from domain.values import stream_of


def test_the_company_is_applied_cleanly_and_only_once(fresh_database: str) -> None:
    prepare_database(fresh_database)
    urls = Urls(fresh_database, "nats://127.0.0.1:9")
    said = apply_workspace(urls, company.loja_ipe("http://127.0.0.1:1"))
    assert sum("created" in line for line in said) == 3 + 5 + 12
    assert sum("defined" in line for line in said) == 6
    assert sum("connected" in line for line in said) == 2
    assert apply_workspace(urls, company.loja_ipe("http://127.0.0.1:1")) == ["nothing to change"]
    # The fake providers listen elsewhere at the next start: only that is changed then.
    moved = apply_workspace(urls, company.loja_ipe("http://127.0.0.1:2"))
    assert sorted(moved) == sorted(
        f"{what.format(name)}"
        for name in ("whatsapp-loja", "telegram-suporte")
        for what in ("channel {}: configured", "configuration of channel {}")
    )
    with opened(urls) as installation:
        for email in (company.VISITOR, *company.COLLEAGUES):
            id_ = installation.desk.naming.derive("operator", email)
            operator = installation.reader.state(stream_of("operator", id_))
            assert isinstance(operator, Operator)
            assert operator.exists


def test_everybody_lives_in_a_domain_that_cannot_exist() -> None:
    workspace = company.loja_ipe("http://127.0.0.1:1")
    assert all(operator.email.endswith(".test") for operator in workspace.operators)
    assert company.VISITOR not in company.COLLEAGUES
