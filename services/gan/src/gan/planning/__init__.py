"""Resolves a request and plans a piece before its notes: style, structure, chords."""
