"""The plan of a piece: which of its windows are new and which bring back an earlier one.

Phrases of four or eight bars are laid out as songs do (AABA and its kin), each phrase of windows that ask and answer.
Windows with one letter are made from the same phrase noise; a *source* says which earlier window a window repeats, and
*keep* how exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WINDOW_PATTERNS: dict[int, tuple[str, ...]] = {1: ("a",), 2: ("ab",), 3: ("aba", "abc"), 4: ("abac", "abcd", "abab")}
"""Letters of the windows within a phrase, by its length."""

PHRASE_PATTERNS: dict[int, tuple[str, ...]] = {
    1: ("A",),
    2: ("AA", "AB"),
    3: ("AAB", "ABA"),
    4: ("AABA", "AABB", "ABAB", "ABAC"),
    5: ("AABBA", "ABACA"),
    6: ("AABABA", "ABABCB", "AABBCC"),
    7: ("AABABCA", "ABACABA"),
    8: ("AABAABCA", "ABABCBAB", "AABBCCAA"),
}
"""Letters of the phrases of a piece, by how many it has."""

LONG_PIECE_WINDOWS = 12
"""From here on phrases are eight bars long instead of four."""

EXACT, VARIED = 1.0, 0.6
"""How much of a repeated window stays: all, or most of it with something new."""

NO_SOURCE = -1


@dataclass(frozen=True, slots=True)
class Form:
    """The plan of a piece.

    Attributes
    ----------
    name : str
        The phrases' letters: "AABA".
    letters : ndarray, shape (windows,), int64
        Windows with one letter share their noise.
    source : ndarray, shape (windows,), int64
        The earlier window that this one brings back, or `NO_SOURCE`.
    keep : ndarray, shape (windows,), float32
        How exactly, 0 to 1.
    """

    name: str
    letters: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]
    keep: npt.NDArray[np.float32]


def plan(n_windows: int, random: np.random.Generator) -> Form:
    """Draw a form.

    Parameters
    ----------
    n_windows : int
        1 to 32.
    random : numpy.random.Generator
    """
    length = 4 if n_windows >= LONG_PIECE_WINDOWS else 2
    whole, rest = divmod(n_windows, length)
    name = str(random.choice(PHRASE_PATTERNS[max(whole, 1)]))
    lengths = [length] * whole + [rest] * bool(rest) if whole else [n_windows]
    # A last phrase that is too short for another statement brings the beginning back.
    name = name + "A" if whole and rest else name
    patterns = {
        letter: str(random.choice(WINDOW_PATTERNS[length if whole else n_windows])) for letter in sorted(set(name))
    }
    labels = [
        phrase + patterns[phrase][place] for phrase, count in zip(name, lengths, strict=True) for place in range(count)
    ]
    return _form(name, labels, length, random)


def _form(name: str, labels: list[str], length: int, random: np.random.Generator) -> Form:
    """Number the labels and say what each repeats; a phrase that comes back ends differently, and the end is new."""
    firsts = {label: labels.index(label) for label in labels}
    letters = np.array([list(firsts).index(label) for label in labels], np.int64)
    source = np.full(len(labels), NO_SOURCE, np.int64)
    keep = np.zeros(len(labels), np.float32)
    for index, label in enumerate(labels):
        first = firsts[label]
        if first == index:
            continue
        source[index] = first
        closes = index % length == length - 1 or index == len(labels) - 1
        keep[index] = VARIED if closes or random.random() < 0.2 else EXACT
    return Form(name, letters, source, keep)
