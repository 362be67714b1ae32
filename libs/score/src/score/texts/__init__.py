"""Texts in the encodings of old files: one encoding is found for all texts of a file, and every byte survives.

::

    encodings      find an encoding; decode and encode without loss
    plausibility   how probable a decoded text is
    letters        what the scripts of track names consist of
"""

from score.texts.encodings import decode_text, detect_encoding, display_text, encode_text

__all__ = ["decode_text", "detect_encoding", "display_text", "encode_text"]
