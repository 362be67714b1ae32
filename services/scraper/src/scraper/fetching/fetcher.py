"""Fetcher: one request to a site, bounded in time and bytes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from scraper.content.urls import is_archive_url, is_midi_or_archive_url, normalize_url, target
from scraper.fetching.address_policy import AddressPolicy
from scraper.fetching.body_reader import FetchFailed, max_body_bytes, read_body
from scraper.fetching.throttle import HostThrottle, retry_after_s
from scraper.fetching.transport import make_client
from scraper.settings import Settings

_FIRST_BACKOFF_S = 0.5
_RETRY_STATUSES = frozenset({429, 503})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

ByteCounter = Callable[[int], None]
"""Called with the size of every chunk received, before it is stored; may raise to end the reading."""


@dataclass(frozen=True, slots=True)
class FetchResult:
    """A site's response.

    Attributes
    ----------
    url : str
        The requested address.
    status : int
        HTTP status.
    headers : dict of str to str
        Names in lower case.
    body : bytes
        Decompressed; empty for redirects, errors, and types that can be neither a page nor MIDI.
    location : str or None
        Target of a redirect; None for other responses, and for redirects to an unusable address.
    reason : str
        The phrase after the status.
    """

    url: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    location: str | None = None
    reason: str = ""

    @property
    def content_type(self) -> str:
        """The header in lower case, with its parameters."""
        return self.headers.get("content-type", "").strip().lower()

    @property
    def is_redirect(self) -> bool:
        """Whether the response leads elsewhere."""
        return self.status in _REDIRECTS


class TemporaryFailure(FetchFailed):
    """A later attempt may succeed.

    Parameters
    ----------
    reason : str
        For the log.
    after_s : float, optional
        Seconds that the site asks to wait.
    """

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Fetcher:
    """Fetches addresses; each redirect is returned to the caller.

    Parameters
    ----------
    policy : AddressPolicy
        Decides on every connection.
    settings : Settings
        Timeouts and the user agent.
    """

    def __init__(self, policy: AddressPolicy, settings: Settings) -> None:
        self._settings = settings
        self._client = make_client(policy)
        self._timeouts = dict.fromkeys(("connect", "read", "write", "pool"), settings.timeout_s)
        self._headers = [
            (b"User-Agent", settings.identity.encode("latin-1", "replace")),
            (b"Accept", b"text/html,application/xhtml+xml,audio/midi,*/*;q=0.5"),
            (b"Accept-Encoding", b"gzip, deflate"),
        ]

    async def fetch(
        self,
        url: str,
        throttle: HostThrottle,
        count_bytes: ByteCounter,
        conditions: Mapping[str, str] | None = None,
        max_bytes: int = 0,
    ) -> FetchResult:
        """Make one attempt at an address, and report its latency to the host's throttle.

        Parameters
        ----------
        url : str
            Normalized address.
        throttle : HostThrottle
            Of the address's host.
        count_bytes : callable
            Counts the bytes received.
        conditions : mapping, optional
            ``If-None-Match`` and ``If-Modified-Since``.
        max_bytes : int
            Maximum size of the body whatever its type; 0 to decide by the type.

        Raises
        ------
        TemporaryFailure
            If a later attempt may succeed.
        FetchFailed
            If it cannot be read: no connection, too slow, too long, or invalid compression.
        ForbiddenAddress
            If its host is not public.
        """
        started_s = time.monotonic()
        is_reported = False
        try:
            async with asyncio.timeout(self._settings.timeout_s), self._open(url, conditions or {}) as response:
                is_success = response.status_code < 400
                throttle.record_latency(time.monotonic() - started_s, is_success)
                is_reported = True
                return await self._read(url, response, count_bytes, max_bytes)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise TemporaryFailure("too slow") from error
        except (httpx.TransportError, OSError) as error:
            raise TemporaryFailure(str(error) or type(error).__name__) from error
        except (httpx.InvalidURL, ValueError) as error:
            raise FetchFailed(str(error)) from error
        finally:
            if not is_reported:
                throttle.record_latency(time.monotonic() - started_s, False)

    @asynccontextmanager
    async def _open(self, url: str, conditions: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """Send a request; its target is that of the address as it is, which httpx would quote once more."""
        headers = [
            *self._headers,
            *((name.encode(), value.encode("latin-1", "replace")) for name, value in conditions.items()),
        ]
        extensions = {"timeout": self._timeouts, "target": target(url).encode("ascii", "replace")}
        response = await self._client.send(
            httpx.Request("GET", url, headers=headers, extensions=extensions), stream=True
        )
        try:
            yield response
        finally:
            await response.aclose()

    async def _read(self, url: str, response: httpx.Response, count_bytes: ByteCounter, max_bytes: int) -> FetchResult:
        headers, status, reason = _joined(response.headers.raw), response.status_code, response.reason_phrase
        if status in _RETRY_STATUSES:
            raise TemporaryFailure(f"status {status}", retry_after_s(headers.get("retry-after", "")))
        chunks = _counted(response.aiter_raw(), count_bytes)
        if status >= 300:
            await _drain(chunks)
            location = normalize_url(headers.get("location", ""), url) if "location" in headers else None
            return FetchResult(url, status, headers, b"", location, reason)
        max_bytes = max_bytes or max_body_bytes(
            headers.get("content-type", ""), is_archive_url(url), is_midi_or_archive_url(url)
        )
        body = await read_body(chunks, headers.get("content-encoding", ""), max_bytes) if max_bytes else b""
        return FetchResult(url, status, headers, body, None, reason)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()


async def _drain(chunks: AsyncIterator[bytes], max_bytes: int = 16 * 1024) -> None:
    """Read a body that is of no interest, so that its connection serves another request; a long one is left."""
    n_bytes = 0
    async for chunk in chunks:
        n_bytes += len(chunk)
        if n_bytes > max_bytes:
            return


def _joined(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip()
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


async def _counted(chunks: AsyncIterator[bytes], count_bytes: ByteCounter) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        count_bytes(len(chunk))
        yield chunk


def backoff_s(attempt: int) -> float:
    """Return a delay that doubles with each attempt, with jitter so that crawls do not repeat in step."""
    jitter = random.uniform(0.5, 1.0)
    return float(_FIRST_BACKOFF_S * 2 ** (attempt - 1) * jitter)
