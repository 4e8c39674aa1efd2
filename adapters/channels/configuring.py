"""Configurations of channel accounts, kept beside the log: compared, and shown without secrets."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final

import orjson

from adapters.channels.base import ChannelError
from adapters.channels.registry import Registry, installed
from domain.inbound import AccountRef
from domain.values import Naming

Config = Mapping[str, Any]
Named = tuple[str, str, Config]
"""The name, the kind and the configuration of an account."""

_HIDDEN: Final = "password"
"""What the schema of a configuration calls a value that is never shown."""


class SameAccountTwice(ChannelError):
    """Two accounts are one at the provider's: what comes in could not be told to be of either."""

    def __init__(self, kind: str, name: str, other: str) -> None:
        super().__init__(f"{other} and {name} are the same {kind} account; connect it once")
        self.name = name
        self.other = other


class AccountRefused(ChannelError):
    """An account cannot be used as it is configured; `name` says which."""

    def __init__(self, name: str, why: ChannelError) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name


def canonical(config: Config) -> str:
    """Return a configuration as JSON, equal for equal content."""
    return orjson.dumps(config, option=orjson.OPT_SORT_KEYS).decode()


def fingerprint_of(config: Config, naming: Naming) -> str:
    """Return what the log holds of a configuration: keyed, so that it gives no secret away."""
    return blake2b(canonical(config).encode(), key=naming.salt, digest_size=12).hexdigest()


def refuse_twins(accounts: Iterable[Named]) -> None:
    """Raise `SameAccountTwice` where two are one account; `AccountRefused` where one is none."""
    names: dict[AccountRef, str] = {}
    for name, kind, config in accounts:
        try:
            ref = installed().adapter_for(kind, config).account_ref()
        except ChannelError as error:
            raise AccountRefused(name, error) from None
        if (other := names.setdefault(ref, name)) != name:
            raise SameAccountTwice(kind, name, other)


def secrets_in(registry: Registry, kind: str) -> frozenset[str]:
    """Return the keys of a kind's configuration whose values are never shown."""
    schema = registry.adapter_class(kind).meta.config.model_json_schema()
    return frozenset(key for key, said in schema["properties"].items() if _is_secret(said))


def shown(config: Config, secrets: frozenset[str]) -> dict[str, Any]:
    """Return a configuration with null for each secret that is there."""
    return {key: None if key in secrets else value for key, value in config.items()}


def merged(config: Config, changes: Config, secrets: frozenset[str]) -> dict[str, Any]:
    """
    Return a configuration after changes: null takes a value away, but leaves a secret as it is,
    for that is how it was shown.
    """
    kept = {
        key: value
        for key, value in config.items()
        if key not in changes or (key in secrets and changes[key] is None)
    }
    return kept | {key: value for key, value in changes.items() if value is not None}


def _is_secret(said: Mapping[str, Any]) -> bool:
    either = (said, *said.get("anyOf", ()))
    return any(one.get("format") == _HIDDEN or one.get("writeOnly") for one in either)
