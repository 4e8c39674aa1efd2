"""
A history as a page that anybody can read, print, and check: who wrote, who decided, and why.

It is of one chat mostly; of a client, an operator, a group or the whole company, each row also
says what it is about.

It needs nothing from elsewhere. The events themselves and their proof follow at its end, in
base64, so that nothing that a client wrote can end the block.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from adapters.audit.exporting import Proof
from adapters.audit.page_summary import summary
from adapters.audit.page_words import words_in
from adapters.audit.verifier import PROOF_BEGINS, PROOF_ENDS, Event

Named = Callable[[str, str], str | None]
"""Returns the name of an entity by kind and id."""

_STYLE: Final = """
body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-bottom:1px solid #ccc}
code{font:12px ui-monospace,monospace}p{margin:.2rem 0;white-space:pre-wrap}
p,code,td small{overflow-wrap:anywhere}.facts th{width:14rem}
.events td:nth-child(2){min-width:5.5rem}
.events>tbody>tr{break-inside:avoid}.words{background:#f3f3f3;padding:.3rem .5rem}
.client>td:first-child{border-left:4px solid #1a7f37}
.ours>td:first-child{border-left:4px solid #0b57d0}
.comment>td:first-child{border-left:4px solid #9a6700}.comment .words{background:#fff8c5}
small{color:#444}td table{font-size:13px}thead{display:table-header-group}
@media print{body{margin:0;max-width:none;font-size:11px}.words{border:1px solid #ccc}}
"""
_HIDDEN: Final = frozenset(
    {"at", "parts", "text", "comment", "emoji", "reason", "thread", "address", "provider_id"}
    | {"provider_ids", "message_id"}
)
_TIMES: Final = frozenset({"sent_at", "since", "until"})
_SPEAKS: Final = {
    "message-received": "client",
    "message-sent": "ours",
    "message-sent-elsewhere": "ours",
    "comment-added": "comment",
    "chat-transferred": "comment",
}
"""How a row looks; its title says the same in words, for whoever prints it."""
_PEOPLE: Final = {
    "operator_id": "operator",
    "from_operator": "operator",
    "by_operator": "operator",
    "to_operator": "operator",
    "group_id": "group",
    "to_group": "group",
    "overflowed_from": "group",
    "client_id": "client",
    "account_id": "channel",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who the page is for."""

    language: str
    zone: str
    company: str
    named: Named


def page(proof: Proof, events: Callable[[], Iterator[Event]], reader: Reader) -> Iterator[bytes]:
    """
    Yield the page; `events` is asked for what is read and for what proves it, and of one chat
    for what comes to in short.
    """
    digest, number = sha256(), 0
    for piece in _readable(proof, events, reader):
        encoded = piece.encode()
        digest.update(encoded)
        yield encoded
    begin = PROOF_BEGINS + b"\n"
    digest.update(begin)
    yield begin
    for record in proof.records(events()):
        number += record.startswith(b'{"position":')
        line = base64.b64encode(record) + b"\n"
        digest.update(line)
        yield line
    yield base64.b64encode(proof.end(number, digest.hexdigest())) + b"\n"
    yield b"".join(line + b"\n" for line in PROOF_ENDS)


def _readable(proof: Proof, events: Callable[[], Iterator[Event]], reader: Reader) -> Iterator[str]:
    words, chat = words_in(reader.language), proof.selection.get("chat")
    heading = words["title-of-log" if chat is None else "title"]
    yield (
        f'<!doctype html>\n<html lang="{escape(reader.language)}">\n<head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">"
        f"<title>{escape(f'{heading} · {reader.company}')}</title>"
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{escape(heading)}</h1>\n"
    )
    rows = _Rows(words, reader, is_of_one_chat=chat is not None)
    if chat is None:
        told = ", ".join(f"{name} {_plain(value)}" for name, value in proof.selection.items())
        yield _facts({words["company"]: reader.company, words["selection"]: told or words["all"]})
    else:
        yield _facts({words["company"]: reader.company, words["chat"]: chat})
        short = summary(_opened(proof, events()), words, rows.person, rows.time)
        yield f"<h2>{escape(words['summary'])}</h2>\n{_facts(short)}"
    yield f"<h2>{escape(words['what'])}</h2>\n"
    yield f"<p><small>{escape(words['zone'])} {escape(reader.zone)}. "
    numbers = words["numbers" if chat else "numbers-of-log"]
    yield f"{escape(numbers)}</small></p>\n"
    names = ("number", "when", "who", "what") if chat else ("number", "when", "of", "who", "what")
    columns = "".join(f"<th>{escape(words[name])}</th>" for name in names)
    yield f'<table class="events"><thead><tr>{columns}</tr></thead>\n<tbody>\n'
    for event in _opened(proof, events()):
        yield rows.row(event)
    yield "</tbody></table>\n"
    yield from _how_to_check(proof, words)


def _opened(proof: Proof, events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        yield event if proof.opens is None else (*event[:4], proof.opens(*event)[0])


def _how_to_check(proof: Proof, words: Mapping[str, str]) -> Iterator[str]:
    head = proof.head
    yield f"<h2>{escape(words['check'])}</h2>\n<p>{escape(words['check-1'])}</p>\n"
    yield f"<p>{escape(words['check-2'])}</p>\n"
    yield "<p><code>python3 verify.py FILE.html --key recado.pub</code></p>\n"
    yield f"<p>{escape(words['check-3'])}</p>\n"
    facts = {"size": f"{head.size}", "root": head.root.hex(), "signed": head.at}
    told = {words[name]: fact for name, fact in facts.items()} | {words["key"]: head.key.hex()}
    yield _facts(told, "code")


def _facts(facts: Mapping[str, str], tag: str = "p") -> str:
    rows = (
        f"<tr><th>{escape(name)}</th><td><{tag}>{escape(fact)}</{tag}></td></tr>"
        for name, fact in facts.items()
    )
    return f'<table class="facts">{"".join(rows)}</table>\n'


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


class _Rows:
    def __init__(self, words: Mapping[str, str], reader: Reader, *, is_of_one_chat: bool) -> None:
        self._is_of_one_chat: Final = is_of_one_chat
        self._words: Final = words
        self._reader: Final = reader
        self._zone: Final = ZoneInfo(reader.zone)

    def row(self, event: Event) -> str:
        position, stream, version, topic, state = event
        kind = topic.rpartition(".")[0] or topic
        try:
            stored = orjson.loads(state)
            data = stored["data"]
            who, when = self.person(stored["actor"]), self.time(data["at"])
            if kind == "message-received" and stored.get("subject") is not None:
                who = self._name("client", stored["subject"])
            told = "".join(self._told(data))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            who, when, told = "", "", f"<p>{escape(self._words['unreadable'])}</p>"
        title = escape(self._words.get(kind, kind))
        looks = f' class="{_SPEAKS[kind]}"' if kind in _SPEAKS else ""
        where = "" if self._is_of_one_chat else f"<td>{self._about(stream)}</td>"
        return (
            f"<tr{looks}><td>{version}<br><small>{position}</small></td><td>{when}</td>{where}"
            f"<td>{escape(who)}</td><td><b>{title}</b>{told}</td></tr>\n"
        )

    def _about(self, stream: str) -> str:
        kind, _, id_ = stream.partition("-")
        entity = escape(self._words.get(f"entity:{kind}", kind))
        return f"{entity}<br><small>{escape(self._reader.named(kind, id_) or id_)}</small>"

    def person(self, actor: str) -> str:
        """Return whoever acted, or is acted on, as people call him: `operator:<id>`, `router`."""
        kind, _, id_ = actor.partition(":")
        return self._name(kind, id_) if id_ else self._words.get(f"actor:{kind}", kind)

    def _name(self, kind: str, id_: str) -> str:
        return self._reader.named(kind, id_) or f"{self._words['unknown']} ({id_})"

    def _told(self, data: Mapping[str, Any]) -> Iterator[str]:
        for part in data.get("parts", ()):
            yield self._part(part)
        for name in ("text", "comment", "emoji"):
            if data.get(name):
                yield _said(data[name])
        reason = data.get("reason")
        if isinstance(reason, dict):
            yield self._reason(reason, data.get("operator_id"))
        elif reason:
            yield f"<p>{escape(str(reason))}</p>"
        facts = [
            f"{self._words.get(f'field:{name}', name)}: {self._value(name, value)}"
            for name, value in data.items()
            if name not in _HIDDEN and value not in (None, [], False)
        ]
        if facts:
            yield f"<p><small>{escape(' · '.join(facts))}</small></p>"

    def _value(self, name: str, value: Any) -> str:
        if name in _PEOPLE and isinstance(value, str):
            return self._name(_PEOPLE[name], value)
        if name in _TIMES and isinstance(value, str):
            return self.time(value)
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return ", ".join(value)
        return _plain(value)

    def time(self, written: str) -> str:
        """Return a time as the reader's clock shows it."""
        return f"{datetime.fromisoformat(written).astimezone(self._zone):%Y-%m-%d %H:%M:%S}"

    def _part(self, part: Mapping[str, Any]) -> str:
        if part.get("kind") == "media":
            known = part.get("sha256") or self._words["not-copied"]
            named = " · ".join(str(part[n]) for n in ("media", "name", "mime") if part.get(n))
            told = f"{self._words['attachment']}: {named} · SHA-256 {known}"
            caption = _said(part["caption"]) if part.get("caption") else ""
            return f"<p><code>{escape(told)}</code></p>{caption}"
        spoken = part.get("text") or part.get("title") or part.get("summary") or part.get("name")
        if spoken:
            return _said(spoken)
        return f"<p><code>{escape(orjson.dumps(part).decode())}</code></p>"

    def _reason(self, reason: Mapping[str, Any], chosen: str | None) -> str:
        words = self._words
        told = f"{words['policy']}: {reason.get('policy')} v{reason.get('policy_version', 1)}"
        if reason.get("position"):
            told += f" · {words['decided-on']} {reason['position']}"
        rows = []
        for one in reason.get("candidates", ()):
            id_ = one["operator_id"]
            excluded = one.get("excluded_by")
            why = words["chosen"] if id_ == chosen else words.get(f"excluded:{excluded}", "—")
            load = f"{one['load']}/{one['capacity']}"
            cells = (self._name("operator", id_), load, why)
            rows.append("".join(f"<td>{escape(cell)}</td>" for cell in cells))
        if not rows:
            return f"<p>{escape(told)}</p>"
        columns = "".join(f"<th>{escape(words[n])}</th>" for n in ("operator", "load", "excluded"))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        heading = escape(words["candidates"])
        return f"<p>{escape(told)}</p><p>{heading}:</p><table><tr>{columns}</tr>{body}</table>"


def _said(words: str) -> str:
    return f'<p class="words">{escape(words)}</p>'
