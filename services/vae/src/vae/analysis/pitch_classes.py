"""Arithmetic on pitch classes."""

from __future__ import annotations

from collections.abc import Iterable

MAJOR_SCALE = frozenset((0, 2, 4, 5, 7, 9, 11))
"""Scale degrees in semitones above the tonic."""


def nearest_pitch(pitch: int, pitch_class: int) -> int:
    """Return the pitch of a pitch class that is nearest to a pitch, the higher one of two.

    Examples
    --------
    >>> nearest_pitch(60, 11), nearest_pitch(60, 6)
    (59, 66)
    """
    up = (pitch_class - pitch) % 12
    return pitch + (up if up <= 6 else up - 12)


def semitones_apart(first: int, second: int) -> int:
    """Return the distance between two pitch classes, 0 to 6 semitones.

    Examples
    --------
    >>> semitones_apart(11, 0), semitones_apart(2, 9)
    (1, 5)
    """
    return min((first - second) % 12, (second - first) % 12)


def is_semitone_apart(pitch: int, others: Iterable[int]) -> bool:
    """Return whether a pitch is a semitone from another one in any octave.

    Examples
    --------
    >>> is_semitone_apart(60, [71, 64]), is_semitone_apart(60, [62, 72])
    (True, False)
    """
    return any((pitch - other) % 12 in (1, 11) for other in others)
