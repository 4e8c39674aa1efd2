"""What the Bot API's answers mean: by `error_code`, then by its English description."""

from http import HTTPStatus
from typing import Final

from adapters.channels import outcomes
from adapters.channels.base import (
    ErrorKind,
    ErrorRow,
    HttpResponse,
    SendErr,
    SendOk,
    TransportFailure,
)
from adapters.channels.reading import Object, flag_of, float_of, int_of, object_of, text_of
from adapters.channels.telegram.place import Place
from domain.inbound import Consent

_BY_CODE: Final = {
    401: (ErrorKind.AUTH, "the bot's token is not known, or was revoked"),
    403: (ErrorKind.RECIPIENT, "the client blocked the bot, left, or never wrote to it"),
    # The token is part of the path: an unknown one is "Not Found".
    404: (ErrorKind.AUTH, "there is no bot with this token"),
    409: (ErrorKind.CONFIG, "another program asks for this bot's updates"),
    413: (ErrorKind.CONTENT, "the file is too large"),
    429: (ErrorKind.RATE_LIMITED, "too many messages; the answer says how long to wait"),
}

_BY_WORDS: Final = (
    ("chat not found", ErrorKind.RECIPIENT),
    ("peer_id_invalid", ErrorKind.RECIPIENT),
    ("user not found", ErrorKind.RECIPIENT),
    ("user_is_blocked", ErrorKind.RECIPIENT),
    ("user_is_deactivated", ErrorKind.RECIPIENT),
    ("input_user_deactivated", ErrorKind.RECIPIENT),
    ("group chat was deactivated", ErrorKind.RECIPIENT),
    ("have no rights to send", ErrorKind.RECIPIENT),
    ("not enough rights", ErrorKind.RECIPIENT),
    ("chat_write_forbidden", ErrorKind.RECIPIENT),
    ("chat_restricted", ErrorKind.RECIPIENT),
    ("voice_messages_forbidden", ErrorKind.RECIPIENT),
    ("message thread not found", ErrorKind.RECIPIENT),
    ("topic_closed", ErrorKind.RECIPIENT),
    ("business_peer_usage_missing", ErrorKind.WINDOW_CLOSED),
    ("business_connection_invalid", ErrorKind.CONFIG),
    ("business_connection_not_allowed", ErrorKind.CONFIG),
    ("business connection", ErrorKind.CONFIG),
    ("text is empty", ErrorKind.CONTENT),
    ("text must be non-empty", ErrorKind.CONTENT),
    ("too long", ErrorKind.CONTENT),
    ("entities", ErrorKind.CONTENT),
    ("message to be replied not found", ErrorKind.CONTENT),
    ("button_data_invalid", ErrorKind.CONTENT),
    ("file is too big", ErrorKind.CONTENT),
    ("file must be non-empty", ErrorKind.CONTENT),
    ("photo_invalid_dimensions", ErrorKind.CONTENT),
    ("image_process_failed", ErrorKind.CONTENT),
    ("photo_save_file_invalid", ErrorKind.CONTENT),
    ("wrong file identifier", ErrorKind.CONTENT),
    ("wrong type of the web page content", ErrorKind.CONTENT),
)
"""What a 400 says, in lower case; the first that is found counts. Any other is permanent."""

_BLOCKED: Final = "bot was blocked by the user"

ERRORS: Final = (
    *(ErrorRow(str(code), kind, meaning) for code, (kind, meaning) in _BY_CODE.items()),
    *(ErrorRow(f"400 {words}", kind, "the description says so") for words, kind in _BY_WORDS),
    ErrorRow("400", ErrorKind.PERMANENT, "any other wish that cannot be met"),
)


def classify(result: HttpResponse | TransportFailure) -> SendOk | SendErr:
    """Return what the result of a call to `sendMessage` or one of its kin means."""
    if isinstance(result, TransportFailure):
        return outcomes.of_failure(result)
    answer = outcomes.object_in(result)
    if "error_code" in answer or answer.get("ok") is False:
        return _refusal(answer, result)
    message = object_of(answer, "result")
    place = Place.of_message(message)
    provider_id = place.message_id(message) if place else None
    if not result.is_success or not flag_of(answer, "ok") or provider_id is None:
        return outcomes.of_status(result)
    return SendOk(provider_id)


def _refusal(answer: Object, response: HttpResponse) -> SendErr:
    code = int_of(answer, "error_code") or response.status
    words = text_of(answer, "description") or "no reason given"
    parameters = object_of(answer, "parameters")
    moved_to = text_of(parameters, "migrate_to_chat_id")
    if moved_to:
        return SendErr(ErrorKind.TRANSIENT, str(code), words, moved_to=moved_to)
    wait = float_of(parameters, "retry_after")
    retry_after = outcomes.retry_after_of(response) if wait is None else max(wait, 0.0)
    return SendErr(
        kind_of(code, words),
        str(code),
        words,
        retry_after,
        scope="peer",  # the limits that are met first are those of a chat
        consent=Consent.BLOCKED if _BLOCKED in words.lower() else None,
    )


def kind_of(code: int, words: str) -> ErrorKind:
    """Return what a refusal is, by its code and its description."""
    if code in _BY_CODE:
        return _BY_CODE[code][0]
    if code == HTTPStatus.BAD_REQUEST:
        said = words.lower()
        return next((kind for sign, kind in _BY_WORDS if sign in said), ErrorKind.PERMANENT)
    return outcomes.kind_by_status(code)
