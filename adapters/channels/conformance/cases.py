"""
Case files: what arrives, what is to be sent, and what must come of it. Data only, so that
the same cases can try an adapter in any language.

- `account.json`            configuration, how requests are signed, what the format is like
- `NAME.inbound.json`       `{"request": {…}, "sign": true, "expect": {…}}`
- `NAME.handshake.json`     the same for a request that checks the address
- `NAME.outbound.json`      `{"message": {…}, "responses": […], "expect": {…}}`
- `recordings/*`            bodies that somebody else recorded (`.json`, `.eml`)
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from adapters.channels.base import RawRequest

NOW: Final = datetime(2030, 1, 2, 9, 0, tzinfo=UTC)
"""When every case arrives."""
PATH: Final = "/channels/a/webhook"
PUBLIC_URL: Final = f"https://recado.test{PATH}"

_RECORDED: Final = frozenset({".json", ".eml"})

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The connected account that the cases speak of: `account.json`."""

    config: Plain
    sign: Plain = field(default_factory=lambda: {"scheme": "none"})
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with every request."""
    needed: frozenset[str] = frozenset()
    """Keys without which a body of this format says nothing; all others may be missing."""
    batch: tuple[str, ...] = ()
    """Where in a body the list is that a provider may merge and split; empty: it does not."""
    error_response: Plain | None = None
    """`{"status", "body"}` of a refusal; `"$code"` and `"$subcode"` in it stand for the code."""
    error_answers: Mapping[str, Plain] = field(default_factory=dict)
    """Such answers for codes that the template cannot make: ranges, words."""
    server: Plain | None = None
    """What a channel that sends by itself speaks, and which settings name the server."""
    exempt: Mapping[str, str] = field(default_factory=dict)
    """Checks that make no sense here, each with the reason."""


@dataclass(frozen=True, slots=True)
class InboundCase:
    name: str
    request: Plain
    is_signed: bool
    expect: Plain

    @property
    def body(self) -> Any:
        """The body as a value: JSON, or the fields of a form; None for raw bytes."""
        return self.request.get("body", self.request.get("form"))


@dataclass(frozen=True, slots=True)
class OutboundCase:
    name: str
    message: Plain
    responses: tuple[Plain, ...]
    expect: Plain


@dataclass(frozen=True, slots=True)
class Cases:
    account: Account
    inbound: tuple[InboundCase, ...]
    handshakes: tuple[InboundCase, ...]
    outbound: tuple[OutboundCase, ...]
    recordings: tuple[bytes, ...]


def read_cases(folder: Path, recordings: Path | None = None) -> Cases:
    """Return the cases of a folder. Raises OSError, ValueError or TypeError for wrong files."""
    found = _load(folder / "account.json")
    lists = {"needed": frozenset(found.get("needed", ())), "batch": tuple(found.get("batch", ()))}
    recorded = recordings or folder / "recordings"
    return Cases(
        account=Account(**{**found, **lists}),
        inbound=tuple(_inbound(path) for path in sorted(folder.glob("*.inbound.json"))),
        handshakes=tuple(_inbound(path) for path in sorted(folder.glob("*.handshake.json"))),
        outbound=tuple(_outbound(path) for path in sorted(folder.glob("*.outbound.json"))),
        recordings=tuple(
            _recorded_body(path) for path in sorted(recorded.glob("*")) if path.suffix in _RECORDED
        ),
    )


def _load(path: Path) -> Plain:
    value = orjson.loads(path.read_bytes())
    if not isinstance(value, dict):
        raise TypeError(f"{path}: a case is a JSON object")
    return value


def _recorded_body(path: Path) -> bytes:
    """Return a recorded body; one that is no JSON is often recorded as `{"raw": …}`."""
    content = path.read_bytes()
    match orjson.loads(content) if path.suffix == ".json" else None:
        case {"raw": str(raw)}:
            return raw.encode()
        case _:
            return content


def _inbound(path: Path) -> InboundCase:
    case = _load(path)
    return InboundCase(path.name, case["request"], case.get("sign", True), case.get("expect", {}))


def _outbound(path: Path) -> OutboundCase:
    case = _load(path)
    return OutboundCase(
        path.name, case["message"], tuple(case.get("responses", ())), case.get("expect", {})
    )


def raw_request(account: Account, described: Plain) -> RawRequest:
    """Return a request as a case describes it, not yet signed."""
    media_type, body = _body(described)
    headers = {"content-type": media_type, **account.headers, **described.get("headers", {})}
    query = described.get("query", {})
    address = f"{PUBLIC_URL}?{urlencode(query)}" if query else PUBLIC_URL
    return RawRequest(
        method=described.get("method", "POST"),
        path=PATH,
        query=tuple(query.items()),
        headers=tuple((name.lower(), value) for name, value in headers.items()),
        body=body,
        received_at=NOW,
        public_url=address,
    )


def _body(described: Plain) -> tuple[str, bytes]:
    match described:
        case {"form": dict(form)}:
            return "application/x-www-form-urlencoded", urlencode(form).encode()
        case {"text": str(text)}:
            return described.get("media_type", "application/json"), text.encode()
        case {"base64": str(encoded)}:
            media_type = described.get("media_type", "application/octet-stream")
            return media_type, base64.b64decode(encoded)
        case {"body": body}:
            return "application/json", orjson.dumps(body)
        case _:
            return "application/json", b""


def with_body(case: InboundCase, body: Any) -> InboundCase:
    """Return a case with another body, written in the same way."""
    key = "body" if "body" in case.request else "form"
    return replace(case, request={**case.request, key: body})
