"""What the Graph API's answers mean, by `error.code`: its HTTP status and titles vary."""

from typing import Final

from adapters.channels import outcomes
from adapters.channels.base import ErrorKind, HttpResponse, SendErr, SendOk, TransportFailure
from adapters.channels.reading import Object, flag_of, int_of, object_of, objects_of, text_of
from domain.values import Identity

CODES: Final[dict[int, ErrorKind]] = {
    **dict.fromkeys((0, 3, 10, 190, 131005), ErrorKind.AUTH),
    **dict.fromkeys(range(200, 300), ErrorKind.AUTH),
    **dict.fromkeys((4, 80007, 130429, 131048, 131056, 133016), ErrorKind.RATE_LIMITED),
    **dict.fromkeys((1, 2, 131000, 131016, 131057), ErrorKind.TRANSIENT),
    131047: ErrorKind.WINDOW_CLOSED,
    **dict.fromkeys((130472, 131021, 131026, 131030, 131049, 131050), ErrorKind.RECIPIENT),
    **dict.fromkeys((368, 131031, 131042), ErrorKind.POLICY),
    **dict.fromkeys((131045, 133010), ErrorKind.CONFIG),
    **dict.fromkeys((100, 131008, 131009, 131051, 131052, 131053), ErrorKind.CONTENT),
    **dict.fromkeys(
        (132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068), ErrorKind.CONTENT
    ),
}

_HELD_BACK: Final = frozenset({"held_for_quality_assessment", "paused"})
_NO_SUCH_OBJECT: Final = 33
"""Subcode of code 100: the number's id is wrong, or the token may not see it."""


def classify(result: HttpResponse | TransportFailure) -> SendOk | SendErr:
    """Return what the result of a call to `/messages` means."""
    if isinstance(result, TransportFailure):
        return outcomes.of_failure(result)
    answer = outcomes.object_in(result)
    error = object_of(answer, "error")
    if error:
        return _refusal(error, result)
    sent = objects_of(answer, "messages")
    provider_id = text_of(sent[0], "id") if sent else None
    if not result.is_success or provider_id is None:
        return outcomes.of_status(result)
    held = text_of(sent[0], "message_status") in _HELD_BACK
    return SendOk(provider_id, "queued" if held else "sent", _learned(answer))


def reason_of(errors: list[Object]) -> str:
    """Return `<error kind>: <what the provider said>` of a failed message's errors."""
    error = errors[0] if errors else {}
    return f"{_kind(error, None).value}: {_message(error)}"


def _refusal(error: Object, response: HttpResponse) -> SendErr:
    code = text_of(error, "code") or str(response.status)
    kind = _kind(error, response.status)
    return SendErr(kind, code, _message(error), outcomes.retry_after_of(response))


def _kind(error: Object, status: int | None) -> ErrorKind:
    code = int_of(error, "code")
    if code is not None and int_of(error, "error_subcode") == _NO_SUCH_OBJECT:
        return ErrorKind.CONFIG
    if code in CODES:
        return CODES[code]
    if flag_of(error, "is_transient"):
        return ErrorKind.TRANSIENT
    return ErrorKind.PERMANENT if status is None else outcomes.kind_by_status(status)


def _message(error: Object) -> str:
    """Return the provider's words, the most telling first, and its code."""
    details = text_of(object_of(error, "error_data"), "details")
    words = details or text_of(error, "message") or text_of(error, "title") or "no reason given"
    code = text_of(error, "code")
    return f"{words} ({code})" if code else words


def _learned(answer: Object) -> Identity | None:
    """Return the client's id where it is not the number we wrote to."""
    for contact in objects_of(answer, "contacts"):
        phone = text_of(contact, "wa_id")
        if phone and phone != (text_of(contact, "input") or "").lstrip("+"):
            return Identity("whatsapp.phone", phone)
    return None
