"""What Twilio's codes mean, in answers to calls and in reports that come later."""

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
from adapters.channels.reading import Object, text_of
from domain.inbound import Consent

ERRORS: Final = (
    ErrorRow("20003", ErrorKind.AUTH, "wrong account or token"),
    ErrorRow("20005", ErrorKind.POLICY, "the account is not active"),
    ErrorRow("20008", ErrorKind.CONFIG, "these are the credentials for tests"),
    ErrorRow("20404", ErrorKind.CONFIG, "there is no such account or sender"),
    ErrorRow("20429", ErrorKind.RATE_LIMITED, "too many calls; nothing was sent"),
    ErrorRow("11200", ErrorKind.CONTENT, "the file could not be fetched"),
    ErrorRow("11751", ErrorKind.CONTENT, "the file is too large"),
    ErrorRow("12300", ErrorKind.CONTENT, "the file is of a type that is not taken"),
    ErrorRow("21211", ErrorKind.RECIPIENT, "this is no number"),
    ErrorRow("21212", ErrorKind.CONFIG, "the sender is no number"),
    ErrorRow("21217", ErrorKind.RECIPIENT, "this is no number"),
    ErrorRow("21408", ErrorKind.RECIPIENT, "the account may not write to this country"),
    ErrorRow("21602", ErrorKind.CONTENT, "there is nothing in it"),
    ErrorRow("21603", ErrorKind.CONFIG, "there is no sender"),
    ErrorRow("21604", ErrorKind.RECIPIENT, "there is no recipient"),
    ErrorRow("21606", ErrorKind.CONFIG, "the sender cannot send messages"),
    ErrorRow("21610", ErrorKind.RECIPIENT, "the client has opted out with STOP"),
    ErrorRow("21611", ErrorKind.RATE_LIMITED, "the sender's queue is full"),
    ErrorRow("21612", ErrorKind.RECIPIENT, "no way leads from this sender to this number"),
    ErrorRow("21614", ErrorKind.RECIPIENT, "this is no mobile number"),
    ErrorRow("21617", ErrorKind.CONTENT, "it is too long"),
    ErrorRow("21620", ErrorKind.CONTENT, "the address of the file is no address"),
    ErrorRow("21623", ErrorKind.CONTENT, "there are too many files in it"),
    ErrorRow("21655", ErrorKind.CONTENT, "there is no such template"),
    ErrorRow("21656", ErrorKind.CONTENT, "the template's blanks are filled in wrongly"),
    ErrorRow("21659", ErrorKind.CONFIG, "the sender is not the account's"),
    ErrorRow("21660", ErrorKind.CONFIG, "the sender is not the account's"),
    ErrorRow("21703", ErrorKind.CONFIG, "the messaging service has no numbers"),
    ErrorRow("21705", ErrorKind.CONFIG, "there is no such messaging service"),
    ErrorRow("30001", ErrorKind.RATE_LIMITED, "the queue is full"),
    ErrorRow("30002", ErrorKind.POLICY, "the account is suspended"),
    ErrorRow("30003", ErrorKind.RECIPIENT, "the telephone cannot be reached"),
    ErrorRow("30004", ErrorKind.RECIPIENT, "the telephone takes no such messages"),
    ErrorRow("30005", ErrorKind.RECIPIENT, "nobody has this number"),
    ErrorRow("30006", ErrorKind.RECIPIENT, "a landline, or a carrier that is not reached"),
    ErrorRow("30007", ErrorKind.CONTENT, "the carrier filtered it out"),
    ErrorRow("30008", ErrorKind.PERMANENT, "the carrier does not say why"),
    ErrorRow("30034", ErrorKind.POLICY, "the number is not registered for this"),
    ErrorRow("63001", ErrorKind.AUTH, "the channel refuses the sender's credentials"),
    ErrorRow("63002", ErrorKind.CONFIG, "the channel does not know the sender"),
    ErrorRow("63003", ErrorKind.RECIPIENT, "the channel does not know the recipient"),
    ErrorRow("63005", ErrorKind.CONTENT, "the channel does not take this content"),
    ErrorRow("63007", ErrorKind.CONFIG, "the sender is not connected to the channel"),
    ErrorRow("63013", ErrorKind.POLICY, "against the channel's policy"),
    ErrorRow("63015", ErrorKind.RECIPIENT, "the client has not joined the sandbox"),
    ErrorRow("63016", ErrorKind.WINDOW_CLOSED, "only a template may be sent now"),
    ErrorRow("63018", ErrorKind.RATE_LIMITED, "too many messages for the channel"),
    ErrorRow("63019", ErrorKind.CONTENT, "the channel could not fetch the file"),
    ErrorRow("63020", ErrorKind.CONFIG, "the business is not connected for good yet"),
    ErrorRow("63021", ErrorKind.CONTENT, "the channel refuses the content"),
    ErrorRow("63024", ErrorKind.RECIPIENT, "the recipient has no account on the channel"),
    ErrorRow("63027", ErrorKind.CONTENT, "there is no such template in this language"),
    ErrorRow("63028", ErrorKind.CONTENT, "the template's blanks are filled in wrongly"),
    ErrorRow("63032", ErrorKind.POLICY, "a limit of the channel's for this sender"),
    ErrorRow("63033", ErrorKind.RECIPIENT, "the client blocked the sender"),
    ErrorRow("63038", ErrorKind.RATE_LIMITED, "the account's daily limit is reached"),
    ErrorRow("63049", ErrorKind.RECIPIENT, "WhatsApp chose not to deliver this advertisement"),
)

