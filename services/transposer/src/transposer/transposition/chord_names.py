"""Chord names in texts and markers: parsing, and spelling in another key.

A name consists of a root (``A`` to ``G`` with sharps or flats), the kind of chord, and optionally a bass after a slash:
``Am7``, ``F#m7b5/C``, ``C:maj7`` (the last in the syntax of Harte et al., *Symbolic representation of musical chords*,
ISMIR 2005, where the bass is a degree and stays). Roots are spelled on the line of fifths and all shifted by the same
number of fifths. Harte annotations with only one spelling for each pitch class keep to such a spelling. In both cases
transposing back restores the names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_FIFTHS_OF_LETTER = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_LETTERS_BY_FIFTHS = "FCGDAEB"
_CENTER_FIFTHS = -0.5
"""Spellings are kept near this position on the line of fifths: six flats are as common as five sharps."""

_MIN_HARTE_FIFTHS, _MAX_HARTE_FIFTHS = -4, 7
"""A flat to C sharp: the spellings in annotations with one spelling for each pitch class."""

_MIN_FIFTHS, _MAX_FIFTHS = -15, 19
"""F double flat to B double sharp."""

_ROOT = r"([A-G])(##|bb|#|b|♯|♭)?"
_QUALITY = r"(?:maj|min|dim|aug|hdim|halfdim|dom|alt|mi|ma|M|m|-|\+|°|ø|Δ|o(?=7))?"
_DEGREES = r"(?:13|11|6/9|69|[245679])?"
_ALTERATIONS = r"(?:(?:maj|M)(?:13|11|7|9)|sus[24]?|(?:add|omit|no)(?:13|11|\d)|[#b♯♭+-](?:13|11|\d)|alt|[(),])*"
_KIND = f"({_QUALITY}{_DEGREES}{_ALTERATIONS})"
_NAME = re.compile(rf"\s*{_ROOT}{_KIND}(?:/{_ROOT})?\s*")
_HARTE_NAME = re.compile(rf"\s*{_ROOT}(:[a-z0-9#b,()*]+)(/[b#]*\d+)?\s*")
_NO_CHORD = {"", "N", "NC", "N.C.", "X", "-", "%"}

UNLIKELY, POSSIBLE, CERTAIN = range(3)
"""How probably a text that can be parsed is a chord name."""


class Root(NamedTuple):
    """A root or bass in a text: its position on the line of fifths (C 0, G 1), and where it starts and stops."""

    fifths: int
    start: int
    stop: int


class ChordName(NamedTuple):
    """A parsed chord name.

    Attributes
    ----------
    text : str
    roots : tuple of Root
        The root, and the bass if there is one.
    is_minor : bool
    is_harte : bool
        Whether the name has the syntax of Harte et al.
    certainty : int
        `CERTAIN` if the text can hardly be anything else, `POSSIBLE` if it can be a word, `UNLIKELY` for a letter alone
        or one that numbers a section ("A2").
    """

    text: str
    roots: tuple[Root, ...]
    is_minor: bool
    is_harte: bool
    certainty: int


def parse_chord_name(text: str) -> ChordName | None:
    """Parse a text; None if it is not a chord name."""
    match = _HARTE_NAME.fullmatch(text) or _NAME.fullmatch(text)
    if match is None:
        return None
    roots = [_parse_root(match, 1)]
    if match.re is _NAME and match[4]:
        roots.append(_parse_root(match, 4))
    is_minor = re.match(r":?(min|mi|m(?!a)|dim|-|°|ø|hdim)", match[3]) is not None
    return ChordName(text, tuple(roots), is_minor, match.re is _HARTE_NAME, _certainty(match))


def parse_chord_names(texts: Sequence[str]) -> list[ChordName | None]:
    """Parse the texts of one kind in a track; None for each one that is not a chord name.

    A text such as ``Am7`` always is. A word such as ``Am`` is one beside a certain chord name, or if at least half of
    the texts can be chord names. A letter alone, which can also mark a section, is one only beside another chord name.
    """
    parsed = [parse_chord_name(text) for text in texts]
    relevant = [name for text, name in zip(texts, parsed, strict=True) if text.strip().upper() not in _NO_CHORD]
    certainties = [name.certainty for name in relevant if name]
    are_names = CERTAIN in certainties or (POSSIBLE in certainties and 2 * len(certainties) >= len(relevant))
    return [name if are_names else None for name in parsed]


def transpose_chord_names(names: Sequence[ChordName], semitones: int) -> list[str]:
    """Return the texts of chord names in another key, with a consistent spelling."""
    fifths = [root.fifths for name in names for root in name.roots]
    has_single_spellings = all(_MIN_HARTE_FIFTHS <= each <= _MAX_HARTE_FIFTHS for each in fifths)
    if has_single_spellings and all(name.is_harte for name in names):
        return [_respell(name, 7 * semitones, _MIN_HARTE_FIFTHS, _MAX_HARTE_FIFTHS) for name in names]
    # A minor chord is spelled like its relative major.
    shift = shift_in_fifths([name.roots[0].fifths - 3 * name.is_minor for name in names], semitones)
    return [_respell(name, shift, _MIN_FIFTHS, _MAX_FIFTHS) for name in names]


def shift_in_fifths(fifths: Sequence[int], semitones: int) -> int:
    """Return the shift on the line of fifths that equals an interval and keeps the spellings simple.

    Parameters
    ----------
    fifths : sequence of int
        Positions on the line of fifths that are to be shifted.
    semitones : int
        The interval.
    """
    if semitones % 12 == 0 or not fifths:
        return 0
    mean = sum(fifths) / len(fifths)
    upward = 7 * semitones % 12
    return min((upward - 12, upward), key=lambda shift: (abs(mean + shift - _CENTER_FIFTHS), shift))


def _respell(name: ChordName, shift: int, min_fifths: int, max_fifths: int) -> str:
    """Return the text with its roots shifted on the line of fifths; enharmonic beyond the limits."""
    text = name.text
    for root in reversed(name.roots):
        fifths = root.fifths + shift
        if not min_fifths <= fifths <= max_fifths:
            fifths = (fifths - min_fifths) % 12 + min_fifths
        text = text[: root.start] + _spell(fifths) + text[root.stop :]
    return text


def _spell(fifths: int) -> str:
    accidentals, letter = divmod(fifths + 1, 7)
    return _LETTERS_BY_FIFTHS[letter] + ("#" * accidentals if accidentals > 0 else "b" * -accidentals)


def _parse_root(match: re.Match[str], group: int) -> Root:
    """Parse a letter and the accidentals in the group after it."""
    accidentals = (match[group + 1] or "").replace("♯", "#").replace("♭", "b")
    fifths = _FIFTHS_OF_LETTER[match[group]] + 7 * (accidentals.count("#") - accidentals.count("b"))
    return Root(fifths, match.start(group), match.end(group + 1) if match[group + 1] else match.end(group))


def _certainty(match: re.Match[str]) -> int:
    kind = match[3]
    if match.re is _HARTE_NAME or "#" in (match[2] or "") or match[4]:
        return CERTAIN
    if kind in ("", "2", "4"):
        return POSSIBLE if match[2] else UNLIKELY
    return POSSIBLE if kind.isalpha() or kind in ("-", "+") else CERTAIN
