"""An adapter and the cases that it is tried on."""

import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from pydantic import BaseModel, SecretStr, ValidationError

from adapters.channels.base import AdapterMeta, ChannelAdapter, InboundEvent, RawRequest
from adapters.channels.conformance.cases import Cases, InboundCase, read_cases
from adapters.channels.conformance.signing import signed


class CasesRefused(Exception):
    """The cases cannot be used: a file is missing, is wrong, or configures no account."""


@dataclass(frozen=True)
class Subject:
    """What is examined."""

    adapter: type[ChannelAdapter]
    cases: Cases

    @property
    def meta(self) -> AdapterMeta:
        return self.adapter.meta

    def config(self, **changes: Any) -> BaseModel:
        return self.meta.config.model_validate({**self.cases.account.config, **changes})

    def make(self, **changes: Any) -> ChannelAdapter:
        """Return the adapter, configured as the cases say but for the changes."""
        return cast(ChannelAdapter, cast(Any, self.adapter)(self.config(**changes)))

    def request(self, case: InboundCase) -> RawRequest:
        return signed(self.cases.account, case)

    def read(self, case: InboundCase) -> list[InboundEvent]:
        """Return what a new adapter reads in a case."""
        return self.make().parse(self.request(case))

    def secrets(self) -> list[str]:
        """Return every secret of the configuration."""
        config = self.config()
        values = [getattr(config, name) for name in type(config).model_fields]
        secrets = [v.get_secret_value() for v in values if isinstance(v, SecretStr)]
        return [secret for secret in secrets if secret]

    def modules(self) -> list[ModuleType]:
        """Return the modules of the package that the adapter is in."""
        package = self.adapter.__module__.rpartition(".")[0] or self.adapter.__module__
        found = [m for name, m in sys.modules.items() if _is_within(name, package)]
        return [m for m in found if getattr(m, "__file__", None)]

    def source(self) -> dict[str, str]:
        """Return the source of each of these modules, by the name of its file."""
        return {Path(str(m.__file__)).name: inspect.getsource(m) for m in self.modules()}


def _is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def subject_of(
    adapter: type[ChannelAdapter], folder: Path, recordings: Path | None = None
) -> Subject:
    """Return an adapter with the cases of a folder. Raises `CasesRefused`."""
    try:
        subject = Subject(adapter, read_cases(folder, recordings))
        subject.make()
    except (OSError, ValidationError, ValueError, TypeError, KeyError) as error:
        what = type(error).__name__ if isinstance(error, ValidationError) else str(error)
        raise CasesRefused(f"the cases in {folder} cannot be used: {what}") from None
    return subject
