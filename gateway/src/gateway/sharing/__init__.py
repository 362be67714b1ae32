"""Shared pieces: links that anyone can open, the light page behind them, and its pictures."""
