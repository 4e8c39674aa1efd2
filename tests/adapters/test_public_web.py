"""Links from outside lead to the public internet and nowhere else."""

import asyncio
from ipaddress import IPv4Address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.public_web import AddressRefused, PublicOnly, PublicWeb, is_public, origins_in
from tests.adapters.channels.sending_ground import listening

NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2001:0:1::1",
    "2002:7f00:1::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "no address",
    "",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_of_a_house_of_its_own_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "64:ff9b::1.1.1.1"]
)
def test_an_address_that_all_mean_the_same_by_is_public(address: str) -> None:
    assert is_public(address)


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_judged_alike_in_every_dress(number: int) -> None:
    plain = is_public(str(IPv4Address(number)))
    assert is_public(f"::ffff:{IPv4Address(number)}") == plain
    assert is_public(f"64:ff9b::{IPv4Address(number)}") == plain


class Names:
    """A resolver that says what it is told, and may say something else each time."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


async def refusal(url: str, *answers: list[str]) -> str:
    async with PublicWeb(Names(*answers)).client() as client:
        with pytest.raises(AddressRefused) as refused:
            await client.get(url)
    return refused.value.why


@pytest.mark.parametrize("address", NOT_PUBLIC[:29])
async def test_a_name_that_stands_for_it_is_not_called(address: str) -> None:
    assert await refusal("https://cdn.test/a", [address]) == "its address is not public"


async def test_one_address_that_is_not_public_spoils_all() -> None:
    assert await refusal("https://cdn.test/a", ["1.1.1.1", "10.0.0.1"])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
    ],
)
async def test_the_systems_own_resolver_is_not_fooled_by_spelling(url: str) -> None:
    async with PublicWeb().client() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)


@pytest.mark.parametrize("url", ["http://cdn.test:8080/", "https://cdn.test:22/"])
async def test_other_ports_are_not_called(url: str) -> None:
    assert "port" in await refusal(url, ["1.1.1.1"])


async def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_seen() -> None:
    """A name that means our own network the second time is never asked a second time."""
    names = Names(["192.88.99.255"], ["127.0.0.1"])
    called: list[httpx.URL] = []

    class Inner(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            called.append(request.url)
            assert request.headers["host"] == "cdn.test"
            assert request.extensions["sni_hostname"] == "cdn.test"
            return httpx.Response(200)

    async with httpx.AsyncClient(transport=PublicOnly(Inner(), (), names)) as client:
        answer = await client.get("https://cdn.test/a?b")
    assert (answer.status_code, names.asked) == (200, 1)
    assert [str(url) for url in called] == ["https://192.88.99.255/a?b"]
    assert str(answer.request.url) == "https://cdn.test/a?b"


async def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    called: list[str] = []

    class Inner(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            called.append(request.url.host)
            if len(called) == 1:
                raise httpx.ConnectError("no")
            return httpx.Response(200)

    names = Names(["1.1.1.1", "2606:4700::1111"])
    async with httpx.AsyncClient(transport=PublicOnly(Inner(), (), names)) as client:
        assert (await client.post("https://cdn.test/", content=b"x")).status_code == 200
    assert called == ["1.1.1.1", "2606:4700::1111"]


async def test_what_an_administrator_configured_is_called_wherever_it_is() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 302 No\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
        )
        await writer.drain()

    async with listening(talk) as address:
        trusted = origins_in([address, 5, None, "no url", "http://[", f"{address}0"])
        async with PublicWeb().client(trusted) as client:
            answer = await client.get(f"{address}/file")
            assert answer.status_code == 302
            with pytest.raises(AddressRefused):
                await client.get(answer.headers["location"])
