"""Ranks candidates: rules, learned classifiers, and the check for memorized passages."""
