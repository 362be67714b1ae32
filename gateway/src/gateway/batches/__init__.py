"""Batches: several jobs requested at once, which wait their turn behind single jobs."""
