"""Calls to the Graph API, and where it may send us for a file."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from adapters.channels.files import OutFile
from adapters.channels.meta.config import GraphConfig
from adapters.channels.multipart import multipart
from adapters.channels.wire import HttpCall

GRAPH_HOSTS: Final = frozenset({"graph.facebook.com", "graph.instagram.com"})
FILE_HOSTS: Final = frozenset({"fbsbx.com", "fbcdn.net", "cdninstagram.com", "facebook.com"})
"""Domains under which this provider keeps files; each has many hosts."""

_UPLOAD_SECONDS: Final = 120.0


def post(config: GraphConfig, path: str, body: Mapping[str, Any], label: str) -> HttpCall:
    """Return a call that hands over a JSON object."""
    kind = ("content-type", "application/json")
    content = orjson.dumps(body)
    return HttpCall("POST", _url(config, path), (*bearer(config), kind), content, label)


def post_file(
    config: GraphConfig,
    path: str,
    fields: Mapping[str, str],
    file: tuple[str, OutFile],
    label: str,
) -> HttpCall:
    """Return a call that hands over a file; `file` is the name of its field, and itself."""
    content_type, content = multipart(fields, *file)
    headers = (*bearer(config), ("content-type", content_type))
    return HttpCall("POST", _url(config, path), headers, content, label, _UPLOAD_SECONDS)


def get(config: GraphConfig, path: str, label: str) -> HttpCall:
    return HttpCall("GET", _url(config, path), bearer(config), b"", label)


def bearer(config: GraphConfig) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {config.access_token.get_secret_value()}"),)


def is_file_address(config: GraphConfig, url: str) -> bool:
    """
    Return whether this provider may keep a file there.

    A token goes with some of these calls, and all of them leave from inside our network: an
    address that a body made up must lead nowhere.
    """
    try:
        asked, ours = urlsplit(url), urlsplit(config.api_base)
        if (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc):
            return True
        if asked.scheme != "https" or asked.port not in {None, 443} or "@" in asked.netloc:
            return False
    except ValueError:
        return False
    host = asked.hostname or ""
    return any(host == domain or host.endswith(f".{domain}") for domain in FILE_HOSTS)


def _url(config: GraphConfig, path: str) -> str:
    return f"{config.api_base.rstrip('/')}/{config.api_version}/{path}"
