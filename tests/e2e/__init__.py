"""Tests of the running product in a real browser."""
