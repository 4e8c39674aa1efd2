"""What a failed call means where the provider's own codes say nothing."""

import re
from http import HTTPStatus
from typing import Final

from adapters.channels.base import ErrorKind, HttpResponse, SendErr, TransportFailure
from adapters.channels.reading import Object, Unreadable, load_object

_AFTER_BODY: Final = frozenset(
    {TransportFailure.TIMEOUT_AFTER_BODY, TransportFailure.LOST_AFTER_BODY}
)

_GATEWAY_GAVE_UP_WAITING: Final = frozenset({504, 520, 524})
"""A proxy handed the call on and lost the answer: it may well have been acted on."""

_SECONDS: Final = re.compile(r"[0-9]{1,6}")

_BY_STATUS: Final = {
    401: ErrorKind.AUTH,
    403: ErrorKind.AUTH,
    404: ErrorKind.CONFIG,
    408: ErrorKind.TRANSIENT,
    413: ErrorKind.CONTENT,
    429: ErrorKind.RATE_LIMITED,
}


def of_failure(failure: TransportFailure) -> SendErr:
    """Return what it means that no response came."""
    if failure in _AFTER_BODY:
        return SendErr(ErrorKind.UNKNOWN_OUTCOME, failure.value, "sent, but no answer came")
    return SendErr(ErrorKind.TRANSIENT, failure.value, "the provider could not be reached")


def of_status(response: HttpResponse) -> SendErr:
    """Return what a response means by its status alone."""
    code = str(response.status)
    if response.is_success:
        return SendErr(ErrorKind.UNKNOWN_OUTCOME, code, "the answer makes no sense")
    message = f"the provider answered {code}"
    return SendErr(kind_by_status(response.status), code, message, retry_after_of(response))


def kind_by_status(status: int) -> ErrorKind:
    """Return the error kind of an HTTP status that is not a success."""
    if status in _GATEWAY_GAVE_UP_WAITING:
        return ErrorKind.UNKNOWN_OUTCOME
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ErrorKind.TRANSIENT
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return ErrorKind.CONFIG
    return _BY_STATUS.get(status, ErrorKind.PERMANENT)


def retry_after_of(response: HttpResponse) -> float | None:
    """Return the seconds of a `Retry-After` header; a date is no use without a clock."""
    for name, value in response.headers:
        if name == "retry-after" and _SECONDS.fullmatch(value):
            return float(value)
    return None


def object_in(response: HttpResponse) -> Object:
    """Return the JSON object of an answer; an empty one where there is none."""
    try:
        return load_object(response.body)
    except Unreadable:
        return {}
