"""What each General MIDI instrument can play, in sounding MIDI pitches.

Orchestral instruments by the professional ranges of Adler, *The Study of Orchestration* (4th ed., 2016); keyboards,
guitars and folk instruments by their usual compass (88 keys, a manual of five octaves, six strings up to the 20th
fret or so). Ensembles have the range of their lowest and highest member. Synthesisers and effects play any pitch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Range(NamedTuple):
    """The lowest and the highest pitch."""

    low: int
    high: int


MIDI = Range(0, 127)

_PIANO = Range(21, 108)
_BY_PROGRAM: dict[int, Range] = {
    **dict.fromkeys((*range(6),), _PIANO),
    6: Range(29, 89),  # harpsichord
    7: Range(29, 88),  # clavinet
    8: Range(60, 108),  # celesta
    9: Range(79, 108),  # glockenspiel
    10: Range(48, 108),  # music box
    11: Range(53, 89),  # vibraphone
    12: Range(36, 96),  # marimba of five octaves
    13: Range(65, 108),  # xylophone
    14: Range(60, 77),  # tubular bells
    15: Range(48, 88),  # dulcimer
    **dict.fromkeys((16, 17, 18), Range(24, 108)),  # electric organs, with their drawbars
    19: Range(12, 120),  # church organ, 32' to 2'
    20: Range(29, 89),  # reed organ
    21: Range(41, 96),  # accordion
    22: Range(48, 98),  # harmonica, all sizes
    23: Range(36, 96),  # bandoneon
    **dict.fromkeys((24, 25, 26, 27, 28, 29, 30), Range(38, 88)),  # guitars, with a lowered sixth string
    31: Range(40, 100),  # guitar harmonics
    **dict.fromkeys((32, 33, 34, 35, 36, 37), Range(23, 67)),  # bass guitars of four and five strings
    40: Range(55, 103),  # violin
    41: Range(48, 91),  # viola
    42: Range(36, 81),  # violoncello
    43: Range(24, 67),  # contrabass with its extension
    **dict.fromkeys((44, 45, 48, 49), Range(24, 103)),  # strings together
    46: Range(23, 103),  # harp
    47: Range(36, 57),  # timpani
    **dict.fromkeys((52, 53), Range(36, 84)),  # choir
    56: Range(52, 86),  # trumpet
    57: Range(34, 77),  # trombone
    58: Range(26, 65),  # tuba
    59: Range(52, 86),  # muted trumpet
    60: Range(34, 77),  # horn
    61: Range(26, 86),  # brass together
    64: Range(56, 88),  # soprano saxophone
    65: Range(49, 81),  # alto
    66: Range(44, 76),  # tenor
    67: Range(36, 69),  # baritone
    68: Range(58, 93),  # oboe
    69: Range(52, 81),  # English horn
    70: Range(34, 76),  # bassoon
    71: Range(50, 94),  # clarinet
    72: Range(74, 108),  # piccolo
    73: Range(59, 98),  # flute, with its B
    74: Range(53, 98),  # recorders, alto to sopranino
    75: Range(55, 96),  # pan flute
    76: Range(48, 84),  # bottles
    77: Range(50, 91),  # shakuhachi
    78: Range(60, 108),  # tin whistle and whistling
    79: Range(57, 89),  # ocarina
    104: Range(36, 84),  # sitar
    105: Range(48, 88),  # banjo
    106: Range(45, 84),  # shamisen
    107: Range(43, 91),  # koto
    108: Range(48, 88),  # kalimba
    109: Range(55, 81),  # bagpipe
    110: Range(55, 103),  # fiddle
    111: Range(53, 84),  # shanai
}


def of_program(program: int) -> Range:
    """Say what a General MIDI program, 0 to 127, can play."""
    return _BY_PROGRAM.get(program, MIDI)


def strays(pitches: NDArray[np.int64], semitones: int, limits: Range) -> NDArray[np.bool_]:
    """Tell which notes a move takes out of a range.

    Parameters
    ----------
    pitches : ndarray, shape (n,), int64
        MIDI pitches before the move.
    semitones : int
        The move.
    limits : Range
        The range. A note that lies outside before may only not leave MIDI's.

    Returns
    -------
    ndarray, shape (n,), bool
    """
    moved = pitches + semitones
    was_within = (pitches >= limits.low) & (pitches <= limits.high)
    leaves = was_within & ((moved < limits.low) | (moved > limits.high))
    return np.asarray(leaves | (moved < MIDI.low) | (moved > MIDI.high))


def folded(pitch: int, limits: Range) -> int:
    """Bring a pitch into a range by octaves; one of less than an octave may have no room, and MIDI's range must do."""
    if pitch < limits.low:
        pitch += 12 * -((pitch - limits.low) // 12)
    elif pitch > limits.high:
        pitch -= 12 * -((limits.high - pitch) // 12)
    return pitch
