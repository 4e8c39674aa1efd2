"""What a client reads about himself: a page that needs nothing but the files beside it."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from html import escape
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import orjson

from adapters.audit.subject.gathering import Gathering, Subject
from adapters.audit.subject.words import words_in

Json = dict[str, Any]

_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#111}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}h3{font-size:1rem;margin:1.5rem 0 .3rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;
padding:.3rem .5rem;border-bottom:1px solid #ccc}th{width:14rem;font-weight:600}
.said{border-left:4px solid #0b57d0;padding:.2rem .6rem;margin:.4rem 0;break-inside:avoid}
.client{border-color:#1a7f37}.colleagues{border-color:#9a6700;background:#fff8c5}
p{margin:.15rem 0;white-space:pre-wrap;overflow-wrap:anywhere}small{color:#444}
@media print{body{margin:0;max-width:none;font-size:11px}}
"""
_SHOWN: Final = (
    *("name", "given_name", "channel_name", "email", "phone", "cpf", "cnpj", "notes", "tags"),
    *("unverified",),
)


class Reading:
    """One client's page."""

    def __init__(self, subject: Subject, now: datetime, *, comments: bool) -> None:
        self._subject: Final = subject
        self._words: Final = words_in(subject.language)
        self._zone: Final = ZoneInfo(subject.zone)
        self._now: Final = now
        self._comments: Final = comments

    async def page(self, gathering: Gathering) -> AsyncIterator[bytes]:
        """Yield the page."""
        words, subject = self._words, self._subject
        yield "".join(self._beginning()).encode()
        for number, record in enumerate(subject.records):
            title = words["record-merged" if number else "record"]
            yield f"<h2>{escape(title)}</h2>\n{self._record(record)}".encode()
        yield f"<h2>{escape(words['chats'])}</h2>\n".encode()
        for chat in subject.chats:
            yield self._chat(chat).encode()
            async for message in gathering.messages(chat):
                yield self._message(message).encode()
        yield b"</body></html>\n"

    def _beginning(self) -> Iterator[str]:
        words, subject = self._words, self._subject
        title = escape(f"{words['title']} · {subject.company}")
        yield (
            f'<!doctype html>\n<html lang="{escape(subject.language)}"><head>'
            '<meta charset="utf-8">'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
            " style-src 'unsafe-inline'\">"
            '<meta name="viewport" content="width=device-width">'
            f"<title>{title}</title><style>{_STYLE}</style></head><body>\n<h1>{title}</h1>\n"
        )
        at = self._time(self._now.isoformat())
        yield f"<p>{escape(words['intro'].format(company=subject.company, at=at))}</p>\n"
        yield f"<p><small>{escape(words['zone'])} {escape(subject.zone)}.</small></p>\n"
        yield f"<h2>{escape(words['rules'])}</h2>\n<ul>"
        comments = "rule-comments" if self._comments else "rule-no-comments"
        for rule in (comments, "rule-others", "rule-names", "check"):
            yield f"<li>{escape(words[rule])}</li>"
        yield "</ul>\n"

    def _record(self, record: Json) -> str:
        facts = [(self._words[key], record[key]) for key in _SHOWN]
        facts += list(record["fields"].items())
        facts.append((self._words["identities"], [one["value"] for one in record["identities"]]))
        told = [f"{one['scope']}: {one['consent']}" for one in record["consents"]]
        facts.append((self._words["consents"], told))
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td><p>{escape(_plain(value))}</p></td></tr>"
            for name, value in facts
            if value not in (None, [], "")
        )
        return f"<table>{rows}</table>\n"

    def _chat(self, chat: Json) -> str:
        words = self._words
        where = " · ".join(filter(None, (chat["channel"], chat["account"], chat["group"])))
        times = f"{words['opened']} {self._time(chat['opened_at'])}"
        if chat["closed_at"] is not None:
            times += f", {words['closed']} {self._time(chat['closed_at'])}"
        tags = f" · {', '.join(chat['tags'])}" if chat["tags"] else ""
        return f"<h3>{escape(where)}</h3>\n<p><small>{escape(times + tags)}</small></p>\n"

    def _message(self, message: Json) -> str:
        words, who = self._words, message["from"]
        said = [message.get("subject"), message.get("text")]
        pieces = [f"<p>{escape(text)}</p>" for text in said if text]
        pieces += [self._file(file) for file in message["attachments"]]
        if not pieces:
            shown = orjson.dumps(message.get("parts", [])).decode()
            pieces = [f"<p><small>{escape(shown)}</small></p>"]
        for version in message.get("history", ()):
            told = f"{words['before']} {self._time(version['at'])}: {version['text']}"
            pieces.append(f"<p><small>{escape(told)}</small></p>")
        if message.get("deleted_at"):
            pieces.append(f"<p><small>{escape(words['deleted'])}</small></p>")
        if message.get("reaction"):
            told = f"{words['reaction']}: {message['reaction']}"
            pieces.append(f"<p><small>{escape(told)}</small></p>")
        by = f"{words[who]} · {self._time(message['sent_at'])}"
        return f'<div class="said {who}"><small>{escape(by)}</small>{"".join(pieces)}</div>\n'

    def _file(self, file: Json) -> str:
        name = escape(file["name"] or file["mime"] or "")
        if file["file"] is None:
            return f"<p>{name} <small>({escape(self._words['not-copied'])})</small></p>"
        return f'<p><a href="{quote(file["file"])}">{name or escape(file["file"])}</a></p>'

    def _time(self, written: str) -> str:
        return f"{datetime.fromisoformat(written).astimezone(self._zone):%Y-%m-%d %H:%M:%S}"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else orjson.dumps(value).decode()
