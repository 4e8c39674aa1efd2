"""What VK's answers mean: errors come with HTTP status 200, too."""

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
from adapters.channels.reading import Object, int_of, object_of, objects_of, text_of
from adapters.channels.vk.place import Place
from domain.inbound import Consent

ERRORS: Final = (
    ErrorRow("1", ErrorKind.TRANSIENT, "something went wrong at VK"),
    ErrorRow("2", ErrorKind.CONFIG, "the application is switched off"),
    ErrorRow("3", ErrorKind.CONFIG, "there is no such method in this version"),
    ErrorRow("5", ErrorKind.AUTH, "the community's key is wrong or was revoked"),
    ErrorRow("6", ErrorKind.RATE_LIMITED, "too many calls in a second"),
    ErrorRow("7", ErrorKind.RECIPIENT, "there is no permission to do so"),
    ErrorRow("8", ErrorKind.CONTENT, "the call is put wrongly"),
    ErrorRow("9", ErrorKind.RATE_LIMITED, "the same thing too often"),
    ErrorRow("10", ErrorKind.TRANSIENT, "something went wrong inside VK"),
    ErrorRow("14", ErrorKind.POLICY, "VK wants a person to solve a captcha"),
    ErrorRow("15", ErrorKind.RECIPIENT, "there is no access to it"),
    ErrorRow("17", ErrorKind.AUTH, "the owner of the key must confirm himself"),
    ErrorRow("18", ErrorKind.RECIPIENT, "the client's page was deleted or blocked"),
    ErrorRow("20", ErrorKind.CONFIG, "this kind of application may not do so"),
    ErrorRow("23", ErrorKind.CONFIG, "the method is no more"),
    ErrorRow("27", ErrorKind.AUTH, "the community's key is not valid"),
    ErrorRow("28", ErrorKind.AUTH, "the application's key is not valid"),
    ErrorRow("29", ErrorKind.RATE_LIMITED, "the day's share of calls is used up"),
    ErrorRow("30", ErrorKind.RECIPIENT, "the client's profile is private"),
    ErrorRow("100", ErrorKind.CONTENT, "a parameter is missing or wrong"),
    ErrorRow("101", ErrorKind.CONFIG, "the application's id is wrong"),
    ErrorRow("113", ErrorKind.RECIPIENT, "nobody has this id"),
    ErrorRow("121", ErrorKind.CONTENT, "the upload has another hash"),
    ErrorRow("129", ErrorKind.CONTENT, "this is no photo that VK takes"),
    ErrorRow("203", ErrorKind.CONFIG, "the key has no right to the community"),
    ErrorRow("900", ErrorKind.RECIPIENT, "the client is on the community's black list"),
    ErrorRow("901", ErrorKind.RECIPIENT, "the client has not allowed messages"),
    ErrorRow("902", ErrorKind.RECIPIENT, "the client's privacy settings forbid it"),
    ErrorRow("911", ErrorKind.CONTENT, "the keyboard is put wrongly"),
    ErrorRow("912", ErrorKind.CONFIG, "the community's bot is switched off"),
    ErrorRow("913", ErrorKind.CONTENT, "too many forwarded messages"),
    ErrorRow("914", ErrorKind.CONTENT, "it is too long"),
    ErrorRow("917", ErrorKind.RECIPIENT, "the community is not in this chat"),
    ErrorRow("921", ErrorKind.CONTENT, "the quoted message cannot be quoted"),
    ErrorRow("925", ErrorKind.RECIPIENT, "the community is no administrator of this chat"),
    ErrorRow("935", ErrorKind.RECIPIENT, "there is no such contact"),
    ErrorRow("936", ErrorKind.RECIPIENT, "there is no such contact"),
    ErrorRow("940", ErrorKind.RATE_LIMITED, "too many messages"),
    ErrorRow("943", ErrorKind.POLICY, "the community may not write for this purpose"),
    ErrorRow("944", ErrorKind.RATE_LIMITED, "too many messages for this purpose"),
    ErrorRow("945", ErrorKind.RECIPIENT, "the chat is switched off"),
    ErrorRow("946", ErrorKind.RECIPIENT, "this chat is not supported"),
    ErrorRow("950", ErrorKind.WINDOW_CLOSED, "too long after the client's last message"),
    ErrorRow("983", ErrorKind.RECIPIENT, "the community may not write to this chat"),
)

_CONSENTS: Final = {900: Consent.BLOCKED, 901: Consent.OPTED_OUT}
_KINDS: Final = {int(row.code): row.kind for row in ERRORS}


def classify(result: HttpResponse | TransportFailure) -> SendOk | SendErr:
    """Return what the result of a call to `messages.send` means."""
    if isinstance(result, TransportFailure):
        return outcomes.of_failure(result)
    answer = outcomes.object_in(result)
    sent = objects_of(answer, "response")
    error = object_of(answer, "error") or (object_of(sent[0], "error") if sent else {})
    if error:
        return refusal(error, result)
    place = Place.named(int_of(sent[0], "peer_id")) if sent else None
    provider_id = place.message_id(sent[0] | {"id": None}) if place else None
    if not result.is_success or provider_id is None:
        return outcomes.of_status(result)
    return SendOk(provider_id)


def refusal(error: Object, response: HttpResponse) -> SendErr:
    """Return what one of VK's errors means, wherever it stands."""
    code = int_of(error, "error_code") or int_of(error, "code")
    words = text_of(error, "error_msg") or text_of(error, "description") or "no reason given"
    if code is None:
        return outcomes.of_status(response)
    kind = _KINDS.get(code, ErrorKind.PERMANENT)
    wait = outcomes.retry_after_of(response)
    return SendErr(kind, str(code), words, wait, consent=_CONSENTS.get(code))
