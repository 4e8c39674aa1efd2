"""
The policies that can be set: those of Recado and those that other packages bring.

A package names its policies in the entry-point group `recado.policies`. One that cannot be
loaded is listed with its fault and never stops the rest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Final, cast

from routers.policies import BUILT_IN
from routers.policies.base import Policy

GROUP: Final = "recado.policies"
_OURS: Final = {*BUILT_IN, "sticky", "pulled", "assigned"}
"""Names that reasons use, which cannot be taken by another package."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A policy as `recado policy list` shows it."""

    name: str
    origin: str
    version: int | None = None
    fault: str | None = None
    """Why it could not be loaded; None: it can be used."""


class Registry:
    """Policies by name."""

    def __init__(self, found: Iterable[EntryPoint]) -> None:
        self._policies: dict[str, Policy] = dict(BUILT_IN)
        self._listed = [Listed(name, "recado", p.version) for name, p in BUILT_IN.items()]
        for entry in found:
            self._load(entry)

    @property
    def policies(self) -> Mapping[str, Policy]:
        """Return those that can be used, by the name that settings give them."""
        return MappingProxyType(self._policies)

    def listed(self) -> list[Listed]:
        """Return every policy that was found, loaded or not."""
        return list(self._listed)

    def _load(self, entry: EntryPoint) -> None:
        fault, version = None, None
        try:
            policy = entry.load()
            fault = self._fault_of(entry.name, policy)
            if fault is None:
                version = policy.version
                self._policies[entry.name] = policy
        except (Exception, SystemExit) as error:
            fault = f"{type(error).__name__}: {error}"
        self._listed.append(Listed(entry.name, entry.value, version, fault))

    def _fault_of(self, name: str, policy: Any) -> str | None:
        if not isinstance(policy, Policy):
            return "it is no `routers.policies.base.Policy`"
        rank, version = cast(Any, policy.rank), cast(Any, policy.version)
        if policy.name != name:
            return f"it calls itself {policy.name!r}"
        if name in _OURS or name in self._policies:
            return "its name is taken"
        if not callable(rank) or not isinstance(version, int):
            return "it lacks a `rank` to call, or a whole number as its version"
        return None


@cache
def installed() -> Registry:
    """Return every policy of this installation, looked for once."""
    return Registry(entry_points(group=GROUP))


def known_policy(name: str) -> str:
    """Return the name of a policy that can be used; raise `ValueError` for another."""
    if name not in installed().policies:
        raise ValueError(f"{name[:40]!r} is no policy; there are {', '.join(installed().policies)}")
    return name
