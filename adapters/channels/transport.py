"""Makes the calls that adapters build, and tells what became of them, without raising."""

import ssl
from typing import Final

import httpx

from adapters.channels.base import HttpCall, HttpResponse, TransportFailure
from adapters.channels.connections import Connections

LARGEST_ANSWER: Final = 1_000_000
"""Bytes; an answer beyond it is cut, which makes it garbage to `classify`."""
CHUNK: Final = 65_536


def http_client() -> httpx.AsyncClient:
    """Return a client that follows no redirect and reads no proxy from the environment."""
    return httpx.AsyncClient(follow_redirects=False, trust_env=False, transport=Connections())


async def perform(client: httpx.AsyncClient, call: HttpCall) -> HttpResponse | TransportFailure:
    """Return the answer to a call, or why there is none."""
    try:
        return await _answer(client, call)
    except (httpx.ConnectTimeout, httpx.PoolTimeout, httpx.WriteTimeout, httpx.WriteError):
        return TransportFailure.TIMEOUT_BEFORE_BODY
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError):
        # It could not even be written down: an address or a header that HTTP does not take.
        return TransportFailure.REFUSED
    except httpx.ConnectError as error:
        return _why_not_connected(error)
    except httpx.ReadTimeout:
        return TransportFailure.TIMEOUT_AFTER_BODY
    except httpx.HTTPError:
        return TransportFailure.LOST_AFTER_BODY


async def _answer(client: httpx.AsyncClient, call: HttpCall) -> HttpResponse:
    body = bytearray()
    async with client.stream(
        call.method,
        call.url,
        headers=list(call.headers),
        content=call.content,
        timeout=call.timeout,
    ) as response:
        async for chunk in response.aiter_bytes(CHUNK):
            body += chunk
            if len(body) >= LARGEST_ANSWER:
                break
    headers = tuple((name.lower(), value) for name, value in response.headers.items())
    return HttpResponse(response.status_code, headers, bytes(body[:LARGEST_ANSWER]))


def _why_not_connected(error: BaseException) -> TransportFailure:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return TransportFailure.TLS
        if type(cause).__name__ == "gaierror":
            return TransportFailure.DNS
        cause = cause.__cause__ or cause.__context__
    return TransportFailure.REFUSED
