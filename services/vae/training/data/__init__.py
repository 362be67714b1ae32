"""Training data: MIDI files cut into two-bar windows, batches of windows, and held-out whole pieces."""
