"""Loudness of a piece: BS.1770 measurement, prediction from the notes, gain, limiter and mastering."""
