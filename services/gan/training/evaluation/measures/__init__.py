"""Measures of generated music against held-out music, one module each."""
