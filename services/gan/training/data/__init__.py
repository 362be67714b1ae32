"""Training data: MIDI files to arrays of two-bar windows, and batches of them."""
