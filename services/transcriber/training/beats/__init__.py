"""Training of the beat tracker of `score.rhythm`."""
