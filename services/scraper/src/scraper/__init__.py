"""Crawling service: collects MIDI files from web sites and obeys their rules for robots."""
