"""What is sent: all that the capabilities promise, nothing beyond, to nobody else (M6)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import orjson
from pydantic import TypeAdapter

from adapters.channels.base import (
    CannotBeSent,
    Capabilities,
    ChannelAdapter,
    HttpCall,
    HttpResponse,
    OutboundMessage,
    OutFile,
    TransportFailure,
)
from adapters.channels.conformance.cases import OutboundCase, Plain
from adapters.channels.conformance.matching import differences, plain
from adapters.channels.conformance.subject import Subject
from domain.content import (
    Choice,
    Location,
    Media,
    MediaKind,
    Offer,
    Option,
    Part,
    Parts,
    TemplateCall,
    Text,
)

_PARTS: Final = TypeAdapter[Parts](Parts)
_SHA: Final = "ab" * 32
_WIDE: Final = "😀"


def address_of(subject: Subject) -> str:
    """Return where the cases write to."""
    return next((str(c.message["address"]) for c in subject.cases.outbound), "1")


def message_of(subject: Subject, *parts: Part, **more: Any) -> OutboundMessage:
    return OutboundMessage("0b8e7a52-message", address_of(subject), tuple(parts), **more)


def outbound(subject: Subject) -> Iterator[str]:
    """Yield every message that is not built as the cases and the capabilities say."""
    adapter = subject.make()
    if not subject.cases.outbound:
        yield "there is no NAME.outbound.json"
    for case in subject.cases.outbound:
        yield from (f"{case.name}: {what}" for what in _as_expected(adapter, case))
    yield from _texts(subject, adapter)
    yield from _kinds(subject, adapter)
    yield from _careful(subject, adapter)


def calls_for(adapter: ChannelAdapter, message: OutboundMessage) -> list[HttpCall] | str:
    """Return the calls, or why there are none."""
    try:
        return adapter.build(message)
    except CannotBeSent as refusal:
        return f"refused: {refusal.why}"
    except Exception as error:
        return f"raises {type(error).__name__}"


def message_in(case: OutboundCase) -> OutboundMessage:
    parts = _PARTS.validate_python(case.message["parts"])
    files = {f["sha256"]: _file(f) for f in case.message.get("files", ())}
    given = {key: v for key, v in case.message.items() if key not in {"parts", "files"}}
    return OutboundMessage(**given, parts=parts, files=files)


def _file(described: Plain) -> OutFile:
    content = str(described.get("content", "x")).encode()
    known = {key: value for key, value in described.items() if key != "content"}
    return OutFile(**known, content=content)


def _as_expected(adapter: ChannelAdapter, case: OutboundCase) -> Iterator[str]:
    calls = calls_for(adapter, message_in(case))
    if case.expect.get("cannot_be_sent"):
        if not (isinstance(calls, str) and calls.startswith("refused")):
            yield "was to be refused"
        return
    if isinstance(calls, str):
        yield calls
        return
    if "calls" in case.expect:
        told = [{**plain(call), **_content(call)} for call in calls]
        yield from differences(case.expect["calls"], told)
    if case.responses and "result" in case.expect:
        given = zip(calls, case.responses, strict=False)
        results = [adapter.classify(call, response_of(one)) for call, one in given]
        yield from differences(case.expect["result"], plain(results[-1]))


def response_of(described: Plain) -> HttpResponse | TransportFailure:
    """Return what a case says that the provider answered."""
    if "failure" in described:
        return TransportFailure(described["failure"])
    body = described.get("body", "")
    raw = body.encode() if isinstance(body, str) else orjson.dumps(body)
    headers = tuple((name.lower(), value) for name, value in described.get("headers", {}).items())
    return HttpResponse(described.get("status", 200), headers, raw)


def _content(call: HttpCall) -> Plain:
    """Return a call's body as `json` or `form`, where it is one."""
    media_type = next((v for name, v in call.headers if name.lower() == "content-type"), "")
    if "json" in media_type:
        return {"json": orjson.loads(call.content)}
    if "form-urlencoded" in media_type:
        return {"form": dict(parse_qsl(call.content.decode(), keep_blank_values=True))}
    return {}


