"""Address policy: which addresses are public, and that the checked address is the one connected to."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address, ip_network

import pytest
from scraper.fetching.address_policy import AddressPolicy, CheckedBackend, is_public
from servicekit.faults import ForbiddenAddress


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::1",
        "2002:c0a8:101::1",
        "64:ff9b::a00:1",
        "2001:0:7f00:1::1",
    ],
)
def test_all_others_are_not(address: str) -> None:
    assert not is_public(ip_address(address))


async def test_a_literal_in_a_strange_writing_is_refused_for_where_it_leads() -> None:
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "::1", "0"):
        with pytest.raises(ForbiddenAddress, match="not on the public internet"):
            await AddressPolicy().resolve(host, 80)


async def test_an_allowed_network_is_permitted_and_no_other() -> None:
    policy = AddressPolicy([ip_network("127.0.0.0/8")])
    assert await policy.resolve("127.0.0.1", 80) == ["127.0.0.1"]
    assert policy.is_allowed(ip_address("::ffff:127.0.0.1"))
    with pytest.raises(ForbiddenAddress, match=r"10\.0\.0\.1"):
        await policy.resolve("10.0.0.1", 80)


@pytest.mark.parametrize("host", ["a" * 64 + ".test", "a..test"])
async def test_a_host_that_is_none_is_an_error_of_the_network(host: str) -> None:
    with pytest.raises(OSError, match=r"."):
        await AddressPolicy().resolve(host, 80)


async def test_no_connection_is_opened_to_a_refused_address() -> None:
    with pytest.raises(ForbiddenAddress, match="localhost"):
        await CheckedBackend(AddressPolicy()).connect_tcp("localhost", 9)


class Rebinding(AddressPolicy):
    """Resolves a name to an allowed address first, and to a private one afterwards."""

    def __init__(self) -> None:
        super().__init__([ip_network("127.0.0.2/32")])
        self.lookups = 0

    async def resolve(self, host: str, port: int) -> list[str]:
        self.lookups += 1
        return await super().resolve("127.0.0.2" if self.lookups == 1 else "127.0.0.1", port)


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    policy = Rebinding()
    async with await asyncio.start_server(greet, "127.0.0.2", 0) as server:
        port = server.sockets[0].getsockname()[1]
        stream = await CheckedBackend(policy).connect_tcp("rebinding.test", port, timeout=2)
        assert stream.get_extra_info("server_addr") == ("127.0.0.2", port)
        await stream.aclose()
    assert policy.lookups == 1
