"""The blend of whole pieces: weights, interpolation, decoding, fallbacks, and the pipeline that runs them."""
