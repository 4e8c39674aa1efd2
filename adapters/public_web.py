"""
HTTP to addresses that come from outside: only to the public internet, never inwards.

Whoever can make us fetch a link could otherwise make us fetch it from our own network. A
name is resolved once, every address it stands for must be public, and the connection is
made to the address that was looked at, so that a name cannot mean another one a moment
later. Origins that an administrator configured himself are trusted as they are.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import SOCK_STREAM
from typing import Final

import httpx

Origin = tuple[str, str, int]
"""Scheme, host, port."""
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses that a host's name stands for."""

PORTS: Final = frozenset({80, 443})
MOST_ADDRESSES: Final = 3
RESOLVED_WITHIN: Final = 5.0
"""Seconds."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_OF_CLOUDS: Final = frozenset({IPv4Address("168.63.129.16")})
"""Public by its number, but the host's own metadata service in one large cloud."""


class AddressRefused(httpx.ConnectError):
    """An address that nobody outside may have us call."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(f"{host} is not called: {why}")
        self.host = host
        self.why = why


def is_public(address: str) -> bool:
    """
    Return whether an IP address is one that anybody on the internet means the same by.

    >>> is_public("93.184.215.14"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inner is None:
            is_tunnel = ip.sixtofour is not None or ip.teredo is not None
            return ip in _UNICAST and ip.is_global and not is_tunnel
        ip = inner
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip in _OF_CLOUDS)


def origin_of(url: httpx.URL) -> Origin:
    """Return where a URL is asked, its port always said."""
    host = url.raw_host.decode("ascii", "replace").lower().rstrip(".")
    return url.scheme, host, url.port or _DEFAULT_PORTS.get(url.scheme, 0)


def origins_in(values: Iterable[object]) -> frozenset[Origin]:
    """Return the origins of those values that are URLs: what a configuration itself names."""
    found = set[Origin]()
    for value in values:
        if isinstance(value, str) and value.startswith(("http://", "https://")):
            with suppress(httpx.InvalidURL):
                found.add(origin_of(httpx.URL(value)))
    return frozenset(found)


async def resolved(host: str, port: int) -> list[str]:
    """Return what the system's resolver says; raise `OSError` where it knows no such name."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PublicOnly(httpx.AsyncBaseTransport):
    """A transport that refuses what is not public, and connects to what it looked at."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, trusted: Collection[Origin], resolve: Resolve
    ) -> None:
        self._inner: Final = inner
        self._trusted: Final = frozenset(trusted)
        self._resolve: Final = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        origin = origin_of(request.url)
        if origin in self._trusted:
            return await self._inner.handle_async_request(request)
        addresses = await self._public_addresses(origin)
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_pinned(request, addresses[-1]))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _public_addresses(self, origin: Origin) -> list[str]:
        scheme, host, port = origin
        if scheme not in _DEFAULT_PORTS:
            raise AddressRefused(host, f"its scheme is {scheme!r}")
        if port not in PORTS:
            raise AddressRefused(host, f"its port is {port}")
        try:
            async with asyncio.timeout(RESOLVED_WITHIN):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise httpx.ConnectTimeout(f"{host} was not resolved in time") from None
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"{host} was not resolved") from error
        if not addresses or not all(is_public(address) for address in addresses):
            raise AddressRefused(host, "its address is not public")
        return addresses[:MOST_ADDRESSES]


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    """Return the same request to one address; certificate and `Host` stay those of the name."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )


class PublicWeb:
    """Makes clients for addresses that come from outside; they share one set of certificates."""

    def __init__(self, resolve: Resolve = resolved, verify: ssl.SSLContext | None = None) -> None:
        self._resolve: Final = resolve
        self._verify: Final = verify or httpx.create_ssl_context(trust_env=False)

    def client(self, trusted: Collection[Origin] = ()) -> httpx.AsyncClient:
        """Return a client that follows no redirect and, besides `trusted`, goes to the public."""
        # A kept connection is known by its address: it could be taken for another name's.
        limits = httpx.Limits(max_keepalive_connections=0)
        inner = httpx.AsyncHTTPTransport(verify=self._verify, trust_env=False, limits=limits)
        transport = PublicOnly(inner, trusted, self._resolve)
        return httpx.AsyncClient(transport=transport, follow_redirects=False, trust_env=False)
