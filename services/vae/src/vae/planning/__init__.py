"""Decisions before any note is written: the form, the bars of both parents that meet, the source of each ingredient."""
