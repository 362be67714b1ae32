"""Transposition: notes, key signatures and chord names, within instrument ranges."""
