"""What a chat comes to in short: from when to when, who wrote, who acted, and is all of it here."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import orjson

from adapters.audit.verifier import Event

_WROTE: Final = {
    "message-received": "client-wrote",
    "message-sent": "we-wrote",
    "message-sent-elsewhere": "we-wrote",
    "comment-added": "commented",
}
_STATES: Final = {
    "chat-opened": "open",
    "chat-reopened": "open",
    "chat-closed": "closed",
    "chat-erased": "erased",
}
_MOST_NAMES: Final = 20


def summary(
    events: Iterable[Event],
    words: Mapping[str, str],
    person: Callable[[str], str],
    time: Callable[[str], str],
) -> dict[str, str]:
    """Return it line by line, in the reader's words."""
    counts = dict.fromkeys(_WROTE.values(), 0)
    actors: dict[str, None] = {}
    times: list[str] = []
    about: dict[str, str | None] = {}
    number, last, state = 0, 0, "open"
    for _, _, version, topic, stored in events:
        number, last = number + 1, max(last, version)
        kind = topic.rpartition(".")[0]
        state = _STATES.get(kind, state)
        if kind in _WROTE:
            counts[_WROTE[kind]] += 1
        if (told := _read(stored)) is not None:
            who, at, data = told
            times = [*times[:1], at]
            actors[who] = None
            if kind == "chat-opened":
                about = {"client": data.get("client_id"), "channel": data.get("account_id")}
    named = list(dict.fromkeys(person(one) for one in actors))
    shown = ", ".join(named[:_MOST_NAMES]) + (" …" if len(named) > _MOST_NAMES else "")
    whole = "no-gap" if number == last else "gap"
    facts = {words[name]: person(f"{name}:{id_}") for name, id_ in about.items()}
    facts[words["complete"]] = words[whole].format(count=number, last=last)
    if times:
        facts |= {words["began"]: time(times[0]), words["ended"]: time(times[-1])}
    facts[words["still-open"]] = words[state]
    facts |= {words[name]: f"{count}" for name, count in counts.items()}
    return facts | {words["took-part"]: shown}


def _read(stored: bytes) -> tuple[str, str, Mapping[str, Any]] | None:
    """Return who did it, when, and what it says; None where it cannot be read."""
    try:
        told = orjson.loads(stored)
        return told["actor"], told["data"]["at"], told["data"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
