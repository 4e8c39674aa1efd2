"""What an answer means: the provider's own codes, and the ways in which none comes (M6)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from adapters.channels.base import (
    ChannelAdapter,
    ErrorKind,
    HttpCall,
    HttpResponse,
    SendErr,
    TransportFailure,
)
from adapters.channels.conformance.cases import Plain
from adapters.channels.conformance.speaking import calls_for, message_of
from adapters.channels.conformance.subject import Subject
from domain.content import Text

_HTML: Final = b"<html><body>Something went wrong</body></html>"
_WAIT: Final = 7.0

_SAFE: Final = frozenset({ErrorKind.TRANSIENT})
_LOST: Final = frozenset({ErrorKind.UNKNOWN_OUTCOME})
_FAILURES: Final = {
    TransportFailure.REFUSED: _SAFE,
    TransportFailure.DNS: _SAFE,
    TransportFailure.TLS: _SAFE | {ErrorKind.CONFIG},
    TransportFailure.TIMEOUT_BEFORE_BODY: _SAFE,
    TransportFailure.TIMEOUT_AFTER_BODY: _LOST,
    TransportFailure.LOST_AFTER_BODY: _LOST,
}
_PAGES: Final = {500: _SAFE, 502: _SAFE, 503: _SAFE, 504: _LOST, 200: _LOST}
"""What a page of HTML with this status means."""


def classify(subject: Subject) -> Iterator[str]:
    """Yield every answer that is taken for something else than it is."""
    adapter = subject.make()
    call = _call(subject, adapter)
    if call is None:
        yield "not even a text is built, so that no answer to it can be tried"
        return
    is_safe = adapter.capabilities().idempotent_send
    for failure, kinds in _FAILURES.items():
        yield from _is(adapter, call, failure, _or_again(kinds, is_safe=is_safe), failure.value)
    for status, kinds in _PAGES.items():
        page = HttpResponse(status, (("content-type", "text/html"),), _HTML)
        wanted = _or_again(kinds, is_safe=is_safe)
        yield from _is(adapter, call, page, wanted, f"{status} with a page of HTML")
    yield from _limits(adapter, call)
    yield from _table(subject, adapter, call)


def _call(subject: Subject, adapter: ChannelAdapter) -> HttpCall | None:
    calls = calls_for(adapter, message_of(subject, Text(text="Oi")))
    return None if isinstance(calls, str) or not calls else calls[0]


def _or_again(kinds: frozenset[ErrorKind], *, is_safe: bool) -> frozenset[ErrorKind]:
    """Return also that it may be tried again, where sending twice does no harm."""
    return kinds | _SAFE if is_safe else kinds


def _is(
    adapter: ChannelAdapter,
    call: HttpCall,
    answer: HttpResponse | TransportFailure,
    kinds: frozenset[ErrorKind],
    name: str,
) -> Iterator[str]:
    wanted = " or ".join(sorted(kinds))
    try:
        outcome = adapter.classify(call, answer)
    except Exception as error:
        yield f"{name}: raises {type(error).__name__}"
        return
    if not isinstance(outcome, SendErr):
        yield f"{name} is taken for success, not for {wanted}"
    elif outcome.kind not in kinds:
        yield f"{name} is taken for {outcome.kind}, not for {wanted}"


def _limits(adapter: ChannelAdapter, call: HttpCall) -> Iterator[str]:
    limited = frozenset({ErrorKind.RATE_LIMITED})
    yield from _is(adapter, call, HttpResponse(429, (), b""), limited, "429")
    told = HttpResponse(429, (("retry-after", f"{_WAIT:.0f}"),), b"")
    yield from _is(adapter, call, told, limited, "429 with Retry-After")
    outcome = adapter.classify(call, told)
    if isinstance(outcome, SendErr) and outcome.retry_after != _WAIT:
        yield f"Retry-After: {_WAIT:.0f} is read as {outcome.retry_after}"


def _table(subject: Subject, adapter: ChannelAdapter, call: HttpCall) -> Iterator[str]:
    """Yield every row of the adapter's own table that `classify` does not go by."""
    account = subject.cases.account
    if not subject.meta.errors:
        yield "`meta.errors` is empty"
    for row in subject.meta.errors:
        template = account.error_answers.get(row.code, account.error_response)
        if template is None:
            yield f"account.json has no answer with the code {row.code} to try it on"
            continue
        answer = _refusal(template, row.code)
        yield from _is(adapter, call, answer, frozenset({row.kind}), f"the code {row.code}")


def _refusal(template: Plain, code: str) -> HttpResponse:
    """Return the answer that carries a code, and after a slash a subcode."""
    main, _, more = code.partition("/")
    words = {"$code": main, **({"$subcode": more} if more else {})}
    status = _filled(template.get("status", 400), words)
    body: Any = _filled(template.get("body", ""), words)
    raw = body.encode() if isinstance(body, str) else orjson.dumps(body)
    return HttpResponse(int(status), (), raw)


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    """Return a value with the words filled in; what has a subcode and gets none is left out."""
    if isinstance(value, str) and value in words:
        word = words[value]
        return int(word) if word.lstrip("-").isdecimal() else word
    if isinstance(value, str):
        return value.replace("$code", words["$code"])
    if isinstance(value, dict):
        known = {key: item for key, item in value.items() if item != "$subcode" or item in words}
        return {key: _filled(item, words) for key, item in known.items()}
    return [_filled(item, words) for item in value] if isinstance(value, list) else value
