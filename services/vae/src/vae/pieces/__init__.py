"""Pieces as two-bar windows of events, and measures and edits of such windows."""
