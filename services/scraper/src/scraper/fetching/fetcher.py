"""One request to a site: guarded, bounded, paced, and made again where the site asks for patience."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from scraper.content.links import ARCHIVE_SUFFIXES, normal
from scraper.fetching.body_reader import Unreadable, limit_bytes, read_body
from scraper.fetching.throttle import Pace, retry_after_s
from scraper.settings import Settings

_FIRST_BACKOFF_S = 0.5
_PATIENCE = frozenset({429, 503})
_ON_THE_WAY = (httpx.HTTPError, httpx.StreamError, httpcore.NetworkError, httpcore.ProtocolError, TimeoutError)
_SLOW = (httpcore.TimeoutException, httpx.TimeoutException)

Spend = Callable[[int], None]
"""Told of every byte received, before it is kept; may raise to end the reading."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a site answered."""

    url: str
    status: int
    content_type: str
    body: bytes
    """Empty for redirects, errors and what can be neither a page nor MIDI."""
    location: str | None = None
    """Where a redirect leads; None for other answers, and for redirects that lead nowhere one may go."""
    retry_after_s: float | None = None


class _Again(Exception):
    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Fetcher:
    """Reads addresses, one redirect at a time.

    Parameters
    ----------
    client : httpx.AsyncClient
        With a guarded transport, and without redirects of its own.
    settings : Settings
        Attempts, delays and timeouts.
    """

    def __init__(self, client: httpx.AsyncClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    async def fetch(self, url: str, pace: Pace, spend: Spend) -> Fetched:
        """Read an address when its host's turn comes.

        Raises
        ------
        Unreadable
            If it cannot be read: no connection, too slow, too long, badly packed, or refused again and again.
        AddressRefused
            If its host is not a public one.
        """
        for attempt in range(1, self._settings.attempts + 1):
            await asyncio.sleep(pace.reserve())
            try:
                return await self._timed(url, pace, spend)
            except _Again as again:
                reason = str(again)
                after_s = again.after_s if again.after_s is not None else _backoff_s(attempt)
                if after_s > self._settings.max_delay_s:
                    pace.pause(self._settings.max_delay_s)
                    break
                pace.pause(after_s)
        raise Unreadable(reason)

    async def _timed(self, url: str, pace: Pace, spend: Spend) -> Fetched:
        started_s = time.monotonic()
        succeeded = False
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                fetched = await self._once(url, spend)
            succeeded = fetched.status < 400
        except _SLOW as error:
            raise _Again("too slow") from error
        except _ON_THE_WAY as error:
            raise _Again(type(error).__name__) from error
        except httpcore.UnsupportedProtocol as error:
            raise Unreadable(str(error)) from error
        finally:
            pace.observe(time.monotonic() - started_s, succeeded)
        if fetched.status in _PATIENCE:
            raise _Again(f"status {fetched.status}", fetched.retry_after_s)
        return fetched

    async def _once(self, url: str, spend: Spend) -> Fetched:
        async with self._client.stream("GET", url) as response:
            kind = response.headers.get("content-type", "")
            if response.status_code >= 300:
                return _without_body(url, kind, response)
            path = httpx.URL(url).path.lower()
            most_bytes = limit_bytes(kind, path.endswith(ARCHIVE_SUFFIXES))
            body = b""
            if most_bytes:
                body = await read_body(
                    _metered(response, spend), response.headers.get("content-encoding", ""), most_bytes
                )
            return Fetched(url, response.status_code, kind, body)


def make_client(transport: httpx.AsyncBaseTransport, settings: Settings) -> httpx.AsyncClient:
    """Make the client of a `Fetcher`: it keeps no cookies, takes no proxy, and follows no redirect by itself."""
    return httpx.AsyncClient(
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        transport=transport,
        follow_redirects=False,
        trust_env=False,
        timeout=settings.timeout_s,
        headers={"User-Agent": settings.user_agent, "Accept-Encoding": "gzip"},
    )


def _without_body(url: str, kind: str, response: httpx.Response) -> Fetched:
    location = normal(response.headers.get("location", ""), url) if response.is_redirect else None
    after_s = retry_after_s(response.headers.get("retry-after", ""))
    return Fetched(url, response.status_code, kind, b"", location, after_s)


async def _metered(response: httpx.Response, spend: Spend) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_raw():
        spend(len(chunk))
        yield chunk


def _backoff_s(attempt: int) -> float:
    """Wait twice as long each time, with jitter so that crawls do not come back together."""
    jitter = random.uniform(0.5, 1.0)
    return float(_FIRST_BACKOFF_S * 2 ** (attempt - 1) * jitter)
