"""Whether Twilio signed a call: it signs the address that it called, and the form."""

import base64
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from adapters.channels.forms import pairs_in
from adapters.channels.reading import Unreadable
from adapters.channels.wire import RawRequest, Verdict

_HEADER: Final = "x-twilio-signature"
_SETTINGS: Final = "x-twilio-webhooks-signature-settings"
_BODY_HASH: Final = "bodySHA256"
_PORTS: Final = {"https": 443, "http": 80}
_ALGORITHMS: Final = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What Twilio signs with."""

    token: bytes
    shared: bytes | None = None
    """The key made for webhooks alone, where there is one."""


def verdict_on(request: RawRequest, keys: Keys, called: str | None) -> Verdict:
    """
    Return whether one of the signatures that Twilio may have made is the one given.

    It signs with or without a port, a form or, for any other body, its hash in the address.
    `called` is the address that it knows; None: the one of the request.
    """
    given = request.headers_named(_HEADER)
    if not given:
        return Verdict.MISSING_SIGNATURE
    signer = _signer(request, keys)
    if len(given) > 1 or signer is None:
        return Verdict.MALFORMED
    try:
        signed = _signed_parts(request)
    except Unreadable:
        return Verdict.MALFORMED
    claimed = given[0].encode(errors="replace")
    urls = dict.fromkeys(_addresses(request, called))
    # Each is compared: how long it takes says nothing about which one was near.
    same = [
        hmac.compare_digest(claimed, sign(*signer, url, part)) for url in urls for part in signed
    ]
    return Verdict.OK if any(same) else Verdict.BAD_SIGNATURE


def sign(key: bytes, algorithm: str, url: str, part: bytes) -> bytes:
    """Return the signature of an address and what is signed along with it."""
    digest = hmac.digest(key, url.encode(errors="surrogateescape") + part, algorithm)
    return base64.b64encode(digest)


def _signer(request: RawRequest, keys: Keys) -> tuple[bytes, str] | None:
    """Return the key and the algorithm that a call says it is signed with; None: no known one."""
    settings = request.headers_named(_SETTINGS)
    if not settings:
        return keys.token, "sha1"
    named = dict(_named(part) for part in settings[0].split(","))
    algorithm = _ALGORITHMS.get(named.get("algorithm", "HMAC_SHA1").upper())
    if len(settings) > 1 or algorithm is None:
        return None
    return (keys.shared or keys.token) if named.get("key") else keys.token, algorithm


def _named(setting: str) -> tuple[str, str]:
    name, _, value = setting.strip().partition("=")
    return name, value


def form_part(pairs: list[tuple[str, str]]) -> bytes:
    """Return a form as it is signed: sorted by name, each name's different values sorted."""
    return "".join(f"{name}{value}" for name, value in sorted(set(pairs))).encode(
        errors="surrogateescape"
    )


def _signed_parts(request: RawRequest) -> list[bytes]:
    """Return what may stand behind the address: the form, or nothing where a hash vouches."""
    hashes = request.query_named(_BODY_HASH)
    if hashes and not _is_form(request):
        actual = sha256(request.body).hexdigest()
        matches = len(hashes) == 1 and hmac.compare_digest(
            hashes[0].lower().encode(errors="replace"), actual.encode()
        )
        return [b""] if matches else []
    return [form_part(pairs_in(request.body, "surrogateescape"))]


def _is_form(request: RawRequest) -> bool:
    kinds = request.headers_named("content-type")
    return bool(kinds) and kinds[0].lower().startswith("application/x-www-form-urlencoded")


def _addresses(request: RawRequest, called: str | None) -> Iterator[str]:
    """Yield every way to write the address that was called."""
    query = urlsplit(request.public_url).query
    url = urlsplit(called or request.public_url)
    for host in _hosts(url.netloc, _PORTS.get(url.scheme)):
        yield url._replace(netloc=host, query=query, fragment="").geturl()


def _hosts(host: str, standard: int | None) -> list[str]:
    """Return the host with a port and without one."""
    name, colon, port = host.rpartition(":")
    return [host, name] if colon and port.isdecimal() else [host, f"{host}:{standard}"]
