"""Rhythm analysis: tempo estimation, beat tracking, and meter with downbeats."""
