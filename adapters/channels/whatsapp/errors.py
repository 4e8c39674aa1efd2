"""What the Cloud API's answers mean."""

from dataclasses import replace
from typing import Final

from adapters.channels.base import (
    ErrorKind,
    ErrorRow,
    HttpResponse,
    SendErr,
    SendOk,
    TransportFailure,
)
from adapters.channels.meta.errors import COMMON, ErrorTable, senseless, words_of_error
from adapters.channels.reading import Object, objects_of, text_of
from domain.values import Identity

TABLE: Final = ErrorTable(
    (
        *COMMON,
        ErrorRow("80007", ErrorKind.RATE_LIMITED, "too many calls for the business account"),
        ErrorRow("130429", ErrorKind.RATE_LIMITED, "too many messages a second by this number"),
        ErrorRow("130472", ErrorKind.RECIPIENT, "the client is part of the provider's experiment"),
        ErrorRow("131000", ErrorKind.TRANSIENT, "something went wrong at the provider"),
        ErrorRow("131005", ErrorKind.AUTH, "permission not granted, or taken away"),
        ErrorRow("131008", ErrorKind.CONTENT, "a parameter is missing"),
        ErrorRow("131009", ErrorKind.CONTENT, "a parameter is not accepted"),
        ErrorRow("131016", ErrorKind.TRANSIENT, "the provider is overloaded"),
        ErrorRow("131021", ErrorKind.RECIPIENT, "sender and recipient are the same number"),
        ErrorRow("131026", ErrorKind.RECIPIENT, "cannot be delivered to this number"),
        ErrorRow("131030", ErrorKind.RECIPIENT, "not on the test number's list of recipients"),
        ErrorRow("131031", ErrorKind.POLICY, "the account is locked"),
        ErrorRow("131042", ErrorKind.POLICY, "there is a problem with the payment method"),
        ErrorRow("131045", ErrorKind.CONFIG, "the number is not registered"),
        ErrorRow("131047", ErrorKind.WINDOW_CLOSED, "more than 24 hours since the last message"),
        ErrorRow("131048", ErrorKind.RATE_LIMITED, "too many messages were marked as spam"),
        ErrorRow("131049", ErrorKind.RECIPIENT, "the provider spares the client more marketing"),
        ErrorRow("131050", ErrorKind.RECIPIENT, "the client wants no marketing"),
        ErrorRow("131051", ErrorKind.CONTENT, "this kind of message is not supported"),
        ErrorRow("131052", ErrorKind.CONTENT, "the file cannot be downloaded"),
        ErrorRow("131053", ErrorKind.CONTENT, "the file is of another type than it says"),
        ErrorRow("131056", ErrorKind.RATE_LIMITED, "too many messages to this one number"),
        ErrorRow("131057", ErrorKind.TRANSIENT, "the account is being maintained"),
        ErrorRow("132000", ErrorKind.CONTENT, "the template has another number of blanks"),
        ErrorRow("132001", ErrorKind.CONTENT, "there is no such template in this language"),
        ErrorRow("132005", ErrorKind.CONTENT, "the filled-in template is too long"),
        ErrorRow("132007", ErrorKind.CONTENT, "the template breaks the provider's rules"),
        ErrorRow("132012", ErrorKind.CONTENT, "a blank of the template is of another type"),
        ErrorRow("132015", ErrorKind.CONTENT, "the template is paused"),
        ErrorRow("132016", ErrorKind.CONTENT, "the template is disabled"),
        ErrorRow("132068", ErrorKind.CONTENT, "the form in the template is blocked"),
        ErrorRow("133010", ErrorKind.CONFIG, "the number is not registered"),
        ErrorRow("133016", ErrorKind.RATE_LIMITED, "registered and unregistered too often"),
    )
)

_PAIR_RATE: Final = "131056"
"""Too many messages to one client: the others need not wait."""
_HELD_BACK: Final = frozenset({"held_for_quality_assessment", "paused"})


def classify(result: HttpResponse | TransportFailure) -> SendOk | SendErr:
    """Return what the result of a call to `/messages` means."""
    answer = TABLE.judge(result)
    if isinstance(answer, SendErr):
        return replace(answer, scope="peer") if answer.code == _PAIR_RATE else answer
    sent = objects_of(answer, "messages")
    provider_id = text_of(sent[0], "id") if sent else None
    if provider_id is None:
        return senseless(result)
    held = text_of(sent[0], "message_status") in _HELD_BACK
    return SendOk(provider_id, "queued" if held else "sent", _learned(answer))


def reason_of(errors: list[Object]) -> str:
    """Return `<error kind>: <what the provider said>` of a failed message's errors."""
    error = errors[0] if errors else {}
    return f"{TABLE.kind_of(error).value}: {words_of_error(error)}"


def _learned(answer: Object) -> Identity | None:
    """Return the client's id where it is not the number we wrote to."""
    for contact in objects_of(answer, "contacts"):
        phone = text_of(contact, "wa_id")
        if phone and phone != (text_of(contact, "input") or "").lstrip("+"):
            return Identity("whatsapp.phone", phone)
    return None
