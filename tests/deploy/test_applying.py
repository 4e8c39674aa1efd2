"""`recado apply`: the installation becomes as the file says, and nothing else happens."""

from typing import Any

import pytest

from deploy.commands.records import apply_workspace
from deploy.embedded.directory import Urls
from deploy.installation import opened, prepare_database
from deploy.settings import SettingsRefused
from deploy.workspace import Workspace
from domain.acts import Ask
from domain.channel import ChannelAccount, PauseChannel
from domain.operator import ChangeOperator, Operator
from domain.template_acts import AdjustTemplate
from domain.values import Meta, Naming, TemplateId, split_stream, stream_of
from tests.prepared import reader_on, run_sql

Table = dict[str, Any]
PASSWORD: Table = {"password": "canary-password"}


def loja(**changes: Table) -> Workspace:
    """Return a workspace; `changes` go into its account, its first group, operator, channel."""
    tables: dict[str, Table] = {
        "account": {"name": "Loja", "patience": "10m"},
        "group": {"name": "Vendas"},
        "operator": {
            "email": "Ana@ipe.test",
            "name": "Ana",
            "groups": ["Vendas"],
            "capacity": 5,
        },
        "channel": {
            "name": "bot",
            "kind": "telegram",
            "group": "Vendas",
            "config": {"bot_token": "42:canary-token", "secret_token": "canary-secret"},
        },
    }
    for name, change in changes.items():
        tables[name] |= change
    suporte = {"name": "Suporte"}
    return Workspace.model_validate(
        {
            "account": tables["account"],
            "groups": [tables["group"], suporte],
            "operators": [tables["operator"]],
            "channels": [tables["channel"]],
        }
    )


class Applying:
    def __init__(self, url: str) -> None:
        self.url = url
        self.urls = Urls(url, "nats://127.0.0.1:9")

    def __call__(self, workspace: Workspace, *, dry_run: bool = False) -> list[str]:
        return apply_workspace(self.urls, workspace, dry_run=dry_run)

    def topics(self, after: int = 0) -> list[str]:
        rows = run_sql(
            self.url,
            "SELECT topic FROM recado_events WHERE notification_id > %s ORDER BY notification_id",
            after,
        )
        return [row[0] for row in rows]

    def state(self, kind: str, *words: str) -> Any:
        ((salt,),) = run_sql(self.url, "SELECT salt FROM recado_head")
        id_ = Naming(bytes(salt)).derive(kind, *words)
        with reader_on(self.url) as reader:
            return reader.state(stream_of(kind, id_))

    def everything(self) -> list[list[tuple[Any, ...]]]:
        tables = ("events", "head", "keys", "credentials", "channel_secrets")
        return [run_sql(self.url, f"SELECT t::text FROM recado_{name} AS t") for name in tables]


@pytest.fixture
def apply(fresh_database: str) -> Applying:
    prepare_database(fresh_database)
    return Applying(fresh_database)


def test_the_first_time_all_of_it_is_made(apply: Applying) -> None:
    said = apply(loja(operator=PASSWORD))
    assert said == [
        "account: name",
        "group Vendas: created",
        "group Suporte: created",
        "operator Ana@ipe.test: created",
        "channel bot: connected",
        "password of operator Ana@ipe.test",
        "configuration of channel bot",
    ]
    ana = apply.state("operator", "ana@ipe.test")
    assert isinstance(ana, Operator)
    assert (ana.name, ana.capacity, len(ana.groups)) == ("Ana", 5, 1)
    bot = apply.state("channel", "bot")
    assert isinstance(bot, ChannelAccount)
    assert bot.group_id in ana.groups


def test_the_second_time_nothing_is_changed(apply: Applying) -> None:
    apply(loja(operator=PASSWORD))
    before = apply.everything()
    assert apply(loja(operator=PASSWORD)) == ["nothing to change"]
    assert apply.everything() == before
    assert apply(loja(operator=PASSWORD), dry_run=True) == ["nothing would change"]


def test_a_dry_run_tells_all_and_writes_nothing(apply: Applying) -> None:
    before = apply.everything()
    told = apply(loja(), dry_run=True)
    assert apply.everything() == before
    assert told == apply(loja())


def test_a_dry_run_tells_of_a_password_too(apply: Applying) -> None:
    apply(loja(operator=PASSWORD))
    before = apply.everything()
    changed = loja(operator={"password": "canary-new"})
    assert apply(changed, dry_run=True) == ["password of operator Ana@ipe.test"]
    assert apply.everything() == before


