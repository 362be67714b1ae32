"""Limits of log-ins: windows in the database, which all gateways share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.accounts.limit_storage import LimitStorage
from gateway.accounts.log_in_limits import LogInLimits, network_of
from gateway.storage import database
from gateway.storage.queries import QueryRunner
from limits import parse
from limits.aio.strategies import FixedWindowRateLimiter
from servicekit.faults import TooManyAttempts

NOW_S = 1_900_000_000.0


@pytest.fixture
def storages(tmp_path: Path) -> Iterator[list[LimitStorage]]:
    """Two gateways' storages over one database."""
    engines = [database.connect(f"sqlite:///{tmp_path / 'limits.sqlite'}") for _ in range(2)]
    runners = [QueryRunner(engine) for engine in engines]
    yield [LimitStorage(runner) for runner in runners]
    for runner, engine in zip(runners, engines, strict=True):
        runner.close()
        engine.dispose()


async def test_gateways_count_together(storages: list[LimitStorage]) -> None:
    item = parse("3 per hour")
    hits = [await FixedWindowRateLimiter(storages[n % 2]).hit(item, "one") for n in range(4)]
    assert hits == [True, True, True, False]
    assert await FixedWindowRateLimiter(storages[0]).hit(item, "other")


async def test_a_window_ends_when_it_says(storages: list[LimitStorage], monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = NOW_S
    monkeypatch.setattr(time, "time", lambda: now_s)
    limiter, item = FixedWindowRateLimiter(storages[0]), parse("2 per minute")
    assert [await limiter.hit(item) for _ in range(3)] == [True, True, False]
    stats = await limiter.get_window_stats(item)
    assert stats.remaining == 0
    assert NOW_S < stats.reset_time <= NOW_S + 60
    now_s = stats.reset_time - 0.001
    assert not await limiter.test(item)
    now_s = stats.reset_time
    assert await limiter.hit(item)
    await storages[0].sweep(now_s)
    assert await storages[0].reset() == 1


async def test_clearing_forgets_one_key(storages: list[LimitStorage]) -> None:
    limiter, item = FixedWindowRateLimiter(storages[0]), parse("1 per hour")
    for key in ("one", "other"):
        await limiter.hit(item, key)
    await limiter.clear(item, "one")
    assert await limiter.test(item, "one")
    assert not await limiter.test(item, "other")
    assert await storages[0].check()


async def test_a_right_password_forgives_the_wrong_ones_of_that_name_only(storages: list[LimitStorage]) -> None:
    limits = LogInLimits(storages[0])
    for name in ("ada", "eve"):
        for _ in range(10):
            await limits.count_try(name, "192.0.2.1")
    await limits.forgive("ada", "192.0.2.1")
    await limits.count_try("ada", "192.0.2.1")
    with pytest.raises(TooManyAttempts, match="too many tries"):
        await limits.count_try("eve", "192.0.2.1")


async def test_many_addresses_share_the_limit_of_a_name(storages: list[LimitStorage]) -> None:
    limits = LogInLimits(storages[0])
    for n in range(400):
        await limits.count_try("ada", f"192.0.2.{n % 200}")
    with pytest.raises(TooManyAttempts, match="too many tries"):
        await limits.count_try("ada", "198.51.100.1")
    await limits.count_address("198.51.100.1")


async def test_an_address_guesses_no_more_names_than_its_limit(storages: list[LimitStorage]) -> None:
    limits = LogInLimits(storages[0])
    for n in range(200):
        await limits.count_try(f"name {n}", "192.0.2.1")
    with pytest.raises(TooManyAttempts) as caught:
        await limits.count_try("another", "192.0.2.1")
    assert 0 < caught.value.retry_after_s <= 300


async def test_registrations_of_an_address_are_limited(storages: list[LimitStorage]) -> None:
    limits = LogInLimits(storages[0])
    for _ in range(100):
        await limits.count_registration("192.0.2.1")
    with pytest.raises(TooManyAttempts, match="too many tries"):
        await limits.count_registration("192.0.2.1")
    await limits.count_registration("192.0.2.2")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network
