"""Measures of a whole piece on the grid: repetition, recognition of its parents, consonance, coverage."""
