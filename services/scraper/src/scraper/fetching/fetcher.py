"""Fetcher: one request to a site, throttled and bounded, and repeated if the site asks for a later attempt."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from scraper.content.urls import is_archive_url, normalize_url
from scraper.fetching.body_reader import FetchFailed, max_body_bytes, read_body
from scraper.fetching.throttle import HostThrottle, retry_after_s
from scraper.settings import Settings

_FIRST_BACKOFF_S = 0.5
_RETRY_STATUSES = frozenset({429, 503})
_CONNECTION_ERRORS = (httpx.HTTPError, httpx.StreamError, httpcore.NetworkError, httpcore.ProtocolError, TimeoutError)
_TIMEOUTS = (httpcore.TimeoutException, httpx.TimeoutException)

ByteCounter = Callable[[int], None]
"""Called with the size of every chunk received, before it is kept; may raise to end the reading."""


@dataclass(frozen=True, slots=True)
class FetchResult:
    """A site's response.

    Attributes
    ----------
    url : str
        The requested address.
    status : int
        HTTP status.
    content_type : str
        The header, with its parameters.
    body : bytes
        Decompressed; empty for redirects, errors, and types that can be neither a page nor MIDI.
    location : str or None
        Target of a redirect; None for other responses, and for redirects to an unusable address.
    retry_after_s : float or None
        Seconds, if the response has a Retry-After.
    """

    url: str
    status: int
    content_type: str
    body: bytes
    location: str | None = None
    retry_after_s: float | None = None


class _RetryableError(Exception):
    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Fetcher:
    """Fetches addresses; each redirect is returned to the caller.

    Parameters
    ----------
    client : httpx.AsyncClient
        From `make_client`.
    settings : Settings
        Attempts, delays and timeouts.
    """

    def __init__(self, client: httpx.AsyncClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    async def fetch(self, url: str, throttle: HostThrottle, count_bytes: ByteCounter) -> FetchResult:
        """Fetch an address when its host's throttle permits.

        Parameters
        ----------
        url : str
            Normalized address.
        throttle : HostThrottle
            Of the address's host.
        count_bytes : callable
            Counts the bytes received.

        Raises
        ------
        FetchFailed
            If it cannot be read: no connection, too slow, too long, invalid compression, or refused repeatedly.
        ForbiddenAddress
            If its host is not public.
        """
        for attempt in range(1, self._settings.attempts + 1):
            await asyncio.sleep(throttle.reserve())
            try:
                return await self._fetch_timed(url, throttle, count_bytes)
            except _RetryableError as error:
                reason = str(error)
                after_s = error.after_s if error.after_s is not None else _backoff_s(attempt)
                if after_s > self._settings.max_delay_s:
                    throttle.pause(self._settings.max_delay_s)
                    break
                throttle.pause(after_s)
        raise FetchFailed(reason)

    async def _fetch_timed(self, url: str, throttle: HostThrottle, count_bytes: ByteCounter) -> FetchResult:
        """Make one attempt, and report its latency to the throttle."""
        started_s = time.monotonic()
        is_success = False
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                result = await self._fetch_once(url, count_bytes)
            is_success = result.status < 400
        except _TIMEOUTS as error:
            raise _RetryableError("too slow") from error
        except _CONNECTION_ERRORS as error:
            raise _RetryableError(type(error).__name__) from error
        except httpcore.UnsupportedProtocol as error:
            raise FetchFailed(str(error)) from error
        finally:
            throttle.record_latency(time.monotonic() - started_s, is_success)
        if result.status in _RETRY_STATUSES:
            raise _RetryableError(f"status {result.status}", result.retry_after_s)
        return result

    async def _fetch_once(self, url: str, count_bytes: ByteCounter) -> FetchResult:
        async with self._client.stream("GET", url) as response:
            content_type = response.headers.get("content-type", "")
            if response.status_code >= 300:
                return _result_without_body(url, content_type, response)
            max_bytes = max_body_bytes(content_type, is_archive_url(url))
            body = b""
            if max_bytes:
                body = await read_body(
                    _count_chunks(response, count_bytes), response.headers.get("content-encoding", ""), max_bytes
                )
            return FetchResult(url, response.status_code, content_type, body)


def make_client(transport: httpx.AsyncBaseTransport, settings: Settings) -> httpx.AsyncClient:
    """Return the client of a `Fetcher`: without cookies, without a proxy, and without following redirects."""
    return httpx.AsyncClient(
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        transport=transport,
        follow_redirects=False,
        trust_env=False,
        timeout=settings.timeout_s,
        headers={"User-Agent": settings.user_agent, "Accept-Encoding": "gzip"},
    )


def _result_without_body(url: str, content_type: str, response: httpx.Response) -> FetchResult:
    location = normalize_url(response.headers.get("location", ""), url) if response.is_redirect else None
    after_s = retry_after_s(response.headers.get("retry-after", ""))
    return FetchResult(url, response.status_code, content_type, b"", location, after_s)


async def _count_chunks(response: httpx.Response, count_bytes: ByteCounter) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_raw():
        count_bytes(len(chunk))
        yield chunk


def _backoff_s(attempt: int) -> float:
    """Return a delay that doubles with each attempt, with jitter so that crawls do not repeat in step."""
    jitter = random.uniform(0.5, 1.0)
    return float(_FIRST_BACKOFF_S * 2 ** (attempt - 1) * jitter)
