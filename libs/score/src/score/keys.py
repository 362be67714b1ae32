"""Keys: their names, and the arithmetic between tonics, signatures and transpositions.

A tonic is a pitch class, 0 for C. A key signature is counted in fifths: sharps are positive, flats negative.
"""

from __future__ import annotations

MAJOR_TONIC_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_TONIC_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
"""The usual spelling of each tonic: of two enharmonic keys the one with fewer accidentals."""

SEMITONES_PER_FIFTH = 7
_RELATIVE_MAJOR_SEMITONES = 3


def key_name(tonic: int, *, is_minor: bool) -> str:
    """Return the name of a key.

    Examples
    --------
    >>> key_name(6, is_minor=True), key_name(3, is_minor=False)
    ('F# minor', 'Eb major')
    """
    return f"{MINOR_TONIC_NAMES[tonic]} minor" if is_minor else f"{MAJOR_TONIC_NAMES[tonic]} major"


def relative_major(tonic: int, *, is_minor: bool) -> int:
    """Return the tonic of the major key with the same signature, 0 to 11.

    Examples
    --------
    >>> relative_major(9, is_minor=True)
    0
    """
    return (tonic + _RELATIVE_MAJOR_SEMITONES * is_minor) % 12


def signature_of_key(tonic: int, *, is_minor: bool) -> int:
    """Return the signature of a key in fifths, -5 (five flats) to 6 (six sharps).

    Examples
    --------
    >>> signature_of_key(9, is_minor=False), signature_of_key(0, is_minor=True)
    (3, -3)
    """
    return (relative_major(tonic, is_minor=is_minor) * SEMITONES_PER_FIFTH + 5) % 12 - 5


def tonic_of_signature(fifths: int, *, is_minor: bool) -> int:
    """Return the tonic, 0 to 11, of the major or minor key that has a signature.

    Examples
    --------
    >>> tonic_of_signature(3, is_minor=False), tonic_of_signature(3, is_minor=True)
    (9, 6)
    """
    return (fifths * SEMITONES_PER_FIFTH - _RELATIVE_MAJOR_SEMITONES * is_minor) % 12


def semitones_from_c(tonic: int, *, is_minor: bool) -> int:
    """Return the shortest transposition, -5 to 6 semitones, from C major or A minor to a key.

    Examples
    --------
    >>> semitones_from_c(7, is_minor=False), semitones_from_c(11, is_minor=True)
    (-5, 2)
    """
    return (relative_major(tonic, is_minor=is_minor) + 5) % 12 - 5


def semitones_between_signatures(from_fifths: int, to_fifths: int) -> int:
    """Return the shortest transposition, -6 to 5 semitones, that turns one signature into another.

    Examples
    --------
    >>> semitones_between_signatures(0, 2), semitones_between_signatures(0, 1)
    (2, -5)
    """
    return ((to_fifths - from_fifths) * SEMITONES_PER_FIFTH + 6) % 12 - 6
