"""Musical keys as people write them: "F# minor", "Eb major"."""

from __future__ import annotations

import re

from segue.common.v1.common_pb2 import MODE_MAJOR, MODE_MINOR, Key
from servicekit.faults import UnknownKey

# The usual spelling of each tonic, by pitch class; the signature with fewer accidentals wins.
_MAJOR = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")

_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_NAME = re.compile(r"\s*([A-Ga-g])\s*([#b♯♭]?)\s+(major|minor)\s*", re.IGNORECASE)


def name(key: Key) -> str:
    """Write a key: "F# minor"."""
    tonics, mode = (_MINOR, "minor") if key.mode == MODE_MINOR else (_MAJOR, "major")
    return f"{tonics[key.tonic % 12]} {mode}"


def parse(text: str) -> Key:
    """Read a key.

    Parameters
    ----------
    text : str
        A tonic from C to B with # or b, and "major" or "minor".

    Raises
    ------
    UnknownKey
        If the text is no such key.
    """
    found = _NAME.fullmatch(text)
    if found is None:
        raise UnknownKey('A key is a tonic and a mode, such as "F# minor" or "Eb major".', key=text[:40])
    letter, accidental, mode = found.groups()
    tonic = (_NATURALS[letter.upper()] + _ACCIDENTALS[accidental.lower()]) % 12
    return Key(tonic=tonic, mode=MODE_MINOR if mode.lower() == "minor" else MODE_MAJOR)