def _texts(subject: Subject, adapter: ChannelAdapter) -> Iterator[str]:
    """Yield every length of text that is refused, or cut so that something is lost or too long."""
    can = adapter.capabilities()
    for char in ("x", _WIDE):
        wide = size_of(char, can)
        for units in (1, can.max_text - wide, can.max_text, can.max_text + wide, 3 * can.max_text):
            count = max(1, units // wide)
            calls = calls_for(adapter, message_of(subject, Text(text=char * count)))
            if isinstance(calls, str):
                if count * wide <= can.max_text:
                    yield f"a text of {count} {char!r}: {calls}"
                continue
            strings = [text for call in calls for text in _strings(_content(call)) if char in text]
            if not strings:
                continue  # in a format that the kit cannot look into
            if sum(text.count(char) for text in strings) < count:
                yield f"a text of {count} {char!r} loses some on the way"
            if any(size_of(char, can) * text.count(char) > can.max_text for text in strings):
                yield f"a text of {count} {char!r} leaves in pieces longer than {can.max_text}"


def size_of(text: str, can: Capabilities) -> int:
    """Return how long a text is, as the channel counts."""
    match can.text_unit:
        case "utf16":
            return len(text.encode("utf-16-le")) // 2
        case "bytes":
            return len(text.encode())
        case _:
            return len(text)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _kinds(subject: Subject, adapter: ChannelAdapter) -> Iterator[str]:
    """Yield every kind of part that is promised and refused, or that makes the adapter fail."""
    can = adapter.capabilities()
    for name, message, promised in matrix(subject, can):
        calls = calls_for(adapter, message)
        if isinstance(calls, str) and (promised or not calls.startswith("refused")):
            yield f"{name}: {calls}"
        if calls == []:
            yield f"{name}: no call and no refusal"


def matrix(subject: Subject, can: Capabilities) -> Iterator[tuple[str, OutboundMessage, bool]]:
    """Yield a message of every kind, and whether the capabilities promise to carry it."""
    options = tuple(
        Option(id=f"o{n}", title=f"O{n}") for n in range(can.buttons.most if can.buttons else 2)
    )
    yield "an offer", message_of(subject, Offer(text="Qual?", options=options)), True
    call = TemplateCall(name="ola", language="pt_BR", values=("Ana",), text="Olá, Ana")
    yield "a template", message_of(subject, call), can.templates
    yield "a place", message_of(subject, Location(latitude=-23.5, longitude=-46.6)), False
    yield "a choice", message_of(subject, Choice(id="1", title="Sim")), False
    yield "nothing", message_of(subject), False
    yield "an empty text", message_of(subject, Text(text="")), False
    for kind in MediaKind:
        yield f"a file of kind {kind}", _media(subject, can, kind), kind in can.media


def _media(subject: Subject, can: Capabilities, kind: MediaKind) -> OutboundMessage:
    rule = can.media.get(kind)
    mime = min(rule.mimes) if rule else "image/png"
    mime = f"{mime.partition('/')[0]}/png" if mime.endswith("*") else mime
    mime = "image/png" if mime.startswith("*") else mime
    part = Media(media=kind, sha256=_SHA, mime=mime, name="nota.png", size=10, caption="a nota")
    file = OutFile(_SHA, mime, "nota.png", b"0123456789", "https://recado.test/f/1")
    return message_of(subject, part, files={_SHA: file}, handles={_SHA: "handle-1"})


def _careful(subject: Subject, adapter: ChannelAdapter) -> Iterator[str]:
    """Yield calls to a stranger, calls that differ each time, and secrets in what is logged."""
    secrets = subject.secrets()
    allowed = subject.meta.hosts | set(_hosts(subject))
    for name, message, _ in [
        ("a text", message_of(subject, Text(text="Oi")), True),
        *matrix(subject, adapter.capabilities()),
    ]:
        calls = calls_for(adapter, message)
        if isinstance(calls, str):
            continue
        if calls != calls_for(subject.make(), message):
            yield f"{name}: built twice, the calls differ"
        for call in calls:
            host = urlsplit(call.url).hostname
            if host not in allowed:
                yield f"{name}: calls {host}, which is neither in `meta.hosts` nor configured"
            if any(secret in f"{call!r} {call.label}" for secret in secrets):
                yield f"{name}: a secret shows in the log form of a call"


def _hosts(subject: Subject) -> Iterator[str]:
    """Yield every host that the configuration names."""
    for value in subject.config().model_dump().values():
        host = urlsplit(value).hostname if isinstance(value, str) and "://" in value else None
        if host:
            yield host


def quotes(subject: Subject, adapter: ChannelAdapter) -> bool:
    """Return whether an answer to a message is built otherwise than a new one."""
    message = message_of(subject, Text(text="Oi"))
    quoted = (e for c in subject.cases.outbound if (e := c.message.get("reply_to_provider_id")))
    reply = replace(message, reply_to_provider_id=next(quoted, "1:1"))
    return calls_for(adapter, message) != calls_for(adapter, reply)
