"""Where a crawl begins and where it stops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from servicekit.faults import InvalidInput

from scraper.content.links import normal

MAX_START_URLS = 16

_MOST = {
    "max_pages": 100_000,
    "max_files": 100_000,
    "max_depth": 32,
    "max_duration_s": 86_400.0,
    "max_bytes": 64 * 1024**3,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a crawl stops, as the contract says.

    Raises
    ------
    InvalidInput
        If a limit is not above 0, or above what it may be.
    """

    max_pages: int = 200
    max_files: int = 100
    max_depth: int = 3
    max_duration_s: float = 300.0
    max_bytes: int = 256 * 1024**2
    other_hosts: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            most = _MOST.get(field.name)
            value = getattr(self, field.name)
            if most is not None and not (math.isfinite(value) and 0 < value <= most):
                message = f"{field.name} is {value}; it may be up to {most}."
                raise InvalidInput(message, field=field.name, limit=most)


def start_urls(given: Sequence[str]) -> list[str]:
    """Check the pages that a crawl begins at.

    Returns
    -------
    list of str
        Normal, each once.

    Raises
    ------
    InvalidInput
        If there are none or more than `MAX_START_URLS`, or one is no http or https address without a user name.
    """
    if not 1 <= len(given) <= MAX_START_URLS:
        message = f"{len(given)} start pages are given; one to {MAX_START_URLS} are needed."
        raise InvalidInput(message, field="start_urls", limit=MAX_START_URLS)
    checked = [normal(url) for url in given]
    for index, url in enumerate(checked):
        if url is None:
            message = (
                f"Start page {index + 1} is no address that can be read; one looks like https://example.org/midi/."
            )
            raise InvalidInput(message, field="start_urls", index=index)
    return list(dict.fromkeys(url for url in checked if url is not None))
