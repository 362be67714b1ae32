"""Accounts in a browser."""
