"""Traps: sites that generate pages without an end, such as calendars; recognized by pages that lead to no music."""

from __future__ import annotations

from collections import OrderedDict

from scraper.content.urls import host_name, url_pattern

FREE_PAGES = 300
"""Pages of one pattern that are read of a host although none leads to a file."""
PAGES_PER_FILE = 30
"""Further pages for each file that a page of the pattern leads to."""
MAX_PATTERNS = 20_000


class PatternBudget:
    """Counts pages and files by the pattern of the addresses, see `scraper.content.urls.url_pattern`."""

    def __init__(self) -> None:
        self._counts: OrderedDict[int, list[int]] = OrderedDict()

    def _entry(self, url: str) -> list[int]:
        key = hash((host_name(url), url_pattern(url)))
        if key not in self._counts:
            self._counts[key] = [0, 0]
            if len(self._counts) > MAX_PATTERNS:
                self._counts.popitem(last=False)
        return self._counts[key]

    def is_spent(self, url: str) -> bool:
        """Return whether no more pages of an address's pattern are read."""
        n_pages, n_files = self._entry(url)
        return n_pages >= FREE_PAGES + PAGES_PER_FILE * n_files

    def count_page(self, url: str) -> None:
        """Count a page that is read."""
        self._entry(url)[0] += 1

    def count_files(self, url: str, n_files: int) -> None:
        """Count files that a page leads to."""
        self._entry(url)[1] += n_files
