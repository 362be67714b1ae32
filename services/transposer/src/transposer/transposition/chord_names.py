"""Chord names in texts and markers: which texts are one, and what they are called in another key.

A name is a root (``A`` to ``G`` with sharps or flats), what kind of chord stands on it, and at times a bass after a
slash: ``Am7``, ``F#m7b5/C``, ``C:maj7`` (Harte et al., *Symbolic representation of musical chords*, ISMIR 2005, where
the bass is a degree and so stays). Roots are spelled on the line of fifths, all moved by the same step; annotations of
the second kind that name each pitch class in one way go on doing so. Either way moving back restores the names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_LETTERS = "FCGDAEB"
_CENTRE_FIFTHS = -0.5
"""Names are kept around this place of the line: six flats are as usual as five sharps."""

_TABLE_FLATS, _TABLE_SHARPS = -4, 7
"""A flat to C sharp: the twelve names that annotations which name each pitch class in one way use."""

_MOST_FLATS, _MOST_SHARPS = -15, 19
"""F double flat to B double sharp."""

_ROOT = r"([A-G])(##|bb|#|b|♯|♭)?"
_QUALITY = r"(?:maj|min|dim|aug|hdim|halfdim|dom|alt|mi|ma|M|m|-|\+|°|ø|Δ|o(?=7))?"
_DEGREES = r"(?:13|11|6/9|69|[245679])?"
_CHANGES = r"(?:(?:maj|M)(?:13|11|7|9)|sus[24]?|(?:add|omit|no)(?:13|11|\d)|[#b♯♭+-](?:13|11|\d)|alt|[(),])*"
_KIND = f"({_QUALITY}{_DEGREES}{_CHANGES})"
_NAME = re.compile(rf"\s*{_ROOT}{_KIND}(?:/{_ROOT})?\s*")
_HARTE = re.compile(rf"\s*{_ROOT}(:[a-z0-9#b,()*]+)(/[b#]*\d+)?\s*")
_SILENT = {"", "N", "NC", "N.C.", "X", "-", "%"}


class Chord(NamedTuple):
    """A chord's name taken apart.

    ``roots`` are the root and the bass: places on the line of fifths, C 0 and G 1, with where they begin and end in
    the text. ``certainty`` is 2 where the text can hardly be anything else, 1 where it may be a word, 0 for a letter
    alone or one that numbers a section ("A2").
    """

    text: str
    roots: tuple[tuple[int, int, int], ...]
    is_minor: bool
    is_annotation: bool
    certainty: int


def read(text: str) -> Chord | None:
    """Take a chord's name apart; None if the text is none."""
    match = _HARTE.fullmatch(text) or _NAME.fullmatch(text)
    if match is None:
        return None
    roots = [_root(match, 1)]
    if match.re is _NAME and match[4]:
        roots.append(_root(match, 4))
    is_minor = re.match(r":?(min|mi|m(?!a)|dim|-|°|ø|hdim)", match[3]) is not None
    return Chord(text, tuple(roots), is_minor, match.re is _HARTE, _certainty(match))


def read_all(texts: Sequence[str]) -> list[Chord | None]:
    """Find out which of a track's texts of one sort are chord names.

    ``Am7`` always is. A word such as ``Am`` is one beside a sure chord, or where at least half of the texts can be
    chords; a letter alone, which may mark a section, only beside another chord.
    """
    chords = [read(text) for text in texts]
    told = [chord for text, chord in zip(texts, chords, strict=True) if text.strip().upper() not in _SILENT]
    found = [chord.certainty for chord in told if chord]
    are_chords = 2 in found or (1 in found and 2 * len(found) >= len(told))
    return [chord if are_chords else None for chord in chords]


def moved(chords: Sequence[Chord], semitones: int) -> list[str]:
    """Name chords in another key, all spelled alike."""
    places = [place for chord in chords for place, _, _ in chord.roots]
    in_table = all(_TABLE_FLATS <= place <= _TABLE_SHARPS for place in places)
    if in_table and all(chord.is_annotation for chord in chords):
        return [_renamed(chord, 7 * semitones, _TABLE_FLATS, _TABLE_SHARPS) for chord in chords]
    # A minor chord is spelled as its relative major is.
    shift = best_shift([chord.roots[0][0] - 3 * chord.is_minor for chord in chords], semitones)
    return [_renamed(chord, shift, _MOST_FLATS, _MOST_SHARPS) for chord in chords]


def best_shift(places: Sequence[int], semitones: int) -> int:
    """Find the step on the line of fifths that stands for an interval and keeps names simple."""
    if semitones % 12 == 0 or not places:
        return 0
    mean = sum(places) / len(places)
    shift = 7 * semitones % 12
    return min((shift - 12, shift), key=lambda step: (abs(mean + step - _CENTRE_FIFTHS), step))


def _renamed(chord: Chord, shift: int, flattest: int, sharpest: int) -> str:
    text = chord.text
    for place, start, stop in reversed(chord.roots):
        moved_place = place + shift
        if not flattest <= moved_place <= sharpest:
            moved_place = (moved_place - flattest) % 12 + flattest
        text = text[:start] + _spelled(moved_place) + text[stop:]
    return text


def _spelled(place: int) -> str:
    """Write a place on the line of fifths."""
    signs, letter = divmod(place + 1, 7)
    return _LETTERS[letter] + ("#" * signs if signs > 0 else "b" * -signs)


def _root(match: re.Match[str], group: int) -> tuple[int, int, int]:
    signs = (match[group + 1] or "").replace("♯", "#").replace("♭", "b")
    place = _FIFTHS[match[group]] + 7 * (signs.count("#") - signs.count("b"))
    return place, match.start(group), match.end(group + 1) if match[group + 1] else match.end(group)


def _certainty(match: re.Match[str]) -> int:
    kind = match[3]
    if match.re is _HARTE or "#" in (match[2] or "") or match[4]:
        return 2
    if kind in ("", "2", "4"):
        return 1 if match[2] else 0
    return 1 if kind.isalpha() or kind in ("-", "+") else 2
