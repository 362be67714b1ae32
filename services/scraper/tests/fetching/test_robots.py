"""Rules of robots.txt files."""

from __future__ import annotations

from scraper.fetching.robots import parse_robots

OURS = "SegueScraper/0.1 (collects MIDI files; obeys robots.txt)"


def test_rules_for_all_and_for_us() -> None:
    rules = parse_robots("User-agent: *\nDisallow: /\n\nUser-agent: SegueScraper\nDisallow: /private\n", OURS)
    assert rules.is_allowed("http://a.test/music/")
    assert not rules.is_allowed("http://a.test/private/x.mid")


def test_crawl_delay_and_sitemaps() -> None:
    rules = parse_robots("User-agent: *\nCrawl-delay: 2.5\nSitemap: http://a.test/s.xml\n", OURS)
    assert (rules.delay_s, rules.sitemaps) == (2.5, ("http://a.test/s.xml",))


def test_patterns_and_the_longest_match() -> None:
    rules = parse_robots("User-agent: *\nDisallow: /*.mid$\nAllow: /free/\nDisallow: /free\n", OURS)
    assert not rules.is_allowed("http://a.test/x/y.mid")
    assert rules.is_allowed("http://a.test/x/y.mid?z")
    assert rules.is_allowed("http://a.test/free/song")


def test_an_empty_or_garbled_file_forbids_nothing() -> None:
    for text in ("", "<html>Not found</html>", "\x00\ufffd"):
        assert parse_robots(text, OURS).is_allowed("http://a.test/x")
