"""
What an installation is told: defaults < TOML file < environment `RECADO_…` < flags.

A key that nobody knows is an error, not silence. A secret may come from a file:
`RECADO_POSTGRES_URL_FILE` names one that holds the URL.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from adapters.http.oidc.config import OidcConfig, checked_issuer
from adapters.public_web import Origin, origins_in

PREFIX: Final = "RECADO_"
INTERNAL: Final = frozenset({"RECADO_READY_FD"})
"""Set by the supervisor for the parts it starts."""


class SettingsRefused(Exception):
    """A setting that nobody knows, or a value that makes no sense. The message names it."""


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    postgres_url: str | None = Field(default=None, min_length=1)
    """libpq URL; None starts an embedded server."""
    nats_url: str | None = Field(default=None, min_length=1)
    """None starts an embedded server."""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = None
    """How providers reach this installation; some of them sign it."""
    attachments_url: str | None = Field(default=None, min_length=1)
    """Where files are kept: a folder or `s3://bucket/prefix`; None: in the data directory."""
    attachments_max_bytes: int = Field(default=100 * 1024 * 1024, ge=1)
    """Of one file, in or out."""
    audit_key: str | None = Field(default=None, min_length=1)
    """What signs the log's heads: Ed25519, PEM; None: a file that is made in the data directory."""
    audit_places: str | None = Field(default=None, min_length=1)
    """Where signed heads go besides NATS: folders and https URLs, with commas between them."""
    sealing_key: str | None = Field(default=None, min_length=1)
    """
    What the keys of clients' data are wrapped with: 64 hexadecimal digits, `file:PATH`,
    `command:WORDS`, or `none` to seal nothing; None: a file that is made in the data directory.
    """
    requests_per_second: int = Field(default=300, ge=0, le=1_000_000)
    """Of one person or program to the API, ten seconds' worth ahead; 0 for no limit."""
    shadow_policy: str | None = Field(default=None, min_length=1)
    """A policy that also decides on live traffic, and whose decisions are only compared."""
    webhook_origins: str | None = Field(default=None, min_length=1)
    """Origins with commas between them that webhooks may go to although they are not public."""
    oidc_issuer: Annotated[str, AfterValidator(checked_issuer)] | None = None
    """An OpenID provider at which people may sign in, too: its issuer's address."""
    oidc_client_id: str | None = Field(default=None, min_length=1)
    oidc_client_secret: str | None = Field(default=None, min_length=1)
    """None for a client that the provider knows as public."""
    oidc_name: str = Field(default="", max_length=60)
    """What people call the provider: on the button of the page to sign in."""
    looks_keep: str | None = None
    """How long it is kept who looked: `730d`, the default, and of single kinds: `login=90d`."""
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")

    def trusted_origins(self) -> frozenset[Origin]:
        """Return where webhooks may go besides the public internet."""
        return origins_in(part.strip() for part in (self.webhook_origins or "").split(","))

    def oidc(self) -> OidcConfig | None:
        """Return where people may sign in besides here; None where it is here alone."""
        if self.oidc_issuer is None or self.oidc_client_id is None:
            return None
        secret = self.oidc_client_secret
        return OidcConfig(self.oidc_issuer, self.oidc_client_id, secret, self.oidc_name)

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        if (self.oidc_issuer is None) != (self.oidc_client_id is None):
            raise ValueError("oidc_issuer and oidc_client_id come together")
        return self


def load(
    config: Path | None = None,
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Return the settings; raise `SettingsRefused` with one line that names what is wrong."""
    values: dict[str, Any] = {}
    if config is not None:
        values |= _from_file(config)
    values |= _from_environment(environment)
    values |= {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsRefused(first_problem(error)) from None


def first_problem(error: ValidationError) -> str:
    """Return the first thing wrong, in one line, without the value (it may be a secret)."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or "the file"
    if first["type"] == "extra_forbidden":
        return f"{where}: is not known"
    what = first["msg"].removeprefix("Value error, ")
    return f"{where}: {what[:1].lower()}{what[1:]}"


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsRefused(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsRefused(f"{path}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused(f"{path}: {error}") from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    from_files: dict[str, tuple[str, Path]] = {}
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name in INTERNAL:
            continue
        key = name.removeprefix(PREFIX).lower()
        if key.endswith("_file") and key.removesuffix("_file") in Settings.model_fields:
            from_files[key.removesuffix("_file")] = (name, Path(value))
        elif key in Settings.model_fields:
            values[key] = value
        else:
            known = ", ".join(f"{PREFIX}{field.upper()}" for field in Settings.model_fields)
            raise SettingsRefused(f"{name}: is not known; there are: {known}")
    # A part of `up` is given the value itself, beside the file's name that it inherits.
    unset = from_files.keys() - values.keys()
    return values | {key: _secret(*from_files[key]) for key in unset}


def _secret(name: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsRefused(f"{name}: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsRefused(f"{name}: {path}: is not UTF-8 text") from None
