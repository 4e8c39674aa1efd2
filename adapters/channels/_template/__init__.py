"""
The package that a new channel starts as: it carries text, and is tested.

Its provider is made up: one JSON object or form for each thing that happens, one call to
send. What the real one does otherwise is changed from there.
"""

import json
import re
from enum import StrEnum
from pathlib import Path
from string import Template
from typing import Any, Final

from adapters.channels.base import ChannelError

_FILES: Final = Path(__file__).with_name("files")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,30}")


class Way(StrEnum):
    """How messages come in."""

    WEBHOOK_JSON = "webhook-json"
    WEBHOOK_FORM = "webhook-form"
    PULL = "pull"


class Auth(StrEnum):
    """How the provider proves that it is he who calls."""

    HMAC_SHA256 = "hmac-sha256"
    BEARER_HEADER = "bearer-header"
    BODY_SECRET = "body-secret"  # noqa: S105 - the name of a way
    NONE = "none"


class CannotBegin(ChannelError):
    """The new package cannot be written."""


def write(name: str, way: Way, auth: Auth, folder: Path) -> list[Path]:
    """Write the package of a new channel into a folder that is not there yet; return its files."""
    if not _NAME.fullmatch(name):
        raise CannotBegin(f"{name!r} is no name for a kind: small letters, digits and _")
    if folder.exists():
        raise CannotBegin(f"{folder} is there already")
    if way is Way.PULL:
        auth = Auth.NONE
    words = _words(name, way, auth)
    written = []
    for template in sorted(path for path in _FILES.rglob("*.tmpl")):
        relative = template.relative_to(_FILES).with_suffix("")
        place = folder / str(relative).replace("src/package", f"src/recado_{name}")
        written.append(
            _put(place, Template(template.read_text()).substitute(words).rstrip() + "\n")
        )
    for file, case in _cases(name, way, auth).items():
        text = json.dumps(case, indent=2, ensure_ascii=False) + "\n"
        written.append(_put(folder / "tests" / "cases" / file, text))
    return written


def _put(place: Path, text: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    return place


def _words(name: str, way: Way, auth: Auth) -> dict[str, str]:
    is_form = way is Way.WEBHOOK_FORM
    class_name = "".join(word.capitalize() for word in name.split("_"))
    return {
        "name": name,
        "class_name": class_name,
        "title": class_name,
        "body": "form" if is_form else "json",
        "imports": _imports(way, auth),
        "verify": _VERIFY[auth].replace("{name}", name),
        "secret_field": '\n    secret_field = "secret"' if auth is Auth.BODY_SECRET else "",
        "pull": _PULL.read_text() if way is Way.PULL else "",
        "warning": _WARNING if auth is Auth.NONE and way is not Way.PULL else "",
    }


def _imports(way: Way, auth: Auth) -> str:
    is_pull = way is Way.PULL
    base = ["CONTRACT", "AdapterMeta", "ErrorKind", "ErrorRow", "HttpCall"]
    base += ["Pulled", "RawRequest", "Verdict"] if is_pull else ["RawRequest", "Verdict"]
    standard = ["from typing import ClassVar", ""]
    if is_pull:
        clock = ["from collections.abc import AsyncIterator", "from datetime import UTC, datetime"]
        standard = [*clock, *standard, "import httpx", "import orjson"]
    lines = [
        *standard,
        *([] if auth is Auth.NONE else ["from adapters.channels import proofs"]),
        "from adapters.channels.base import (",
        *(f"    {name}," for name in base),
        ")",
        "from adapters.channels.reading import Object, moment_of, text_of",
        "from adapters.channels.simple import SimpleChannel",
    ]
    return "\n".join(lines)


_VERIFY: Final = {
    Auth.HMAC_SHA256: 'proofs.hmac_sha256(request, "x-{name}-signature", self.config.secret)',
    Auth.BEARER_HEADER: "proofs.bearer(request, self.config.secret)",
    Auth.BODY_SECRET: 'proofs.body_secret(request, "secret", self.config.secret)',
    Auth.NONE: "Verdict.OK",
}

_SIGN: Final[dict[Auth, dict[str, str]]] = {
    Auth.HMAC_SHA256: {
        "scheme": "hmac",
        "hash": "sha256",
        "header": "x-{name}-signature",
        "key": "secret",
        "format": "{hex}",
        "over": "body",
    },
    Auth.BEARER_HEADER: {
        "scheme": "header",
        "header": "authorization",
        "key": "secret",
        "format": "Bearer {key}",
    },
    Auth.BODY_SECRET: {"scheme": "body", "field": "secret", "key": "secret"},
    Auth.NONE: {"scheme": "none"},
}

_PULL: Final = Path(__file__).with_name("pull.txt")

_WARNING: Final = """
Nobody signs what comes in: whoever knows the address can write in anybody's name. Use it behind a
gate that lets the provider alone through, or not at all. It cannot be more than bronze.
"""


def _cases(name: str, way: Way, auth: Auth) -> dict[str, Any]:
    """Return the case files by name."""
    key = "form" if way is Way.WEBHOOK_FORM else "body"
    sign = {k: v.replace("{name}", name) for k, v in _SIGN[auth].items()}
    text = {"type": "message", "id": "m1", "from": "5511900000001", "name": "Ana", "text": "Oi"}
    delivered = {"type": "delivered", "id": "out1"}
    sent = {"to": "5511900000001", "text": "Bom dia!"}
    return {
        "account.json": {
            "config": {"account": "loja", "secret": "a-secret-of-a-test"},
            "sign": sign,
            "needed": ["type", "id", "from"],
            "error_response": {"status": 400, "body": {"code": "$code"}},
        },
        "text.inbound.json": {
            "request": {key: {**text, "at": "1893574800"}},
            "expect": {
                "ack": {"status": 200},
                "events": [
                    {
                        "type": "MessageArrived",
                        "dedup_key": "m:m1",
                        "occurred_at": "2030-01-02T09:00:00+00:00",
                        "peer": {"name": "Ana"},
                        "parts": [{"kind": "text", "text": "Oi"}],
                    }
                ],
            },
        },
        "delivered.inbound.json": {
            "request": {key: {**delivered, "at": "1893574801"}},
            "expect": {"events": [{"type": "DeliveryReported", "state": "delivered"}]},
        },
        "text.outbound.json": {
            "message": {
                "message_id": "0b8e7a52-1",
                "address": "5511900000001",
                "parts": [{"kind": "text", "text": "Bom dia!"}],
            },
            "responses": [{"status": 200, "body": {"id": "out1"}}],
            "expect": {
                "calls": [{"method": "POST", "form" if key == "form" else "json": sent}],
                "result": {"type": "SendOk", "provider_id": "out1"},
            },
        },
    }
