"""Finding of adapters, and refusal of wrong configurations."""

import sys
import types
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from adapters.channels.base import (
    CONTRACT,
    Ack,
    AdapterMeta,
    ChannelAdapter,
    ConfigRefused,
    RawRequest,
    UnknownChannelKind,
    read_inbound,
)
from adapters.channels.registry import GROUP, Registry, adapter_for, installed
from adapters.channels.whatsapp import WhatsApp
from domain.inbound import AccountRef, InboundEvent, Notice
from tests.adapters.channels.kit import request

WHATSAPP = {
    "phone_number_id": "1065",
    "app_secret": "s1-hush",
    "verify_token": "s2-hush",
    "access_token": "s3-hush",
}


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: SecretStr

    @field_validator("key")
    @classmethod
    def _check(cls, key: SecretStr) -> SecretStr:
        if key.get_secret_value() != "good":
            raise ValueError(f"{key.get_secret_value()} is no good")
        return key


class Acme(WhatsApp):
    meta: ClassVar = AdapterMeta(
        kind="acme",
        title="Acme",
        contract=CONTRACT,
        provider_version="1",
        config=Config,
        docs="https://acme.test",
    )

    def __init__(self, config: Any) -> None:
        self.config = config

    def account_ref(self) -> AccountRef:
        return AccountRef("acme", "1")

    def ack(self, request: RawRequest) -> Ack:
        return Ack(204)

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        if request.body == b"nothing":
            return []
        raise RuntimeError("a fault of Acme's")


def entry(
    monkeypatch: pytest.MonkeyPatch, thing: Any, name: str = "acme", module: str = "acme_x"
) -> EntryPoint:
    package = types.ModuleType(module)
    monkeypatch.setattr(package, "thing", thing, raising=False)
    monkeypatch.setitem(sys.modules, module, package)
    return EntryPoint(name, f"{module}:thing", GROUP)


def fault_of(registry: Registry, kind: str = "acme") -> str:
    (fault,) = [one.fault for one in registry.listed() if one.kind == kind]
    return fault or ""


def test_the_built_in_channels_are_there() -> None:
    kinds = {one.kind: (one.title, one.fault) for one in installed().listed()}
    assert kinds["whatsapp"] == ("WhatsApp", None)
    assert kinds["telegram"] == ("Telegram", None)


def test_another_packages_adapter_is_made_from_its_own_config(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    adapter = Registry([entry(monkeypatch, Acme)]).adapter_for("acme", {"key": "good"})
    assert adapter.account_ref() == AccountRef("acme", "1")


def test_a_package_that_is_not_enabled_is_not_even_loaded() -> None:
    registry = Registry([EntryPoint("acme", "explodes:now", GROUP)], enabled={"other"})
    assert "acme" not in [one.kind for one in registry.listed()]


class Foreign(Acme):
    meta: ClassVar = AdapterMeta(
        kind="acme", title="", contract=99, provider_version="", config=Config, docs=""
    )


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (Foreign, "made for contract 99"),
        (object, "no `meta`"),
        (None, "no `meta`"),
        (types.SimpleNamespace(meta=Acme.meta, parse=print), "it lacks account_ref"),
    ],
)
def test_what_is_not_an_adapter_is_listed_with_its_fault(
    monkeypatch: pytest.MonkeyPatch, thing: Any, words: str
) -> None:
    registry = Registry([entry(monkeypatch, thing)])
    assert words in fault_of(registry)
    with pytest.raises(UnknownChannelKind):
        registry.adapter_for("acme", {})


@pytest.mark.parametrize("value", ["no.such.module:X", "adapters.channels.base:Nothing", "x"])
def test_what_cannot_be_loaded_is_listed_and_stops_nothing(value: str) -> None:
    registry = Registry([EntryPoint("acme", value, GROUP)])
    assert fault_of(registry)
    assert registry.adapter_for("whatsapp", WHATSAPP).account_ref().value == "1065"


@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit(3)])
def test_a_module_that_fails_when_it_is_loaded_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    class Explosive(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise error

    monkeypatch.setitem(sys.modules, "acme_boom", Explosive("acme_boom"))
    registry = Registry([EntryPoint("acme", "acme_boom:X", GROUP)])
    assert type(error).__name__ in fault_of(registry)


def test_a_built_in_channel_cannot_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry([entry(monkeypatch, Acme, name="whatsapp")])
    assert [one.fault for one in registry.listed() if one.fault] == ["its name is taken"]
    assert isinstance(registry.adapter_for("whatsapp", WHATSAPP), WhatsApp)
    assert not isinstance(registry.adapter_for("whatsapp", WHATSAPP), Acme)


def test_an_unknown_kind_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownChannelKind, match=r"'pigeon'.*telegram.*whatsapp"):
        adapter_for("pigeon", {})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"app_secret": None}, "'app_secret'"),
        ({"app_secret": ""}, "'app_secret'"),
        ({"app_secret": ["s1-hush"]}, "'app_secret'"),
        ({"apisecret": "s4-hush"}, "there is no key 'apisecret'"),
        ({"phone_number_id": "../s5-hush"}, "'phone_number_id'"),
        ({"api_base": "ftp://s6-hush"}, "'api_base'"),
        ({"api_base": "https://me:s6-hush@graph.test"}, "'api_base'"),
        ({"api_base": "https://[s6-hush"}, "'api_base'"),
        ({"api_version": "s7-hush"}, "'api_version'"),
    ],
)
def test_a_wrong_config_names_the_key_and_never_a_value(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigRefused) as refusal:
        adapter_for("whatsapp", {**WHATSAPP, **changes})
    assert words in str(refusal.value)
    assert "hush" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None


def test_every_wrong_key_is_told_at_once() -> None:
    with pytest.raises(ConfigRefused) as refusal:
        adapter_for("whatsapp", {"phone_number_id": "1", "x": 1})
    assert len(refusal.value.problems) == 4


@pytest.mark.parametrize(
    ("key", "value"),
    [("bot_token", "a/b-hush"), ("bot_token", ""), ("secret_token", "hush ç"), ("x", "hush")],
)
def test_a_token_that_would_break_an_address_or_a_header_is_refused(key: str, value: str) -> None:
    config = {"bot_token": "1:x", "secret_token": "s", key: value}
    with pytest.raises(ConfigRefused, match=key) as refusal:
        adapter_for("telegram", config)
    assert "hush" not in str(refusal.value)


def test_a_models_own_words_are_left_out_as_they_may_quote(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigRefused, match="'key' is not accepted") as refusal:
        Registry([entry(monkeypatch, Acme)]).adapter_for("acme", {"key": "hush"})
    assert "hush" not in str(refusal.value)


def test_an_adapter_shows_no_secret() -> None:
    adapter: ChannelAdapter = adapter_for("whatsapp", WHATSAPP)
    assert "hush" not in f"{adapter!r} {vars(adapter)['_config']!r}"


@pytest.mark.parametrize("body", [b"nothing", b"something"])
def test_a_body_that_an_adapter_fails_on_is_kept(body: bytes) -> None:
    """M4"""
    (event,) = read_inbound(Acme(None), request(body))
    assert isinstance(event, Notice)
    assert (event.code, event.why, event.raw) == ("adapter-failed", "unreadable", body.decode())
