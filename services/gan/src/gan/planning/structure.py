"""The plan of a piece: which of its two-bar windows are new, which bring back an earlier one, and what exactly.

Styles know the forms of their own music: for many pieces, the letter of each window, windows that sound alike sharing
one, and for each bar of each role the earlier bar that it repeats to the note, if any, or else the earlier bar in whose
rhythm it goes. A piece is laid out like one of them, so that figures come back as often as they do in its style; and
its bass begins half bars on that piece's chords where these are plain, so that harmony moves as much. Where none is
long enough, phrases are laid out as songs do (AABA and its kin). What comes back varied is for the generator to say: it
hears its source, and varies it as it has learnt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from score.arrays import I64
from score.encoding import BARS_PER_WINDOW

from gan.network.dims import N_ROLES

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
"""How `serialize` says that a role does not repeat anything, and that a chord is open."""

HALVES_PER_BAR = 2
"""Chords are of half bars."""

N_CHORDS = 24
"""Major and minor triads: twice the root's pitch class, and one more in minor. Pieces are in C major or A minor."""

MAJOR, MINOR = "Mm"
FEWEST_OF_MODE = 8
"""Forms of the mode asked for that are enough to be drawn from alone; others say nothing of harmony."""


@dataclass(frozen=True, slots=True)
class Structure:
    """The plan of a piece.

    Attributes
    ----------
    letters : ndarray, shape (windows,), int64
        Counted from 0 by first appearance.
    source : ndarray, shape (2 * windows, N_ROLES), int64
        The earlier bar that each bar of each role repeats to the note, or `NO_SOURCE`.
    rhythm : ndarray, shape (2 * windows, N_ROLES), int64
        The earlier bar whose notes' onsets it has, with other pitches, or `NO_SOURCE`.
    chords : ndarray, shape (2 * windows, HALVES_PER_BAR), int64
        The triad on which the bass begins each half bar, see `N_CHORDS`; `NO_SOURCE` is open.
    """

    letters: I64
    source: I64
    rhythm: I64
    chords: I64

    @property
    def name(self) -> str:
        """The windows' letters: "ABACABAD"."""
        return "".join(NAMES[letter] for letter in self.letters)


_TOLD = {NEW: NO_SOURCE} | {name: at for at, name in enumerate(NAMES)}


def _name(at: int) -> str:
    return NEW if at == NO_SOURCE else NAMES[at]


def serialize(form: Structure, *, is_minor: bool) -> str:
    """Write the form of a piece as styles keep it.

    For each window a letter; for each of its bars the bar that each role repeats, then the bar in whose rhythm each
    goes. "A........" and ".AAAB..." is a window like the first, whose first bar is new; in its second, harmony, bass
    and drums repeat the first bar of all, and the lead has the rhythm of its second. What follows on a colon are the
    piece's mode and its chords, two for each bar: ":MAAK." are a bar of C major, and half a one of F major.
    """
    rows = np.concatenate([form.source, form.rhythm], axis=1).tolist()
    names = ["".join(_name(at) for at in row) for row in rows]
    windows = [
        NAMES[letter] + "".join(names[BARS_PER_WINDOW * place : BARS_PER_WINDOW * (place + 1)])
        for place, letter in enumerate(form.letters.tolist())
    ]
    chords = [_name(chord) for chord in form.chords.ravel().tolist()]
    return "".join([*windows, ":", MINOR if is_minor else MAJOR, *chords])


def sample_structure(
    known: Sequence[str], n_windows: int, random: np.random.Generator, *, is_minor: bool = False
) -> Structure:
    """Draw a form.

    Parameters
    ----------
    known : sequence of str
        Forms of real pieces as `serialize` gives them; those that are long enough are drawn from, and cut.
    n_windows : int
        1 to 32.
    random : numpy.random.Generator
    is_minor : bool
        The mode of the piece: forms of the other say nothing of its chords.
    """
    fitting = [text for text in known if len(text.partition(":")[0]) >= _SIZE * n_windows]
    of_mode = [text for text in fitting if _mode(text) == (MINOR if is_minor else MAJOR)]
    if len(of_mode) >= FEWEST_OF_MODE:
        fitting = of_mode
    if fitting:
        text = fitting[int(random.integers(len(fitting)))]
        return _read(text, n_windows, with_chords=text in of_mode)
    return _repeat(_song(n_windows, random), random)


_SIZE = 1 + 2 * BARS_PER_WINDOW * N_ROLES


def _mode(text: str) -> str:
    """Say in what mode a written form's piece is, "" if that is not told."""
    return text.partition(":")[2][:1]


def _read(text: str, n_windows: int, *, with_chords: bool) -> Structure:
    """Read the first windows of what `serialize` wrote."""
    name, _, told = text.partition(":")
    windows = [name[at : at + _SIZE] for at in range(0, _SIZE * n_windows, _SIZE)]
    bars = [_TOLD[at] for window in windows for at in window[1:]]
    source, rhythm = np.array(bars).reshape(-1, 2, N_ROLES).swapaxes(0, 1)
    count = len(source) * HALVES_PER_BAR
    chords = [_TOLD[at] for at in (told[1 : 1 + count] if with_chords else NEW * count)]
    return Structure(
        number_labels([window[0] for window in windows]), source, rhythm, np.reshape(chords, (-1, HALVES_PER_BAR))
    )


def _repeat(labels: list[str], random: np.random.Generator) -> Structure:
    """Let most windows that come back come back to the note, in all roles."""
    firsts = np.array([labels.index(label) for label in labels])
    is_exact = (firsts != np.arange(len(labels))) & (random.random(len(labels)) < SONG_EXACT)
    bars = BARS_PER_WINDOW * firsts[:, None] + np.arange(BARS_PER_WINDOW)
    exact = np.where(is_exact[:, None], bars, NO_SOURCE).reshape(-1)
    source = np.repeat(exact[:, None], N_ROLES, axis=1)
    return Structure(
        number_labels(labels),
        source,
        np.full_like(source, NO_SOURCE),
        np.full((len(source), HALVES_PER_BAR), NO_SOURCE),
    )


def number_labels(labels: Sequence[object]) -> I64:
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
