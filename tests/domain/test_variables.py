"""Variables of reply templates: replaced, never evaluated, and nothing is left open (T3)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.values import ChatId
from domain.variables import filled, first_name, greeting, has_variables, protocol, unknown
from tests.spec import NOW

VALUES = {"client.name": "Fábio Prado", "client.email": None, "protocol": "2030"}
_texts = st.text(alphabet="{} aclient.nmepro|%\n", max_size=40)


def test_a_variable_is_replaced_however_it_is_spaced_and_cased() -> None:
    assert filled("{{client.name}} {{ Client.Name }}", VALUES).text == "Fábio Prado Fábio Prado"


def test_what_has_no_value_is_told_once_and_stays_in_sight() -> None:
    said = filled("{{client.email}}, {{client.email}} {{nowhere}}", VALUES)
    assert said.missing == ("client.email", "nowhere")
    assert said.text == "{{client.email}}, {{client.email}} {{nowhere}}"


@pytest.mark.parametrize("text", ["{{", "}}", "{{client.name", "{{a\nb}}"])
def test_braces_that_are_no_variable_stop_sending(text: str) -> None:
    assert filled(text, VALUES).missing


@pytest.mark.parametrize("value", ["{{protocol}}", "a{{", "}}", "{", "", "  "])
def test_a_value_is_never_a_variable_again_and_never_empty(value: str) -> None:
    assert filled("{{client.name}}", {"client.name": value}).missing == ("client.name",)


@pytest.mark.parametrize(
    "text", ["{{7*7}}", "{{client.name.__class__}}", "{% if 1 %}", "${protocol}", "{protocol}"]
)
def test_nothing_is_evaluated(text: str) -> None:
    said = filled(text, VALUES)
    assert said.text == text


@settings(max_examples=200, deadline=None)
@given(text=_texts, name=_texts)
def test_a_text_without_missing_variables_holds_no_braces(text: str, name: str) -> None:
    """T3: `{{` survives nowhere."""
    said = filled(text, {"client.name": name, "a": "b"})
    assert "".join(piece.text for piece in said.pieces) == said.text
    assert said.missing or not has_variables(said.text)


def test_what_no_chat_could_fill_in_is_refused_when_a_template_is_written() -> None:
    assert unknown("{{greeting}}, {{client.plano}} {{group.name}}") == ()
    assert unknown("{{date}} {{client.name}} {{") == ("date", "{{")


@pytest.mark.parametrize(
    ("hour", "language", "said"),
    [
        (4, "pt-BR", "Boa noite"),
        (5, "pt-BR", "Bom dia"),
        (12, "es", "Buenas tardes"),
        (17, "en", "Good afternoon"),
        (18, "en", "Good evening"),
        (18, "fr", "Boa noite"),
    ],
)
def test_one_greets_by_the_time_of_day_of_the_company(hour: int, language: str, said: str) -> None:
    at = datetime(2030, 7, 1, hour, 0, tzinfo=UTC) + timedelta(hours=3)
    assert greeting(at, "America/Sao_Paulo", language) == said


def test_a_protocol_number_is_digits_and_the_same_for_ever() -> None:
    number = protocol(ChatId("c1"), NOW)
    assert number.isdecimal()
    assert number == protocol(ChatId("c1"), NOW) != protocol(ChatId("c2"), NOW)


def test_a_first_name_is_the_first_word() -> None:
    assert (first_name(" Ana  Luz"), first_name(""), first_name(None)) == ("Ana", None, None)
