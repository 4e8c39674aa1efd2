"""What the Bot API's answers mean: by `error_code`, then by its English description."""

from http import HTTPStatus
from typing import Final

from adapters.channels import outcomes
from adapters.channels.base import ErrorKind, HttpResponse, SendErr, SendOk, TransportFailure
from adapters.channels.reading import Object, flag_of, float_of, int_of, object_of, text_of

CODES: Final = {
    401: ErrorKind.AUTH,
    403: ErrorKind.RECIPIENT,
    404: ErrorKind.AUTH,  # the token is part of the path: an unknown one is "Not Found"
    409: ErrorKind.CONFIG,
    413: ErrorKind.CONTENT,
    429: ErrorKind.RATE_LIMITED,
}

BAD_REQUESTS: Final = (
    ("chat not found", ErrorKind.RECIPIENT),
    ("peer_id_invalid", ErrorKind.RECIPIENT),
    ("user not found", ErrorKind.RECIPIENT),
    ("have no rights to send", ErrorKind.RECIPIENT),
    ("not enough rights", ErrorKind.RECIPIENT),
    ("chat_write_forbidden", ErrorKind.RECIPIENT),
    ("message thread not found", ErrorKind.RECIPIENT),
    ("topic_closed", ErrorKind.RECIPIENT),
    ("business connection", ErrorKind.CONFIG),
    ("text is empty", ErrorKind.CONTENT),
    ("text must be non-empty", ErrorKind.CONTENT),
    ("too long", ErrorKind.CONTENT),
    ("entities", ErrorKind.CONTENT),
    ("message to be replied not found", ErrorKind.CONTENT),
)
"""What a 400 says, in lower case. Any other one is permanent."""


def classify(result: HttpResponse | TransportFailure) -> SendOk | SendErr:
    """Return what the result of a call to `sendMessage` means."""
    if isinstance(result, TransportFailure):
        return outcomes.of_failure(result)
    answer = outcomes.object_in(result)
    if "error_code" in answer or answer.get("ok") is False:
        return _refusal(answer, result)
    message = object_of(answer, "result")
    chat_id = int_of(object_of(message, "chat"), "id")
    number = int_of(message, "message_id")
    success = result.is_success and flag_of(answer, "ok")
    if not success or chat_id is None or number is None:
        return outcomes.of_status(result)
    return SendOk(f"{chat_id}:{number}")


def _refusal(answer: Object, response: HttpResponse) -> SendErr:
    code = int_of(answer, "error_code") or response.status
    words = text_of(answer, "description") or "no reason given"
    parameters = object_of(answer, "parameters")
    moved_to = text_of(parameters, "migrate_to_chat_id")
    if moved_to:
        return SendErr(ErrorKind.TRANSIENT, str(code), words, moved_to=moved_to)
    wait = float_of(parameters, "retry_after")
    retry_after = outcomes.retry_after_of(response) if wait is None else max(wait, 0.0)
    return SendErr(_kind(code, words.lower()), str(code), words, retry_after)


def _kind(code: int, words: str) -> ErrorKind:
    if code in CODES:
        return CODES[code]
    if code == HTTPStatus.BAD_REQUEST:
        return next((kind for said, kind in BAD_REQUESTS if said in words), ErrorKind.PERMANENT)
    return outcomes.kind_by_status(code)
