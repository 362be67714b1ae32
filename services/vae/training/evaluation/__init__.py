"""Evaluation on held-out works: reconstruction, interpolation and whole blends, each figure beside a baseline."""
