"""Limits of log-ins: how often somebody may try a password, or register, before waiting.

An attacker must not guess passwords, and must not lock out the owner of a name either. So most tries are counted for a
name and an address together: whoever tries from another address is not concerned. The limit of a name alone is far
higher, and passkeys and OpenID Connect are not subject to it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import time

from limits import RateLimitItem, parse_many
from limits.aio.strategies import FixedWindowRateLimiter
from servicekit.faults import TooManyAttempts

from gateway.accounts.limit_storage import LimitStorage

_PER_NAME_AND_ADDRESS = parse_many("10 per 5 minutes; 40 per hour")
_PER_NAME = parse_many("400 per hour")
_PER_ADDRESS = parse_many("200 per 5 minutes; 1000 per hour")
_REGISTRATIONS_PER_ADDRESS = parse_many("100 per hour")
_IPV6_NETWORK_BITS = 64
"""One customer has at least this network, and as many addresses of it as he likes."""


class LogInLimits:
    """Counts tries, and refuses those beyond the limits. Nothing depends on whether a name exists.

    Parameters
    ----------
    storage : LimitStorage
        The counts, which all gateways share.
    """

    def __init__(self, storage: LimitStorage) -> None:
        self._limiter = FixedWindowRateLimiter(storage)

    async def count_try(self, key: str, address: str) -> None:
        """Count a try to log in.

        Parameters
        ----------
        key : str
            Whom the password belongs to: a name in its compared form, or the id of an account.
        address : str
            Where the try comes from.

        Raises
        ------
        TooManyAttempts
            If there were too many; the password must not be looked at.
        """
        await self._count(_PER_ADDRESS, "log-in", network_of(address))
        await self._count(_PER_NAME_AND_ADDRESS, "log-in", _digest(key), network_of(address))
        await self._count(_PER_NAME, "log-in", _digest(key))

    async def forgive(self, key: str, address: str) -> None:
        """Forget the tries of somebody who has entered the right password.

        Parameters
        ----------
        key, address : str
            As for `count_try`.
        """
        for item in _PER_NAME_AND_ADDRESS:
            await self._limiter.clear(item, "log-in", _digest(key), network_of(address))

    async def count_address(self, address: str) -> None:
        """Count a try that names no account, such as one with a passkey; raises `TooManyAttempts` beyond the limit."""
        await self._count(_PER_ADDRESS, "log-in", network_of(address))

    async def count_registration(self, address: str) -> None:
        """Count a registration; raises `TooManyAttempts` if there were too many from this address."""
        await self._count(_REGISTRATIONS_PER_ADDRESS, "registration", network_of(address))

    async def _count(self, items: list[RateLimitItem], *identifiers: str) -> None:
        for item in items:
            if not await self._limiter.hit(item, *identifiers):
                stats = await self._limiter.get_window_stats(item, *identifiers)
                raise TooManyAttempts(
                    "There were too many tries. Wait for some minutes, or log in another way.",
                    retry_after_s=max(1.0, stats.reset_time - time.time()),
                )


def network_of(address: str) -> str:
    """Return what tries from an address are counted for: the address, or the network of an IPv6 address.

    Examples
    --------
    >>> network_of("2001:db8::7:1"), network_of("192.0.2.7")
    ('2001:db8::/64', '192.0.2.7')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_NETWORK_BITS), strict=False))


def _digest(key: str) -> str:
    """Return a key of bounded length that does not show the name."""
    return hashlib.sha256(key.encode()).hexdigest()
