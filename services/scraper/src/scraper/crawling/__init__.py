"""A crawl: its limits, frontier, deduplication, events, and the crawls that run at once."""
