"""Keys as tonic and mode, or as a name ("F# minor"), <-> the `Key` message of the contracts."""

from __future__ import annotations

import re

from segue.common.v1.common_pb2 import MODE_MAJOR, MODE_MINOR, Key
from servicekit.faults import InvalidInput, UnknownKey

# The usual spelling of each tonic: of two enharmonic keys the one with fewer accidentals. `score.keys`, which the
# gateway cannot import, has the same names; a test holds the two together.
_MAJOR = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")

_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_NAME = re.compile(r"\s*([A-Ga-g])\s*([#b♯♭]?)\s+(major|minor)\s*", re.IGNORECASE)


def to_proto(tonic: int, *, is_minor: bool) -> Key:
    """Return the message for a key.

    Examples
    --------
    >>> key_name(to_proto(6, is_minor=True))
    'F# minor'
    """
    return Key(tonic=tonic, mode=MODE_MINOR if is_minor else MODE_MAJOR)


def from_proto(key: Key, field: str = "key") -> tuple[int, bool]:
    """Return the tonic (0 to 11, C is 0) of a key, and whether it is minor.

    Parameters
    ----------
    key : Key
        As it came over the wire.
    field : str
        Field of the request, for the fault.

    Raises
    ------
    InvalidInput
        If the tonic is over 11, or the mode is not given.

    Examples
    --------
    >>> from_proto(Key(tonic=9, mode=MODE_MINOR))
    (9, True)
    """
    if key.tonic > 11:
        raise InvalidInput(f"A tonic is 0 (C) to 11 (B), not {key.tonic}.", field=f"{field}.tonic", value=key.tonic)
    if key.mode not in (MODE_MAJOR, MODE_MINOR):
        raise InvalidInput("A key is major or minor: give its mode.", field=f"{field}.mode", value=int(key.mode))
    return key.tonic, key.mode == MODE_MINOR


def key_name(key: Key) -> str:
    """Return the name of a key; a mode that is not given is read as major.

    Examples
    --------
    >>> key_name(Key(tonic=3, mode=MODE_MAJOR))
    'Eb major'
    """
    tonics, mode = (_MINOR, "minor") if key.mode == MODE_MINOR else (_MAJOR, "major")
    return f"{tonics[key.tonic % 12]} {mode}"


def parse_key_name(text: str) -> Key:
    """Return the key that a text names: a tonic from A to G with ``#`` or ``b``, and "major" or "minor".

    Raises
    ------
    UnknownKey
        If the text names no such key.

    Examples
    --------
    >>> key_name(parse_key_name("d♭ Minor"))
    'C# minor'
    >>> parse_key_name("H dur")
    Traceback (most recent call last):
    servicekit.faults.UnknownKey: A key is a tonic and a mode, such as "F# minor" or "Eb major".
    """
    found = _NAME.fullmatch(text)
    if found is None:
        raise UnknownKey('A key is a tonic and a mode, such as "F# minor" or "Eb major".', key=text[:40])
    letter, accidental, mode = found.groups()
    tonic = (_NATURALS[letter.upper()] + _ACCIDENTALS[accidental.lower()]) % 12
    return to_proto(tonic, is_minor=mode.lower() == "minor")
