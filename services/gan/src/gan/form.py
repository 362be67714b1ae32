"""The plan of a piece: which of its two-bar windows are new, which bring back an earlier one, and what exactly.

Styles know the forms of their own music: for many pieces, the letter of each window, windows that sound alike sharing
one, and for each bar of each role the earlier bar that it repeats to the note, if any, or else the earlier bar in whose
rhythm it goes. A piece is laid out like one of them, so that figures come back as often as they do in its style.
Where none is long enough, phrases are laid out as songs do (AABA and its kin). What comes back varied is for the
generator to say: it hears its source, and varies it as it has learnt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from score.encoding import BARS_PER_WINDOW

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

NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"
"""Of letters, and of bars, in order."""

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
    source : ndarray, shape (2 * windows, ROLE_COUNT), int64
        The earlier bar that each bar of each role repeats to the note, or `NO_SOURCE`.
    rhythm : ndarray, shape (2 * windows, ROLE_COUNT), int64
        The earlier bar whose notes' onsets it has, with other pitches, or `NO_SOURCE`.
    """

    letters: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]
    rhythm: npt.NDArray[np.int64]

    @property
    def name(self) -> str:
        """The windows' letters: "ABACABAD"."""
        return "".join(NAMES[letter] for letter in self.letters)


def write(letters: Sequence[int], source: npt.NDArray[np.integer], rhythm: npt.NDArray[np.integer]) -> str:
    """Write a form as styles keep it.

    For each window a letter; for each of its bars the bar that each role repeats, then the bar in whose rhythm each
    goes. "A........" and ".AAAB..." is a window like the first, whose first bar is new; in its second, harmony, bass
    and drums repeat the first bar of all, and the lead has the rhythm of its second.
    """
    rows = np.concatenate([source, rhythm], axis=1).tolist()
    names = ["".join(NEW if at == NO_SOURCE else NAMES[at] for at in row) for row in rows]
    return "".join(
        NAMES[letter] + "".join(names[BARS_PER_WINDOW * place : BARS_PER_WINDOW * (place + 1)])
        for place, letter in enumerate(letters)
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
    size = 1 + 2 * BARS_PER_WINDOW * ROLE_COUNT
    fitting = [name for name in known if len(name) >= size * n_windows]
    if fitting:
        name = fitting[int(random.integers(len(fitting)))][: size * n_windows]
        windows = [name[at : at + size] for at in range(0, len(name), size)]
        bars = [NO_SOURCE if at == NEW else NAMES.index(at) for window in windows for at in window[1:]]
        source, rhythm = np.array(bars).reshape(-1, 2, ROLE_COUNT).swapaxes(0, 1)
        return Form(number([window[0] for window in windows]), source, rhythm)
    return _repeat(_song(n_windows, random), random)


def _repeat(labels: list[str], random: np.random.Generator) -> Form:
    """Let most windows that come back come back to the note, in all roles."""
    firsts = np.array([labels.index(label) for label in labels])
    is_exact = (firsts != np.arange(len(labels))) & (random.random(len(labels)) < SONG_EXACT)
    bars = BARS_PER_WINDOW * firsts[:, None] + np.arange(BARS_PER_WINDOW)
    exact = np.where(is_exact[:, None], bars, NO_SOURCE).reshape(-1)
    source = np.repeat(exact[:, None], ROLE_COUNT, axis=1)
    return Form(number(labels), source, np.full_like(source, NO_SOURCE))


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
