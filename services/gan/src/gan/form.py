"""The plan of a piece: which of its two-bar windows are new, which bring back an earlier one, and how exactly.

Styles know the forms of their own music: for many pieces, the letter of each window, windows that sound alike sharing
one, and for each role the earlier window that it repeats to the note, if any. A piece is laid out like one of them.
Where none is long enough, phrases are laid out as songs do (AABA and its kin). What comes back varied is for the
generator to say: it hears its source, and varies it as it has learnt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gan.shapes import ROLE_COUNT

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

PHRASE_WINDOWS = 4
WINDOW_PATTERNS = ("abac", "abcd", "abab")
"""Letters of the windows within a phrase."""

NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"


SONG_EXACT = 0.7
"""Chance that a window of a song that comes back comes back to the note."""

NO_SOURCE = -1
NEW = "."
"""How `write` says that a role does not repeat anything."""


@dataclass(frozen=True, slots=True)
class Form:
    """The plan of a piece.

    Attributes
    ----------
    letters : ndarray, shape (windows,), int64
        Counted from 0 by first appearance.
    source : ndarray, shape (windows, ROLE_COUNT), int64
        The earlier window that each role repeats to the note, or `NO_SOURCE`.
    """

    letters: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]

    @property
    def name(self) -> str:
        """The windows' letters: "ABACABAD"."""
        return "".join(NAMES[letter] for letter in self.letters)


def write(letters: Sequence[int], source: npt.NDArray[np.integer]) -> str:
    """Write a form as styles keep it: for each window a letter and, for each role, the window it repeats or a dot.

    "A....B....A.B.A" says that the third window is like the first, and its harmony that of the second window.
    """
    return "".join(
        NAMES[letter] + "".join(NEW if at == NO_SOURCE else NAMES[at] for at in row)
        for letter, row in zip(letters, source.tolist(), strict=True)
    )


def plan(known: Sequence[str], n_windows: int, random: np.random.Generator) -> Form:
    """Draw a form.

    Parameters
    ----------
    known : sequence of str
        Forms of real pieces as `write` gives them; those that are long enough are drawn from, and cut.
    n_windows : int
        1 to 32.
    random : numpy.random.Generator
    """
    size = 1 + ROLE_COUNT
    fitting = [name for name in known if len(name) >= size * n_windows]
    if fitting:
        name = fitting[int(random.integers(len(fitting)))][: size * n_windows]
        windows = [name[at : at + size] for at in range(0, len(name), size)]
        source = [[NO_SOURCE if at == NEW else NAMES.index(at) for at in window[1:]] for window in windows]
        return Form(number([window[0] for window in windows]), np.array(source))
    return _repeat(_song(n_windows, random), random)


def _repeat(labels: list[str], random: np.random.Generator) -> Form:
    """Let most windows that come back come back to the note, in all roles."""
    firsts = np.array([labels.index(label) for label in labels])
    is_exact = (firsts != np.arange(len(labels))) & (random.random(len(labels)) < SONG_EXACT)
    source = np.where(is_exact, firsts, NO_SOURCE)
    return Form(number(labels), np.repeat(source[:, None], ROLE_COUNT, axis=1))


def number(labels: Sequence[object]) -> npt.NDArray[np.int64]:
    """Number labels from 0 by first appearance: "ABAC" to 0, 1, 0, 2."""
    firsts = list(dict.fromkeys(labels))
    return np.array([firsts.index(label) for label in labels], np.int64)


def _song(n_windows: int, random: np.random.Generator) -> list[str]:
    """Lay out phrases; the last window of all is new, so that a piece can end."""
    phrases = -(-n_windows // PHRASE_WINDOWS)
    name = str(random.choice(PHRASE_PATTERNS[phrases]))
    patterns = {phrase: str(random.choice(WINDOW_PATTERNS)) for phrase in sorted(set(name))}
    labels = [phrase + patterns[phrase][place] for phrase in name for place in range(PHRASE_WINDOWS)][:n_windows]
    return [*labels[:-1], "end"] if n_windows > PHRASE_WINDOWS else labels
