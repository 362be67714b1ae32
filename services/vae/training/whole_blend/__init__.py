"""Evaluation of blends as whole pieces, on held-out pairs: Segue, the phrase blend and simple baselines."""
