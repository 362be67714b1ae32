"""Pitch ranges of the General MIDI instruments, in sounding MIDI pitches.

Orchestral instruments follow the professional ranges of Adler, *The Study of Orchestration* (4th ed., 2016). Keyboards,
guitars and folk instruments have their usual range (88 keys, a manual of five octaves, six strings up to about the 20th
fret). Ensembles have the range of their lowest and highest members. Synthesizers and effects play any pitch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from score.arrays import I64, Bool


class PitchRange(NamedTuple):
    """The lowest and the highest MIDI pitch."""

    low: int
    high: int


MIDI_RANGE = PitchRange(0, 127)

_PIANO = PitchRange(21, 108)
_BY_PROGRAM: dict[int, PitchRange] = {
    **dict.fromkeys((*range(6),), _PIANO),
    6: PitchRange(29, 89),  # harpsichord
    7: PitchRange(29, 88),  # clavinet
    8: PitchRange(60, 108),  # celesta
    9: PitchRange(79, 108),  # glockenspiel
    10: PitchRange(48, 108),  # music box
    11: PitchRange(53, 89),  # vibraphone
    12: PitchRange(36, 96),  # marimba of five octaves
    13: PitchRange(65, 108),  # xylophone
    14: PitchRange(60, 77),  # tubular bells
    15: PitchRange(48, 88),  # dulcimer
    **dict.fromkeys((16, 17, 18), PitchRange(24, 108)),  # electric organs, including their drawbars
    19: PitchRange(12, 120),  # church organ, 32' to 2'
    20: PitchRange(29, 89),  # reed organ
    21: PitchRange(41, 96),  # accordion
    22: PitchRange(48, 98),  # harmonica, all sizes
    23: PitchRange(36, 96),  # bandoneon
    **dict.fromkeys((24, 25, 26, 27, 28, 29, 30), PitchRange(38, 88)),  # guitars, with the sixth string tuned down
    31: PitchRange(40, 100),  # guitar harmonics
    **dict.fromkeys((32, 33, 34, 35, 36, 37), PitchRange(23, 67)),  # bass guitars of four and five strings
    40: PitchRange(55, 103),  # violin
    41: PitchRange(48, 91),  # viola
    42: PitchRange(36, 81),  # violoncello
    43: PitchRange(24, 67),  # contrabass with extension
    **dict.fromkeys((44, 45, 48, 49), PitchRange(24, 103)),  # string ensembles
    46: PitchRange(23, 103),  # harp
    47: PitchRange(36, 57),  # timpani
    **dict.fromkeys((52, 53), PitchRange(36, 84)),  # choir
    56: PitchRange(52, 86),  # trumpet
    57: PitchRange(34, 77),  # trombone
    58: PitchRange(26, 65),  # tuba
    59: PitchRange(52, 86),  # muted trumpet
    60: PitchRange(34, 77),  # horn
    61: PitchRange(26, 86),  # brass ensembles
    64: PitchRange(56, 88),  # soprano saxophone
    65: PitchRange(49, 81),  # alto
    66: PitchRange(44, 76),  # tenor
    67: PitchRange(36, 69),  # baritone
    68: PitchRange(58, 93),  # oboe
    69: PitchRange(52, 81),  # English horn
    70: PitchRange(34, 76),  # bassoon
    71: PitchRange(50, 94),  # clarinet
    72: PitchRange(74, 108),  # piccolo
    73: PitchRange(59, 98),  # flute with B foot
    74: PitchRange(53, 98),  # recorders, alto to sopranino
    75: PitchRange(55, 96),  # pan flute
    76: PitchRange(48, 84),  # bottles
    77: PitchRange(50, 91),  # shakuhachi
    78: PitchRange(60, 108),  # tin whistle and whistling
    79: PitchRange(57, 89),  # ocarina
    104: PitchRange(36, 84),  # sitar
    105: PitchRange(48, 88),  # banjo
    106: PitchRange(45, 84),  # shamisen
    107: PitchRange(43, 91),  # koto
    108: PitchRange(48, 88),  # kalimba
    109: PitchRange(55, 81),  # bagpipe
    110: PitchRange(55, 103),  # fiddle
    111: PitchRange(53, 84),  # shanai
}


def range_of_program(program: int) -> PitchRange:
    """Return the range of a General MIDI program, 0 to 127."""
    return _BY_PROGRAM.get(program, MIDI_RANGE)


def is_out_of_range(pitches: I64, semitones: int, limits: PitchRange) -> Bool:
    """Return which notes leave a range when they are transposed.

    Parameters
    ----------
    pitches : ndarray, shape (n,), int64
        MIDI pitches before the transposition.
    semitones : int
        The interval.
    limits : PitchRange
        A note that is outside of it before must only stay within MIDI's range.

    Returns
    -------
    ndarray, shape (n,), bool
    """
    transposed = pitches + semitones
    was_within = (pitches >= limits.low) & (pitches <= limits.high)
    leaves = was_within & ((transposed < limits.low) | (transposed > limits.high))
    return np.asarray(leaves | (transposed < MIDI_RANGE.low) | (transposed > MIDI_RANGE.high))


def fold_into_range(pitch: int, limits: PitchRange) -> int:
    """Shift a pitch by octaves into a range of at least an octave."""
    if pitch < limits.low:
        pitch += 12 * -((pitch - limits.low) // 12)
    elif pitch > limits.high:
        pitch -= 12 * -((limits.high - pitch) // 12)
    return pitch
