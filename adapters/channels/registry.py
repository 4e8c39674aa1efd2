"""
The channels that can be connected: those of Recado and those that other packages bring.

A package names its adapters in the entry-point group `recado.channels`. One that cannot be
loaded is listed with its fault and never stops the rest.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from typing import Any, Final, cast

from pydantic import BaseModel, ValidationError

from adapters.channels.base import (
    CONTRACT,
    AdapterMeta,
    ChannelAdapter,
    ConfigRefused,
    UnknownChannelKind,
)

GROUP: Final = "recado.channels"
CONFORMANCE: Final = "conformance.json"
"""What `recado channel check` found, beside an adapter's module."""

_BUILT_IN: Final = (
    EntryPoint("whatsapp", "adapters.channels.whatsapp:WhatsApp", GROUP),
    EntryPoint("messenger", "adapters.channels.messenger:Messenger", GROUP),
    EntryPoint("instagram", "adapters.channels.instagram:Instagram", GROUP),
    EntryPoint("telegram", "adapters.channels.telegram:Telegram", GROUP),
    EntryPoint("twilio", "adapters.channels.twilio:Twilio", GROUP),
    EntryPoint("vk", "adapters.channels.vk:Vk", GROUP),
    EntryPoint("email", "adapters.channels.email:Email", GROUP),
    EntryPoint("webchat", "adapters.channels.webchat:WebChat", GROUP),
)

_METHODS: Final = (
    "account_ref",
    "capabilities",
    "handshake",
    "verify",
    "parse",
    "ack",
    "build",
    "classify",
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A channel kind as `recado channel list` shows it."""

    kind: str
    origin: str
    """Where its code is: `module:Class`."""
    title: str | None = None
    fault: str | None = None
    """Why it could not be loaded; None: it can be used."""
    contract: int | None = None
    """The version of the contract that it was made for."""
    level: str | None = None
    """What its own `conformance.json` says it has reached; None: nobody has looked."""


class Registry:
    """Channel kinds by name. Built-in names cannot be taken by another package."""

    def __init__(self, found: Iterable[EntryPoint], enabled: Collection[str] | None = None) -> None:
        self._classes: dict[str, type[ChannelAdapter]] = {}
        self._listed: list[Listed] = []
        for entry in _BUILT_IN:
            self._load(entry)
        for entry in found:
            if enabled is None or entry.name in enabled:
                self._load(entry)

    def listed(self) -> list[Listed]:
        """Return every channel that was found, loaded or not."""
        return list(self._listed)

    def adapter_class(self, kind: str) -> type[ChannelAdapter]:
        """Return the adapter of a kind, not yet configured. Raises `UnknownChannelKind`."""
        adapter = self._classes.get(kind)
        if adapter is None:
            raise UnknownChannelKind(kind, sorted(self._classes))
        return adapter

    def adapter_for(self, kind: str, config: Mapping[str, Any]) -> ChannelAdapter:
        """
        Return an adapter with this configuration.

        Raises `UnknownChannelKind`, and `ConfigRefused` that names every wrong key and no
        value, since values are secrets.
        """
        adapter = self.adapter_class(kind)
        make = cast(Any, adapter)
        try:
            return cast(ChannelAdapter, make(_validated(adapter.meta.config, config)))
        except ValidationError as error:
            problems = [_problem(dict(one)) for one in error.errors(include_input=False)]
        raise ConfigRefused(kind, problems)

    def _load(self, entry: EntryPoint) -> None:
        listed = Listed(entry.name, entry.value)
        try:
            adapter = entry.load()
            fault = "its name is taken" if entry.name in self._classes else _fault_of(adapter)
            if fault is None:
                self._classes[entry.name] = adapter
            listed = _described(listed, adapter, fault)
        except (Exception, SystemExit) as error:
            listed = replace(listed, fault=f"{type(error).__name__}: {error}")
        self._listed.append(listed)


@cache
def installed() -> Registry:
    """Return every channel of this installation, looked for once."""
    return Registry(entry_points(group=GROUP))


def adapter_for(kind: str, config: Mapping[str, Any]) -> ChannelAdapter:
    """Return an adapter of an installed channel. Raises as `Registry.adapter_for` does."""
    return installed().adapter_for(kind, config)


def _fault_of(adapter: Any) -> str | None:
    """Return why a loaded object is not an adapter for this contract; None: it is one."""
    meta = getattr(adapter, "meta", None)
    if not isinstance(meta, AdapterMeta):
        return "it has no `meta`"
    if meta.contract != CONTRACT:
        return f"it is made for contract {meta.contract}, this is {CONTRACT}"
    missing = [name for name in _METHODS if not callable(getattr(adapter, name, None))]
    return f"it lacks {', '.join(missing)}" if missing else None


def _described(listed: Listed, adapter: Any, fault: str | None) -> Listed:
    """Return it with what an adapter says of itself, as far as it is one."""
    meta = getattr(adapter, "meta", None)
    if not isinstance(meta, AdapterMeta):
        return replace(listed, fault=fault)
    title = meta.title if fault is None else None
    level = claimed_level(adapter) if fault is None else None
    return replace(listed, title=title, fault=fault, contract=meta.contract, level=level)


def claimed_level(adapter: Any) -> str | None:
    """Return the level in the `conformance.json` beside an adapter's module; None without one."""
    package = adapter.__module__.rpartition(".")[0] or adapter.__module__
    try:
        report = json.loads((files(package) / CONFORMANCE).read_bytes())
    except (OSError, ValueError, TypeError, ModuleNotFoundError):
        return None
    level = report.get("level") if isinstance(report, dict) else None
    return level if isinstance(level, str) else None


def _validated(model: type[BaseModel], config: Mapping[str, Any]) -> BaseModel:
    return model.model_validate(dict(config))


def _problem(error: dict[str, Any]) -> str:
    """Return what is wrong with which key. A model's own words are left out: they may quote."""
    key = ".".join(str(step) for step in error["loc"]) or "config"
    match error["type"]:
        case "extra_forbidden":
            return f"there is no key {key!r}"
        case "missing":
            return f"the key {key!r} is missing"
        case "value_error" | "assertion_error":
            return f"the value of {key!r} is not accepted"
        case _:
            return f"{key!r}: {error['msg']}"
