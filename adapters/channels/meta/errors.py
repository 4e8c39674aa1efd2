"""What the Graph API's refusals mean, by `error.code`: its HTTP status and titles vary."""

import re
from collections.abc import Iterable
from typing import Final

from adapters.channels import outcomes
from adapters.channels.base import ErrorRow
from adapters.channels.reading import Object, flag_of, int_of, object_of, text_of
from adapters.channels.results import ErrorKind, Reaction, SendErr
from adapters.channels.wire import HttpResponse, TransportFailure

_CODE: Final = re.compile(r"(?P<first>\d+)(?:-(?P<last>\d+))?(?:/(?P<subcode>\d+))?")

COMMON: Final = (
    ErrorRow("0", ErrorKind.AUTH, "the token was refused"),
    ErrorRow("1", ErrorKind.TRANSIENT, "unknown error at the provider"),
    ErrorRow("2", ErrorKind.TRANSIENT, "the provider is down or overloaded"),
    ErrorRow("3", ErrorKind.AUTH, "the application may not call this"),
    ErrorRow("4", ErrorKind.RATE_LIMITED, "too many calls by the application"),
    ErrorRow("10", ErrorKind.AUTH, "permission not granted, or taken away"),
    ErrorRow("100", ErrorKind.CONTENT, "a parameter is not accepted"),
    ErrorRow("100/33", ErrorKind.CONFIG, "no such object, or the token may not see it"),
    ErrorRow("190", ErrorKind.AUTH, "the token has expired or was revoked"),
    ErrorRow("200-299", ErrorKind.AUTH, "permission not granted, or taken away"),
    ErrorRow("368", ErrorKind.POLICY, "blocked for a while for breaking the provider's rules"),
)
"""Errors of the Graph API itself, whatever is sent through it."""


class ErrorTable:
    """
    The kinds of a product's errors. A row's code is `code`, `first-last` or `code/subcode`;
    a subcode goes before its code.
    """

    def __init__(self, rows: Iterable[ErrorRow]) -> None:
        self.rows: Final = tuple(rows)
        self._kinds: Final[dict[tuple[int, int | None], ErrorKind]] = {}
        for row in self.rows:
            match = _CODE.fullmatch(row.code)
            if match is None:
                raise ValueError(f"{row.code!r} is no error code")
            first, last, subcode = (None if part is None else int(part) for part in match.groups())
            for code in range(first or 0, (last or first or 0) + 1):
                self._kinds[code, subcode] = row.kind

    def kind_of(self, error: Object, status: int | None = None) -> ErrorKind:
        """Return what a refusal means; by the HTTP status where its code is not in the table."""
        code, subcode = int_of(error, "code"), int_of(error, "error_subcode")
        if code is not None:
            for key in ((code, subcode), (code, None)):
                if key in self._kinds:
                    return self._kinds[key]
        if flag_of(error, "is_transient"):
            return ErrorKind.TRANSIENT
        if status is None or 200 <= status < 300:  # noqa: PLR2004 - an error in a success
            return ErrorKind.PERMANENT
        return outcomes.kind_by_status(status)

    def refusal(self, error: Object, response: HttpResponse) -> SendErr:
        """Return what an answer with an `error` in it means."""
        code = text_of(error, "code") or str(response.status)
        kind = self.kind_of(error, response.status)
        return SendErr(kind, code, words_of_error(error), outcomes.retry_after_of(response))

    def judge(self, result: HttpResponse | TransportFailure) -> SendErr | Object:
        """Return what went wrong with a call, or the object that it answered with."""
        if isinstance(result, TransportFailure):
            return outcomes.of_failure(result)
        answer = outcomes.object_in(result)
        if error := object_of(answer, "error"):
            return self.refusal(error, result)
        return answer if result.is_success and answer else outcomes.of_status(result)


def words_of_error(error: Object) -> str:
    """Return the provider's words, the most telling first, and its code."""
    details = text_of(object_of(error, "error_data"), "details")
    words = details or text_of(error, "message") or text_of(error, "title") or "no reason given"
    code = text_of(error, "code")
    return f"{words} ({code})" if code else words


def senseless(result: HttpResponse | TransportFailure) -> SendErr:
    """Return what an answer without the id that it should have means: nobody can know."""
    if isinstance(result, TransportFailure):
        return outcomes.of_failure(result)
    return outcomes.of_status(result)


def is_mendable(error: SendErr) -> bool:
    """Return whether the same call may work later: by itself, or once somebody has seen to it."""
    return error.kind.reaction is not Reaction.GIVE_UP


def harmless_again(error: SendErr) -> SendErr:
    """Return an error of a call that may be made twice: a lost answer is a reason to repeat it."""
    if error.kind is not ErrorKind.UNKNOWN_OUTCOME:
        return error
    return SendErr(ErrorKind.TRANSIENT, error.code, error.message)