_KINDS: Final = {row.code: row.kind for row in ERRORS}
_MEANINGS: Final = {row.code: row.meaning for row in ERRORS}
_CONSENTS: Final = {"21610": Consent.OPTED_OUT, "63033": Consent.BLOCKED}
_WAITING: Final = frozenset({"accepted", "scheduled", "queued", "sending"})
_FAILED: Final = frozenset({"failed", "undelivered", "canceled"})


def classify(result: HttpResponse | TransportFailure) -> SendOk | SendErr:
    """Return what the result of a call to `Messages.json` means."""
    if isinstance(result, TransportFailure):
        return outcomes.of_failure(result)
    answer = outcomes.object_in(result)
    sid, code = text_of(answer, "sid"), text_of(answer, "error_code")
    status = text_of(answer, "status")
    if not result.is_success:
        return _refusal(answer, result)
    if sid is None:
        return outcomes.of_status(result)
    if status in _FAILED:
        consent = _CONSENTS.get(code or "")
        words = _words(answer, code)
        return SendErr(_kind(code, None), code or status, words, consent=consent)
    return SendOk(sid, "queued" if status in _WAITING else "sent")


def reason_of(report: Object) -> str:
    """Return `<error kind>: <what the provider said>` of a message that failed later."""
    code = text_of(report, "ErrorCode")
    said = text_of(report, "ErrorMessage") or text_of(report, "ChannelStatusMessage")
    words = said or _MEANINGS.get(code or "") or "no reason given"
    return f"{_kind(code, None).value}: {words}" + (f" ({code})" if code else "")


def _refusal(answer: Object, response: HttpResponse) -> SendErr:
    code = text_of(answer, "code")
    if code is None:
        return outcomes.of_status(response)
    return SendErr(
        _kind(code, response.status),
        code,
        _words(answer, code),
        outcomes.retry_after_of(response),
        consent=_CONSENTS.get(code),
    )


def _kind(code: str | None, status: int | None) -> ErrorKind:
    known = _KINDS.get(code or "")
    if known is not None:
        return known
    return ErrorKind.PERMANENT if status is None else outcomes.kind_by_status(status)


def _words(answer: Object, code: str | None) -> str:
    said = text_of(answer, "message") or text_of(answer, "error_message")
    return said or _MEANINGS.get(code or "") or "no reason given"
