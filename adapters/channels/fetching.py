"""
Fetches a file from a provider: the steps that its adapter names, and the download at the end.

Everything goes through a client that reaches the public internet and what the account's
own configuration names, and nothing else. No redirect is followed: what leads elsewhere is
the adapter's next step, and looked at like the first.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import httpx

from adapters.channels.files import Download, FetchesMedia, Unavailable
from adapters.channels.transport import CHUNK, perform
from adapters.channels.wire import HttpCall, HttpResponse, TransportFailure
from adapters.public_web import AddressRefused

MOST_STEPS: Final = 8
WHOLE_DOWNLOAD: Final = 600.0
"""Seconds that a file may take, however slowly it drips."""
SILENCE: Final = 30.0
"""Seconds without a byte after which nothing more is waited for."""

_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.FORBIDDEN})


class NotFetched(Exception):
    """A file could not be had. `why` may be shown: it holds no address and no secret."""

    def __init__(self, why: str, *, for_good: bool, is_gone: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.for_good = for_good
        self.is_gone = is_gone
        """The provider does not know it any more, or not under this link."""


async def find_download(
    adapter: FetchesMedia, reference: str, client: httpx.AsyncClient
) -> Download:
    """Return the call whose answer is the file. Raises `NotFetched`."""
    answers: list[HttpResponse | TransportFailure] = []
    for _ in range(MOST_STEPS):
        step = adapter.fetch(reference, answers)
        match step:
            case Download():
                return step
            case Unavailable(why=why, for_good=for_good):
                raise NotFetched(why, for_good=for_good)
            case HttpCall():
                answers.append(await perform(client, step))
    raise NotFetched("its adapter comes to no end", for_good=True)


@asynccontextmanager
async def downloading(client: httpx.AsyncClient, call: HttpCall) -> AsyncIterator[httpx.Response]:
    """
    Yield the answer that is the file, its body still to come (see `body_of`).

    Raises `NotFetched`, also for what goes wrong inside the context on its way here.
    """
    # Unpacking would let a few bytes become a great many at once.
    headers = [*call.headers, ("accept-encoding", "identity")]
    timeout = httpx.Timeout(call.timeout, read=SILENCE)
    try:
        async with (
            asyncio.timeout(WHOLE_DOWNLOAD),
            client.stream(
                call.method, call.url, headers=headers, content=call.content, timeout=timeout
            ) as response,
        ):
            _check(response)
            yield response
    except AddressRefused as refused:
        raise NotFetched(f"its address is not called: {refused.why}", for_good=True) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError):
        raise NotFetched("its address makes no sense", for_good=True) from None
    except (httpx.HTTPError, TimeoutError) as error:
        why = f"the download broke off: {type(error).__name__}"
        raise NotFetched(why, for_good=False) from None


def body_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """Return the chunks of a download, as they come."""
    return response.aiter_raw(CHUNK)


def _check(response: httpx.Response) -> None:
    if response.status_code != HTTPStatus.OK:
        is_gone = response.status_code in _GONE
        why = f"the provider answered {response.status_code}"
        raise NotFetched(why, for_good=False, is_gone=is_gone)
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise NotFetched("it came packed, which was not asked for", for_good=True)
