"""Facts of a response that its headers state: which links may be followed, licences, validators, and its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scraper.content import midi_files
from scraper.content.licence_names import from_url
from scraper.content.licences import Evidence
from scraper.content.links import Link, Page, iter_headers_links
from scraper.crawling.frontier import Entry
from scraper.fetching.body_reader import MAX_PAGE_BYTES
from scraper.fetching.fetcher import FetchResult


def followed_links(page: Page, result: FetchResult) -> Sequence[Link]:
    """Return the links that a robot may follow, as far as the response's headers say."""
    words = [word.strip() for word in result.headers.get("x-robots-tag", "").lower().replace(":", ",").split(",")]
    return () if {"nofollow", "none"} & set(words) else page.links


def header_evidence(result: FetchResult) -> list[Evidence]:
    """Return the licences that a ``Link`` header states."""
    links = iter_headers_links(result.headers.get("link", ""), result.url)
    return [Evidence("header", from_url(url), url[:300]) for url, relation in links if relation == "license"]


def validators(result: FetchResult) -> dict[str, str]:
    """Return the headers of a later conditional request."""
    pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
    return {name: result.headers[header][:500] for name, header in pairs if header in result.headers}


def is_page(result: FetchResult, entry: Entry) -> bool:
    """Return whether a response is a page: by its type, by its first bytes, or because a list was given as a start."""
    kind = result.content_type
    start = result.body[:512].lstrip().lower()
    if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    is_markup = start.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml", b"<frameset", b"<title"))
    return "html" in kind or "xml" in kind or is_markup or (kind.startswith("text/plain") and entry.depth == 0)


def unpacked(result: FetchResult) -> FetchResult:
    """Return the response with a packed sitemap or list unpacked; packed music stays as it is."""
    if not result.body.startswith(b"\x1f\x8b"):
        return result
    content = midi_files.gunzip(result.body, MAX_PAGE_BYTES)
    return result if midi_files.is_midi(content[:12]) or not content else replace(result, body=content)
