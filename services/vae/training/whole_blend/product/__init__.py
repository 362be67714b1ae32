"""Blends through the service's own code: failures over many kinds of pieces, and examples to listen to."""
