"""
How a case is signed, as its account says, and what a forger would try.

`sign` of `account.json` is one of

- `{"scheme": "none"}`: nobody signs; for channels that are asked, and do not call
- `{"scheme": "hmac", "hash", "header", "key", "format", "over"}`: `key` names the setting
  that holds the secret, `format` is like `sha256={hex}` or `{base64}`, and `over` is `body`
  or `url-and-form` (the address, then the sorted fields)
- `{"scheme": "header", "header", "key", "format"}`: `format` is like `Bearer {key}`; a
  `value` instead of it is sent as it stands
- `{"scheme": "body", "field", "key"}`: the secret is one of the body's fields
"""

import base64
import hmac
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import orjson

from adapters.channels.base import RawRequest
from adapters.channels.conformance.cases import Account, InboundCase, Plain, raw_request

_JUNK: Final = ("", "x", "ç\udc80", "sha256=", "0" * 10_000)


def signed(account: Account, case: InboundCase) -> RawRequest:
    """Return the request of a case as the provider would send it."""
    request = raw_request(account, case.request)
    return sign(account, request) if case.is_signed else request


def sign(account: Account, request: RawRequest) -> RawRequest:
    """Return a request with the signature over it."""
    how = account.sign
    match how["scheme"]:
        case "hmac":
            return _with_header(request, how["header"], _mac(account, request))
        case "header":
            value = how.get("value") or how["format"].format(key=account.config[how["key"]])
            return _with_header(request, how["header"], value)
        case "body":
            return replace(request, body=_with_field(request, how["field"], _key(account)))
        case _:
            return request


def forgeries(account: Account, request: RawRequest) -> Iterator[tuple[str, RawRequest]]:
    """Yield what a forger would send instead of a signed request, each with its name."""
    how = account.sign
    if how["scheme"] == "body":
        yield "a wrong secret in the body", _forged_field(request, how["field"], "wrong")
        yield "an empty secret in the body", _forged_field(request, how["field"], "")
        yield "no secret in the body", _forged_field(request, how["field"], None)
    elif how["scheme"] in {"hmac", "header"}:
        yield from _forged_headers(how["header"], request)
    if how["scheme"] == "hmac" and request.body:
        flipped = bytes([request.body[0] ^ 1]) + request.body[1:]
        yield "one flipped bit in the body", replace(request, body=flipped)
        yield "a byte more in the body", replace(request, body=request.body + b" ")


def _forged_headers(name: str, request: RawRequest) -> Iterator[tuple[str, RawRequest]]:
    others = tuple(pair for pair in request.headers if pair[0] != name)
    (right,) = request.headers_named(name)
    yield f"no {name} header", replace(request, headers=others)
    for junk in (*_JUNK, right[:-1], right + "0", right[:-1] + ("1" if right[-1] != "1" else "2")):
        headers = (*others, (name, junk))
        yield f"the {name} header {junk[:12]!r}", replace(request, headers=headers)
    twice = ((name, "wrong"), (name, right))
    yield f"two {name} headers", replace(request, headers=(*others, *twice))


def other_spellings(account: Account, case: InboundCase) -> Iterator[RawRequest]:
    """Yield the same body written in other ways, each signed over its own bytes."""
    if account.sign["scheme"] != "hmac" or "body" not in case.request:
        return
    escaped = _escaped(orjson.dumps(case.request["body"]))
    spaced = orjson.dumps(case.request["body"], option=orjson.OPT_INDENT_2)
    for body in (escaped, spaced):
        plain = replace(raw_request(account, case.request), body=body)
        yield sign(account, plain)


def _escaped(body: bytes) -> bytes:
    """Return JSON in ASCII, as Meta writes and signs it."""
    units = ((char, char.encode("utf-16-be").hex()) for char in body.decode())
    return "".join(
        char if char.isascii() else "".join(f"\\u{code[i : i + 4]}" for i in range(0, len(code), 4))
        for char, code in units
    ).encode()


def _key(account: Account) -> str:
    return str(account.config[account.sign["key"]])


def _mac(account: Account, request: RawRequest) -> str:
    how = account.sign
    content = request.body
    if how.get("over") == "url-and-form":
        fields = sorted(parse_qsl(request.body.decode(), keep_blank_values=True))
        content = (request.public_url + "".join(k + v for k, v in fields)).encode()
    digest = hmac.digest(_key(account).encode(), content, how.get("hash", "sha256"))
    return str(how.get("format", "{hex}")).format(
        hex=digest.hex(), base64=base64.b64encode(digest).decode()
    )


def _with_header(request: RawRequest, name: str, value: str) -> RawRequest:
    return replace(request, headers=(*request.headers, (name.lower(), value)))


def _with_field(request: RawRequest, field: str, value: str | None) -> bytes:
    fields = _fields(request)
    if fields is None:
        return request.body
    changed = {key: item for key, item in fields.items() if key != field}
    if value is not None:
        changed[field] = value
    return urlencode(changed).encode() if _is_form(request) else orjson.dumps(changed)


def _forged_field(request: RawRequest, field: str, value: str | None) -> RawRequest:
    return replace(request, body=_with_field(request, field, value))


def _fields(request: RawRequest) -> Plain | None:
    if _is_form(request):
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    value: Any = orjson.loads(request.body or b"null")
    return value if isinstance(value, dict) else None


def _is_form(request: RawRequest) -> bool:
    return "application/x-www-form-urlencoded" in request.headers_named("content-type")