@pytest.mark.parametrize(
    ("change", "said", "topics"),
    [
        (
            {"operator": {"capacity": 7}},
            ["operator Ana@ipe.test: changed"],
            ["capacity-changed.v1"],
        ),
        (
            {"operator": {"groups": ["Suporte"]}},
            ["operator Ana@ipe.test: changed"],
            ["membership-changed.v1"],
        ),
        ({"operator": {"role": "auditor"}}, ["operator Ana@ipe.test: changed"], ["role-given.v1"]),
        (
            {"operator": {"name": "Aninha"}},
            ["operator Ana@ipe.test: changed"],
            ["operator-renamed.v1"],
        ),
        ({"operator": {"email": "ANA@ipe.test"}}, ["nothing to change"], []),
        (
            {"operator": {"password": "canary-new"}},
            ["password of operator Ana@ipe.test"],
            [],
        ),
        ({"account": {"patience": "5m"}}, ["account: patience"], ["account-configured.v1"]),
        ({"group": {"patience": "1m"}}, ["group Vendas: settings"], ["group-configured.v1"]),
        (
            {"channel": {"group": "Suporte"}},
            ["channel bot: configured"],
            ["channel-configured.v1"],
        ),
        (
            {
                "channel": {
                    "config": {"bot_token": "42:canary-new", "secret_token": "canary-secret"}
                }
            },
            ["channel bot: configured", "configuration of channel bot"],
            ["channel-configured.v1"],
        ),
        (
            {
                "channel": {
                    "config": {"secret_token": "canary-secret", "bot_token": "42:canary-token"}
                }
            },
            ["nothing to change"],
            [],
        ),
    ],
)
def test_a_change_in_the_file_is_exactly_that_change(
    apply: Applying, change: dict[str, Table], said: list[str], topics: list[str]
) -> None:
    apply(loja())
    head = len(apply.topics())
    assert apply(loja(**change)) == said
    assert apply.topics(head) == topics


def test_what_the_file_does_not_speak_of_is_kept(apply: Applying) -> None:
    """Skills given elsewhere stay with the groups that stay."""
    apply(loja())
    with opened(apply.urls) as installation:
        ana = apply.state("operator", "ana@ipe.test")
        skills = dict.fromkeys(ana.skills, 90)
        stream = stream_of("operator", ana.id)
        ask = Ask(stream=stream, command=ChangeOperator(skills=skills), meta=Meta("cli"))
        installation.desk.submit_now(ask)
    assert apply(loja()) == ["nothing to change"]
    apply(loja(operator={"groups": ["Vendas", "Suporte"]}))
    assert sorted(apply.state("operator", "ana@ipe.test").skills.values()) == [50, 90]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"bot_token": "42:canary-token"}, "'secret_token' is missing"),
        ({"bot_token": "canary token", "secret_token": "canary-secret"}, "'bot_token'"),
        (
            {
                "bot_token": "42:canary-token",
                "secret_token": "canary-secret",
                "bot_tokem": "canary",
            },
            "there is no key 'bot_tokem'",
        ),
    ],
)
def test_a_wrong_configuration_names_the_key_and_leaves_everything(
    apply: Applying, config: Table, said: str
) -> None:
    before = apply.everything()
    with pytest.raises(SettingsRefused, match=r"^channels: bot: ") as refused:
        apply(loja(channel={"config": config}))
    assert said in f"{refused.value}"
    assert "canary" not in f"{refused.value}"
    assert apply.everything() == before


def test_a_missing_password_leaves_everything(apply: Applying) -> None:
    before = apply.everything()
    with pytest.raises(SettingsRefused, match="NOT_THERE is not set"):
        apply(loja(operator={"password": None, "password_env": "NOT_THERE"}))
    assert apply.everything() == before


def test_a_channel_keeps_its_kind(apply: Applying) -> None:
    apply(loja())
    config = {
        "phone_number_id": "1065",
        "app_secret": "canary-secret",
        "verify_token": "canary",
        "access_token": "canary-token",
    }
    with pytest.raises(SettingsRefused, match="bot is of kind telegram"):
        apply(loja(channel={"kind": "whatsapp", "config": config}))


