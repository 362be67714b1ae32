"""Forbidden addresses: by no way does a crawl reach a host that is not public; nothing listens in vain."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from ipaddress import ip_network
from typing import Any

import pytest
from scraper.crawling.crawl_manager import CrawlManager
from scraper.crawling.events import CrawlSummary
from scraper.crawling.limits import Limits, parse_start_urls
from scraper.fetching.address_policy import AddressPolicy
from scraper.settings import Settings

# The secret host is 127.0.0.9, the crawled one 127.0.0.1; only the latter is allowed.
WAYS = [
    *("127.0.0.9", "127.9", "127.0.9", "2130706441", "0x7f000009", "0x7f.0.0.9", "0177.0.0.011", "017700000011"),
    *("[::ffff:127.0.0.9]", "[::ffff:7f00:9]", "[0:0:0:0:0:ffff:127.0.0.9]", "127.0.0.9.", "①②⑦.0.0.9", "127。0。0。9"),
    *(
        "user@127.0.0.9",
        "127.0.0.1@127.0.0.9",
        "127.0.0.1%00@127.0.0.9",
        "127.0.0.9%2f",
        "[64:ff9b::7f00:9]",
        "[::7f00:9]",
    ),
    *(
        "localhost",
        "LOCALHOST",
        "0",
        "0.0.0.0",
        "[::]",
        "[::1]",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "10.0.0.1",
    ),
    *("metadata.google.internal", "192.168.0.1", "[2002:7f00:9::]", "127.0.0.9#@127.0.0.1", "127.0.0.9\\@127.0.0.1"),
]


class Trap:
    """A port at which a connection is a failure: on all addresses of this machine but the one that is allowed."""

    def __init__(self) -> None:
        self.sockets = [self._listen(socket.AF_INET, "127.0.0.9", 0)]
        self.port = self.sockets[0].getsockname()[1]
        self.sockets.append(self._listen(socket.AF_INET6, "::1", self.port))

    def _listen(self, family: int, host: str, port: int) -> socket.socket:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.bind((host, port))
        listener.listen()
        listener.setblocking(False)
        return listener

    @property
    def is_reached(self) -> bool:
        for listener in self.sockets:
            try:
                listener.accept()[0].close()
            except BlockingIOError:
                continue
            return True
        return False

    def close(self) -> None:
        for listener in self.sockets:
            listener.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_way_of_writing_an_address_reaches_it(site: Any, settings: Settings, scheme: str) -> None:
    with closing(Trap()) as trap:
        targets = [f"{scheme}://{way}:{trap.port}/{index}" for index, way in enumerate(WAYS)]
        targets += [f"//{way}:{trap.port}/a{index}" for index, way in enumerate(WAYS)]
        redirects = [f"/r{index}" for index in range(len(targets))]
        site.put_links("/", *redirects, *targets)
        for path, target in zip(redirects, targets, strict=True):
            site.put(path, status=302, headers={"Location": target.encode("ascii", "replace").decode()})
        only_this = settings.model_copy(
            update={"allowed_networks": (ip_network("127.0.0.1/32"),), "attempts": 1, "timeout_s": 2.0}
        )
        limits = Limits(other_hosts=True, max_pages=1000, max_duration_s=60)
        events = [event async for event in CrawlManager(only_this).crawl(parse_start_urls([site.url]), limits)]
        assert not trap.is_reached
    summary = events[-1]
    assert isinstance(summary, CrawlSummary)
    assert summary.n_failed > len(WAYS) / 2
    assert summary.ended_by == "complete"


async def test_a_name_that_changes_its_address_is_not_followed(
    make_site: Callable[[], Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name leads to the allowed host at first, and to the secret one from then on."""
    site = make_site()
    port = int(site.url.rpartition(":")[2])
    lookups = 0
    resolve = AddressPolicy.resolve

    async def rebinding(self: AddressPolicy, host: str, number: int) -> list[str]:
        nonlocal lookups
        if host != "rebinding.test":
            return await resolve(self, host, number)
        lookups += 1
        return await resolve(self, "127.0.0.1" if lookups < 3 else "127.0.0.9", number)

    monkeypatch.setattr(AddressPolicy, "resolve", rebinding)
    site.put_links("/", *(f"/{index}" for index in range(5)))
    for index in range(5):
        site.put(f"/{index}", "x", headers={"Connection": "close"})
    with closing(socket.socket()) as secret:
        secret.bind(("127.0.0.9", port))
        secret.listen()
        secret.setblocking(False)
        only_this = settings.model_copy(update={"allowed_networks": (ip_network("127.0.0.1/32"),), "attempts": 1})
        start = parse_start_urls([f"http://rebinding.test:{port}/"])
        events = [event async for event in CrawlManager(only_this).crawl(start, Limits())]
        with pytest.raises(BlockingIOError):
            secret.accept()
    assert isinstance(events[-1], CrawlSummary)
    assert events[-1].n_pages >= 1
    assert lookups >= 3
