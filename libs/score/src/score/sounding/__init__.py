"""What is heard of a score: the notes that a synthesizer plays, as it plays them.

A file's notes are keys. What sounds also depends on its controllers: the sustain pedal lengthens notes, a bend of a
semitone or more is another pitch, a track with volume 0 is silent, and a key that is struck while it sounds is struck
again. `sounding` gives that music as a score without those controllers. The analysis of a piece reads it; playback and
files use the score as it came.
"""

from score.sounding.restrike import end_restruck, restruck_ends
from score.sounding.view import keyed, sounding

__all__ = ["end_restruck", "keyed", "restruck_ends", "sounding"]
