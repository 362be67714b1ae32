"""The end of a blend: a cadence to the tonic in the chords, the lead and the bass."""

from __future__ import annotations

from score.arrays import I64

from vae.analysis.bar_notes import Bars
from vae.analysis.chord_recognition import MAJOR, MINOR
from vae.analysis.pitch_classes import nearest_pitch

_FIFTH = 7
_CADENTIAL_DEGREES = frozenset((5, 7, 11, 2))
"""Roots, in semitones above the tonic, of chords that may precede a final tonic: IV, V, VII and II."""

_MAX_FINAL_LEAP = 7
_SHORT_LEAP = 3


def add_cadence(chords: I64, tonic: int, *, is_minor: bool) -> I64:
    """Return chords that end on the tonic, after a dominant or another cadential chord.

    Parameters
    ----------
    chords : ndarray, shape (2 * n_bars,), int64
        The chord of each half bar.
    tonic : int
        Pitch class, 0 to 11.
    is_minor : bool
        Whether the final chord is minor.
    """
    ended = chords.copy()
    dominant = (tonic + _FIFTH) % 12 + 12 * MAJOR
    if ended[-1] % 12 != tonic:
        ended[-1] = tonic + 12 * (MINOR if is_minor else MAJOR)
    first_tonic = len(ended) - 1
    while first_tonic > 0 and ended[first_tonic - 1] % 12 == tonic:
        first_tonic -= 1
    is_short = first_tonic > len(ended) - 4
    if is_short and first_tonic > 0 and (ended[first_tonic - 1] - tonic) % 12 not in _CADENTIAL_DEGREES:
        ended[first_tonic - 1] = dominant
    if not is_short and len(ended) >= 4:
        ended[-3] = dominant
    return ended


def end_on_tonic(bars: Bars, tonic: int, steps_per_bar: int, *, is_lead: bool) -> Bars:
    """Return a line whose last note is the tonic and sounds to the end of its bar.

    Parameters
    ----------
    bars : list of Bar
    tonic : int
        Pitch class, 0 to 11.
    steps_per_bar : int
    is_lead : bool
        Whether a leap of more than a fifth to the last note is replaced by a third.
    """
    ended = [list(bar) for bar in bars]
    positions = [(bar, index) for bar, notes in enumerate(ended) for index in range(len(notes))]
    if not positions:
        return bars
    bar, index = positions[-1]
    last = ended[bar][index]
    pitch = nearest_pitch(last.pitch, tonic)
    ended[bar][index] = last._replace(pitch=pitch, duration=max(last.duration, steps_per_bar - last.onset))
    if is_lead and len(positions) > 1:
        bar, index = positions[-2]
        penultimate = ended[bar][index]
        if abs(penultimate.pitch - pitch) > _MAX_FINAL_LEAP:
            near = pitch + (_SHORT_LEAP if penultimate.pitch > pitch else -_SHORT_LEAP)
            ended[bar][index] = penultimate._replace(pitch=nearest_pitch(near, penultimate.pitch % 12))
    return [tuple(notes) for notes in ended]