def pause_the_bot(apply: Applying) -> None:
    stream = stream_of("channel", apply.state("channel", "bot").id)
    pause = PauseChannel(reason="auth: revoked")
    with opened(apply.urls) as installation:
        installation.desk.submit_now(Ask(stream=stream, command=pause, meta=Meta("dispatcher")))


def test_a_paused_channel_is_resumed_by_applying_the_same_file_again(apply: Applying) -> None:
    """M6: it was mended at the provider's, so that nothing here had to change."""
    apply(loja())
    pause_the_bot(apply)
    assert apply(loja()) == ["channel bot: resumed"]
    assert apply.state("channel", "bot").paused is None


def test_a_paused_channel_is_resumed_by_a_new_configuration(apply: Applying) -> None:
    """M6."""
    apply(loja())
    pause_the_bot(apply)
    config = {"bot_token": "42:canary-new", "secret_token": "canary-secret"}
    apply(loja(channel={"config": config}))
    assert apply.state("channel", "bot").paused is None


def test_no_secret_is_in_the_log_or_in_what_is_told(apply: Applying) -> None:
    """A log is kept for ever, and read by many."""
    said = apply(loja(operator=PASSWORD))
    said += apply(
        loja(
            operator={"password": "canary-new"},
            channel={"config": {"bot_token": "42:canary-new", "secret_token": "canary-secret"}},
        )
    )
    logged = run_sql(
        apply.url, "SELECT string_agg(encode(state, 'escape'), ' ') FROM recado_events"
    )
    keys = run_sql(apply.url, "SELECT string_agg(recado_keys::text, ' ') FROM recado_keys")
    kept = run_sql(apply.url, "SELECT string_agg(password_hash, ' ') FROM recado_credentials")
    everything = f"{said} {logged} {keys} {kept}"
    assert "canary" not in everything
    assert "bot" in everything


def twin(name: str = "bot-2") -> Workspace:
    """Return a workspace whose one channel is the account of `loja` under another name."""
    return loja(channel={"name": name})


def test_one_account_under_two_names_is_refused(apply: Applying) -> None:
    """What comes in could not be told to be of one of them."""
    both = loja().model_copy(update={"channels": (*loja().channels, *twin().channels)})
    with pytest.raises(SettingsRefused, match="bot and bot-2 are the same telegram account"):
        apply(both)


def test_an_account_that_another_file_connected_is_refused_too(apply: Applying) -> None:
    apply(loja())
    with pytest.raises(SettingsRefused, match="bot and bot-2 are the same telegram account"):
        apply(twin())
    assert run_sql(apply.url, "SELECT name FROM recado_channel_secrets") == [("bot",)]
    other = {"bot_token": "43:canary-token", "secret_token": "canary-secret"}
    apply(loja(channel={"name": "bot-2", "config": other}))


def with_tools(**changes: Any) -> Workspace:
    template = {"code": "nf", "title": "Nota", "text": "Oi, {{client.name}}", "group": "Vendas"}
    tools = {
        "templates": [template | changes, {"code": "nf", "title": "Nota", "text": "Oi"}],
        "tags": [{"name": "vip", "colour": "#ff0000"}],
    }
    return Workspace.model_validate(loja().model_dump() | tools)


def test_tags_and_reply_templates_become_as_the_file_says(apply: Applying) -> None:
    """T3"""
    apply(loja())
    assert apply(with_tools()) == [
        "tag vip: defined",
        "template nf: created",
        "template nf: created",
    ]
    assert apply(with_tools()) == ["nothing to change"]
    assert apply(with_tools(text="Olá")) == ["template nf: changed"]


def test_a_template_whose_code_was_changed_by_hand_stays_and_another_is_made(
    apply: Applying,
) -> None:
    apply(with_tools())
    with opened(apply.urls) as installation:
        (template_id,) = {
            split_stream(stream)[1]
            for _, stream, _, topic, state in installation.reader.raw()
            if topic == "template-created.v1" and b"group_id" in state
        }
        change = AdjustTemplate(
            template_id=TemplateId(template_id),
            changes={"code": "nota"},
            scope=None,
            meta=Meta("operator:ana", "http"),
        )
        installation.desk.submit_now(change)
    assert apply(with_tools()) == ["template nf: created"]
    assert apply(with_tools()) == ["nothing to change"]


def test_a_template_with_a_variable_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="date"):
        with_tools(text="{{date}}")
