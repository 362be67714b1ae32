"""Finds a piece's key and moves it to another."""
