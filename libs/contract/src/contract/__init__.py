"""Conversions between the messages that all contracts share and plain Python values."""
