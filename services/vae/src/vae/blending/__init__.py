"""The blend of whole pieces: weights, interpolation, decoding and fallbacks."""
