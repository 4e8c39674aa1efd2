"""What an installation is told: four places, one order, and no silent misspelling."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.settings import Settings, SettingsRefused, load
from deploy.workspace import duration

URL = "postgresql://recado:canary-secret@db.test/recado"


def refusal(
    environment: dict[str, str] | None = None,
    config: Path | None = None,
    **flags: object,
) -> str:
    with pytest.raises(SettingsRefused) as refused:
        load(config, flags, environment or {})
    assert "\n" not in f"{refused.value}"
    assert "canary" not in f"{refused.value}"
    return f"{refused.value}"


def test_nothing_said_gives_the_defaults() -> None:
    settings = load(environment={"PATH": "/bin", "RECADO_READY_FD": "7"})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.postgres_url) == ("127.0.0.1", 8080, None)


def test_file_goes_before_default_environment_before_file_flag_before_all(tmp_path: Path) -> None:
    config = tmp_path / "recado.toml"
    config.write_text('host = "file.test"\nport = 1\nlog_level = "error"\n')
    environment = {"RECADO_PORT": "2", "RECADO_LOG_LEVEL": "warning"}
    settings = load(config, {"log_level": "debug", "port": None}, environment)
    assert (settings.host, settings.port, settings.log_level) == ("file.test", 2, "debug")
    assert settings.nats_url is None


def test_a_flag_of_nought_is_a_flag() -> None:
    assert load(flags={"port": 0}, environment={"RECADO_PORT": "8081"}).port == 0


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text(f"{URL}\n")
    assert load(environment={"RECADO_POSTGRES_URL_FILE": f"{secret}"}).postgres_url == URL


def test_a_provider_of_sign_ins_is_told_by_its_secret_s_file_too(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary-secret\n")
    environment = {
        "RECADO_OIDC_ISSUER": "https://id.ipe.test",
        "RECADO_OIDC_CLIENT_ID": "recado",
        "RECADO_OIDC_CLIENT_SECRET_FILE": f"{secret}",
    }
    oidc = load(environment=environment).oidc()

    assert oidc is not None
    assert (oidc.client_secret, oidc.label) == ("canary-secret", "id.ipe.test")
    assert "canary" not in repr(oidc)
    assert load(environment={}).oidc() is None


@pytest.mark.parametrize("file_first", [True, False])
def test_what_is_set_itself_goes_before_what_a_file_holds(
    tmp_path: Path, *, file_first: bool
) -> None:
    """In whatever order the environment lists them."""
    secret = tmp_path / "url"
    secret.write_text("postgresql://other.test/recado")
    both = [("RECADO_POSTGRES_URL_FILE", f"{secret}"), ("RECADO_POSTGRES_URL", URL)]
    environment = dict(both if file_first else reversed(both))
    assert load(environment=environment).postgres_url == URL


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"RECADO_PATIENCES": "canary"}, "RECADO_PATIENCES: is not known"),
        ({"RECADO_PORT_FILES": "canary"}, "RECADO_PORT_FILES: is not known"),
        ({"RECADO_PORT": "canary"}, "port: "),
        ({"RECADO_PORT": "65536"}, "port: "),
        ({"RECADO_LOG_LEVEL": "canary"}, "log_level: "),
        ({"RECADO_POSTGRES_URL": ""}, "postgres_url: "),
        ({"RECADO_POSTGRES_URL_FILE": "/nowhere/at/all"}, "RECADO_POSTGRES_URL_FILE: "),
        ({"RECADO_POSTGRES_URL_FILE": "/"}, "RECADO_POSTGRES_URL_FILE: "),
        ({"RECADO_OIDC_ISSUER": "http://canary.test"}, "oidc_issuer: is an https address"),
        ({"RECADO_OIDC_ISSUER": "https://id.ipe.test"}, "the file: oidc_issuer and oidc_client_id"),
    ],
)
def test_what_is_wrong_is_named_in_one_line_without_its_value(
    environment: dict[str, str], named: str
) -> None:
    assert refusal(environment).startswith(named)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b'postgres = "canary"', "postgres: is not known"),
        (b"port = 'canary'", "port: "),
        (b"[settings]\nport = 1", "settings: is not known"),
        (b"port = = canary", "line 1"),
        (b'host = "\xff"', "is not UTF-8 text"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, content: bytes, named: str) -> None:
    config = tmp_path / "recado.toml"
    config.write_bytes(content)
    assert named in refusal(config=config)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "recado.toml" in refusal(config=tmp_path / "recado.toml")


UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


@given(st.integers(0, 10**6), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " "]))
def test_a_duration_is_a_number_and_a_unit(number: int, unit: str, space: str) -> None:
    expected = timedelta(seconds=number * UNITS[unit])
    assert duration(f"{number}{space}{unit}") == expected


@given(st.one_of(st.text(), st.from_regex(r"[0-9]{1,400}(\.[0-9]{1,3})?(ms|s|m|h|d|w|)")))
def test_any_other_text_is_refused_and_nothing_else_happens(text: str) -> None:
    read = timedelta(0)
    with suppress(ValueError):
        read = duration(text)  # type: ignore[assignment]  # of a text nothing else comes
    assert isinstance(read, timedelta)
    assert read >= timedelta(0)


@given(st.one_of(st.integers(), st.none(), st.timedeltas()))
def test_what_is_no_text_is_left_to_the_model(value: object) -> None:
    assert duration(value) is value
