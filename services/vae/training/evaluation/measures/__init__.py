"""Measures of token sequences and note tables: n-gram cost, diversity, consistency."""
