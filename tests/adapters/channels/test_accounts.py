"""Which channel accounts are connected, and that a bad one harms no other."""

from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from adapters.channels.accounts import ConnectedChannels
from adapters.channels.telegram import Telegram
from adapters.storage.postgres.recorder import migrate
from domain.inbound import AccountRef
from tests.prepared import Pool, pool_on, run_sql, url_of

WHATSAPP = (
    '{"phone_number_id": "1065", "app_secret": "canary-1", "verify_token": "v",'
    ' "access_token": "canary-2"}'
)
TELEGRAM = '{"bot_token": "4242:canary-3", "secret_token": "canary-4"}'


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[Pool]:
    migrate(fresh_database)
    async with pool_on(fresh_database) as pool:
        yield pool


@pytest.fixture
def connect(fresh_database: str, pool: Pool) -> "Connect":
    return Connect(fresh_database)


class Connect:
    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, id_: str, kind: str, config: str) -> None:
        run_sql(
            self._url,
            "INSERT INTO recado_channel_secrets VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (account_id) DO UPDATE SET config = excluded.config",
            id_,
            f"name-of-{id_}",
            kind,
            config,
        )


async def test_an_account_is_found_by_id_name_and_the_providers_name_for_it(
    pool: Pool, connect: Connect
) -> None:
    connect("a1", "whatsapp", WHATSAPP)
    connect("a2", "telegram", TELEGRAM)
    channels = ConnectedChannels(pool)
    assert channels.ids() == []
    await channels.refresh()
    assert sorted(channels.ids()) == ["a1", "a2"]
    whatsapp = channels.by_id("a1")
    assert whatsapp is not None
    assert channels.by_name("name-of-a1") is whatsapp
    assert channels.by_ref(AccountRef("whatsapp.phone_number_id", "1065")) is whatsapp
    assert channels.by_ref(AccountRef("whatsapp.phone_number_id", "other")) is None


async def test_only_what_changed_is_made_anew(pool: Pool, connect: Connect) -> None:
    connect("a1", "whatsapp", WHATSAPP)
    connect("a2", "telegram", TELEGRAM)
    channels = ConnectedChannels(pool)
    await channels.refresh()
    whatsapp, telegram = channels.by_id("a1"), channels.by_id("a2")
    connect("a2", "telegram", TELEGRAM.replace("4242", "4343"))
    await channels.refresh()
    assert channels.by_id("a1") is whatsapp
    assert channels.by_id("a2") is not telegram
    run_sql(url_of(pool), "DELETE FROM recado_channel_secrets WHERE account_id = 'a1'")
    await channels.refresh()
    assert channels.ids() == ["a2"]
    assert channels.by_name("name-of-a1") is None


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("carrier-pigeon", "{}"),
        ("telegram", '{"bot_token": "4242:canary-3"}'),
        ("telegram", '{"bot_token": "canary 3!", "secret_token": "canary-4"}'),
        ("telegram", "canary-3 is no JSON"),
    ],
)
async def test_an_unusable_account_is_left_out_and_told_once(
    pool: Pool, connect: Connect, kind: str, config: str
) -> None:
    connect("a1", "whatsapp", WHATSAPP)
    connect("bad", kind, config)
    channels = ConnectedChannels(pool)
    with capture_logs() as lines:
        await channels.refresh()
        await channels.refresh()
    assert channels.ids() == ["a1"]
    (line,) = lines
    assert (line["event"], line["account"]) == ("channel.unusable", "name-of-bad")
    assert "canary" not in f"{line}"


async def test_an_adapter_from_elsewhere_that_fails_harms_no_other(
    pool: Pool, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> AccountRef:
        raise KeyError("canary-3")

    monkeypatch.setattr(Telegram, "account_ref", fail)
    connect("a1", "whatsapp", WHATSAPP)
    connect("bad", "telegram", TELEGRAM)
    channels = ConnectedChannels(pool)
    with capture_logs() as lines:
        await channels.refresh()
    assert channels.ids() == ["a1"]
    assert "canary" not in f"{lines}"
    monkeypatch.undo()
    connect("bad", "telegram", TELEGRAM.replace("4242", "4343"))
    await channels.refresh()
    assert sorted(channels.ids()) == ["a1", "bad"]
