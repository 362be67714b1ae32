"""Collects MIDI files from a site, politely."""
