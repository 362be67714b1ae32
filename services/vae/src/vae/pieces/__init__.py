"""Pieces as two-bar windows of events: their sections and note timing, and measures and edits of windows."""
