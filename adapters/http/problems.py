"""
What an answer says when the answer is no: RFC 9457 problems with a stable `code`.

Programs go by `code`, people by `title`, which comes in the language that was asked for.
The same refusal always gives the same body: nothing in it tells an object that is hidden
from one that does not exist (V13).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from adapters.http.sentences import SENTENCES, Language
from domain import errors as e

MEDIA_TYPE: Final = b"application/problem+json"

Header = tuple[bytes, bytes]


class Problem(Exception):
    """A request is refused; raised anywhere below a route."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        retry_after: int | None = None,
        errors: Iterable[Mapping[str, str]] = (),
        **facts: Any,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.errors = list(errors)
        self.facts = facts
        """What a program may want to know: who has the chat, which version it is at."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a domain error is answered; `facts` are those of its attributes that are told."""

    status: int
    code: str
    facts: tuple[str, ...] = ()
    retry_after: int | None = None


_REFUSALS: Final[dict[type[e.RecadoError], Refusal]] = {
    e.NotFound: Refusal(404, "not_found"),
    e.ChatIsClosed: Refusal(409, "chat_is_closed"),
    e.AlreadyAssigned: Refusal(409, "already_assigned", ("operator_id",)),
    e.NotAssigned: Refusal(409, "not_assigned"),
    e.ChatMovedOn: Refusal(412, "chat_moved_on", ("seen", "version")),
    e.OperatorIsNotAvailable: Refusal(409, "operator_is_not_available", ("operator_id", "why")),
    e.OperatorIsFull: Refusal(409, "operator_is_full", ("operator_id", "capacity")),
    e.NobodyInGroup: Refusal(409, "nobody_online", ("group_id",)),
    e.NotOneTarget: Refusal(422, "not_one_target"),
    e.OverflowIsIncomplete: Refusal(422, "overflow_is_incomplete", ("group_id",)),
    e.OverflowGoesInCircles: Refusal(409, "overflow_goes_in_circles", ("path",)),
    e.ReplyWindowIsClosed: Refusal(409, "reply_window_is_closed"),
    e.CannotBeCarried: Refusal(422, "channel_cannot_carry", ("what", "why")),
    e.EmptyMessage: Refusal(422, "empty_message"),
    e.TagIsRemoved: Refusal(422, "tag_is_removed", ("name",)),
    e.UnresolvedVariables: Refusal(422, "unresolved_variables", ("names",)),
    e.NotYours: Refusal(403, "not_yours"),
    e.MentionNotSeen: Refusal(422, "mention_not_seen", ("operators",)),
    e.NothingToRetry: Refusal(409, "nothing_to_retry"),
    e.AlreadyExists: Refusal(409, "already_exists"),
    e.ClientMovedOn: Refusal(412, "client_moved_on", ("seen", "version", "fields")),
    e.ClientIsMerged: Refusal(409, "client_is_merged", ("into",)),
    e.CannotMerge: Refusal(409, "cannot_merge", ("why",)),
    e.ClientIsErased: Refusal(409, "client_is_erased"),
    e.ClientIsHeld: Refusal(409, "client_is_held", ("reason",)),
    e.ChatIsErased: Refusal(409, "chat_is_erased"),
    e.NotAllowed: Refusal(403, "not_allowed", ("action",)),
    e.IdentityReused: Refusal(422, "idempotency_key_reused"),
    e.LeaseLost: Refusal(503, "log_is_busy", retry_after=1),
    e.LogIsBusy: Refusal(503, "log_is_busy", retry_after=1),
}
_OTHER_REFUSAL: Final = Refusal(409, "refused")

_STATUSES: Final = {
    400: "malformed",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    503: "unavailable",
}


def problem_of(error: e.RecadoError) -> Problem:
    """Return how a domain error is answered."""
    if isinstance(error, e.InvalidRecord):
        # What is wrong with the first is what the sentence says; the list has them all.
        errors = [{"pointer": f"/{field}", "code": code} for field, code in error.faults]
        return Problem(422, error.faults[0][1], errors=errors)
    known = (_REFUSALS[type_] for type_ in type(error).__mro__ if type_ in _REFUSALS)
    refusal = next(known, _OTHER_REFUSAL)
    facts = {name: getattr(error, name) for name in refusal.facts}
    return Problem(refusal.status, refusal.code, retry_after=refusal.retry_after, **facts)


def problem_of_status(status: int) -> Problem:
    """Return the problem for an HTTP status that the framework came up with."""
    return Problem(status, _STATUSES.get(status, "refused"))


@dataclass(frozen=True, slots=True)
class Rendered:
    """A problem ready to be sent."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = field(default=())


def render(problem: Problem, accept_language: str = "") -> Rendered:
    """Return a problem as status, body and headers, in the best language there is."""
    language = best_language(accept_language)
    title = SENTENCES.get(problem.code, SENTENCES["refused"])[language]
    body: dict[str, Any] = {
        "type": f"urn:recado:problem:{problem.code}",
        "title": title,
        "status": problem.status,
        "code": problem.code,
        **problem.facts,
    }
    if problem.errors:
        body["errors"] = problem.errors
    headers: list[Header] = [
        (b"content-type", MEDIA_TYPE),
        (b"content-language", language.encode()),
        (b"vary", b"accept-language"),
    ]
    if problem.retry_after is not None:
        headers.append((b"retry-after", b"%d" % problem.retry_after))
    if problem.status == 401:  # noqa: PLR2004  (the one status that HTTP asks a header for)
        headers.append((b"www-authenticate", b"Bearer"))
    return Rendered(problem.status, orjson.dumps(body), tuple(headers))


def best_language(accept_language: str) -> Language:
    """
    Return the language to answer in: the wanted one that comes first, else Portuguese.

    >>> best_language("fr, en-GB;q=0.8"), best_language("")
    ('en', 'pt-BR')
    """
    wanted = []
    for place, part in enumerate(accept_language.split(",")[:20]):
        tag, _, weight = part.strip().partition(";q=")
        wanted.append((-_weight(weight), place, tag.strip().lower()))
    for negated, _, tag in sorted(wanted):
        for language in ("pt-BR", "en", "es"):
            if negated and tag.partition("-")[0] == language.partition("-")[0].lower():
                return language
    return "pt-BR"


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
