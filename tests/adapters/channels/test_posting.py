"""The kit tries channels that send by themselves, and finds what they do wrong."""

from dataclasses import replace
from pathlib import Path

from adapters.channels.base import ErrorKind, OutboundMessage, SendErr, SendOk
from adapters.channels.conformance import Subject, posting, subject_of
from adapters.channels.email import Email
from domain.content import Text

CASES = Path(__file__).with_name("cases") / "email"


def subject(adapter: type[Email]) -> Subject:
    return replace(subject_of(Email, CASES), adapter=adapter)


def test_a_wrong_reading_of_silence_is_found() -> None:
    """M6: what may have arrived must not be sent again by itself."""

    class TriesAgain(Email):
        async def send(self, message: OutboundMessage) -> SendOk | SendErr:
            result = await super().send(message)
            again = SendErr(ErrorKind.TRANSIENT, "x", "x")
            return again if isinstance(result, SendErr) else result

    found = list(posting.classify(subject(TriesAgain)))
    assert (
        "a server that hangs up after-data is taken for transient, not for unknown-outcome" in found
    )
    assert "the code 550 is taken for transient, not for recipient" in found


def test_a_refusal_of_what_was_promised_and_a_secret_in_it_are_found() -> None:
    class SaysTooMuch(Email):
        async def send(self, message: OutboundMessage) -> SendOk | SendErr:
            secret = self._config.drop_secret
            assert secret is not None
            return SendErr(ErrorKind.CONTENT, "x", secret.get_secret_value())

    found = list(posting.outbound(subject(SaysTooMuch)))
    assert "a text of 1 'x': a secret shows in the result" in found
    assert any(what.startswith("a text of 1 'x': refused") for what in found)


def test_a_failure_that_is_raised_and_words_that_do_not_arrive_are_found() -> None:
    class Cuts(Email):
        async def send(self, message: OutboundMessage) -> SendOk | SendErr:
            if not all(isinstance(part, Text) for part in message.parts):
                raise ZeroDivisionError
            cut = (Text(text=part.text[:100]) for part in message.parts if isinstance(part, Text))
            return await super().send(replace(message, parts=tuple(cut)))

    found = list(posting.outbound(subject(Cuts)))
    assert "an offer: raises ZeroDivisionError" in found
    assert [what for what in found if what.endswith("its words do not arrive")]
