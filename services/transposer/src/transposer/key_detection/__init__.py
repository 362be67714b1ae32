"""Key detection: pitched notes on a beat grid, key features, the trained networks, and keys over time."""
