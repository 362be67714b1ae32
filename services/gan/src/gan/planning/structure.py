"""The structure of a piece: which two-bar windows are new, which repeat an earlier one, and which bars exactly.

A style stores the structures of its own music: for many pieces, the label of each window, shared by windows that sound
alike, and for each bar of each role the earlier bar that it repeats note for note, if any, or else the earlier bar
whose rhythm it has. A new piece takes one of these structures, so that motifs return as often as they do in its style;
where the chords of that piece are plain, its bass begins half bars on them, so that the harmony moves as much. Where no
structure is long enough, phrases follow song patterns (AABA and the like). Windows that repeat with variation are left
to the generator: it is conditioned on their source, and varies it as it has learned to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from score.arrays import I64
from score.encoding import BARS_PER_WINDOW

from gan.network.dims import N_ROLES, NO_SOURCE

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
"""Labels of the phrases of a piece, by the number of phrases."""

PHRASE_WINDOWS = 4
WINDOW_PATTERNS = ("abac", "abcd", "abab")
"""Labels of the windows within a phrase."""

SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"
"""Symbols of labels, bars and chords in a serialized structure, in order: 64, the bars of the longest piece."""

NO_SOURCE_SYMBOL = "."

EXACT_REPEAT_PROBABILITY = 0.7
"""Probability that a window repeats note for note, where a piece follows a song pattern."""

HALVES_PER_BAR = 2
"""Chords last half a bar."""

N_CHORDS = 24
"""Major and minor triads: a chord is twice the pitch class of its root, and one more in minor."""

MAJOR, MINOR = "Mm"

MIN_STRUCTURES_OF_MODE = 8
"""If a style has so many structures in the mode of the piece, only these are sampled. Chords are taken from no
others."""


@dataclass(frozen=True, slots=True)
class Structure:
    """The structure of a piece.

    Attributes
    ----------
    labels : ndarray, shape (windows,), int64
        Numbered from 0 by first appearance.
    note_sources : ndarray, shape (bars, N_ROLES), int64
        The earlier bar that each bar of each role repeats note for note, or `NO_SOURCE`.
    rhythm_sources : ndarray, shape (bars, N_ROLES), int64
        The earlier bar whose onsets it has, with other pitches, or `NO_SOURCE`.
    chords : ndarray, shape (bars, HALVES_PER_BAR), int64
        The triad of `N_CHORDS` on which the bass begins each half bar, in C major or A minor; `NO_SOURCE` leaves it
        open.
    """

    labels: I64
    note_sources: I64
    rhythm_sources: I64
    chords: I64

    @property
    def label_text(self) -> str:
        """The labels of the windows as letters: "ABACABAD"."""
        return "".join(SYMBOLS[label] for label in self.labels)


_VALUE_OF_SYMBOL = {NO_SOURCE_SYMBOL: NO_SOURCE} | {symbol: value for value, symbol in enumerate(SYMBOLS)}


def _symbol(value: int) -> str:
    return NO_SOURCE_SYMBOL if value == NO_SOURCE else SYMBOLS[value]


def serialize(structure: Structure, *, is_minor: bool) -> str:
    """Return a structure as text, as styles store it.

    A window is its label, followed by eight symbols for each of its two bars: the bars that lead, harmony, bass and
    drums repeat note for note, then the bars whose rhythm they have. In "A........" and ".AAAB..." the window is
    labeled A, and its first bar is new; in its second bar harmony, bass and drums repeat bar A, the first of the
    piece, and the lead has the rhythm of bar B, the second. After a colon stand the mode of the piece and its chords,
    two for each bar: ":MAAK." is a bar of C major and half a bar of F major.
    """
    rows = np.concatenate([structure.note_sources, structure.rhythm_sources], axis=1).tolist()
    bars = ["".join(_symbol(value) for value in row) for row in rows]
    windows = [
        SYMBOLS[label] + "".join(bars[BARS_PER_WINDOW * index : BARS_PER_WINDOW * (index + 1)])
        for index, label in enumerate(structure.labels.tolist())
    ]
    chords = [_symbol(chord) for chord in structure.chords.ravel().tolist()]
    return "".join([*windows, ":", MINOR if is_minor else MAJOR, *chords])


def sample_structure(
    style_structures: Sequence[str], n_windows: int, random: np.random.Generator, *, is_minor: bool = False
) -> Structure:
    """Sample the structure of a piece.

    Parameters
    ----------
    style_structures : sequence of str
        Structures of real pieces as `serialize` writes them. Those that are long enough are candidates, and cut.
    n_windows : int
        1 to 32.
    random : numpy.random.Generator
    is_minor : bool
        The mode of the piece. Chords are taken only from structures of this mode.
    """
    candidates = [text for text in style_structures if len(text.partition(":")[0]) >= _WINDOW_SYMBOLS * n_windows]
    of_mode = [text for text in candidates if _mode(text) == (MINOR if is_minor else MAJOR)]
    if len(of_mode) >= MIN_STRUCTURES_OF_MODE:
        candidates = of_mode
    if candidates:
        text = candidates[int(random.integers(len(candidates)))]
        return _parse(text, n_windows, with_chords=text in of_mode)
    return _from_song_labels(_sample_song_labels(n_windows, random), random)


_WINDOW_SYMBOLS = 1 + 2 * BARS_PER_WINDOW * N_ROLES
"""Symbols of a window in a serialized structure."""


def _mode(text: str) -> str:
    """Return the mode of a serialized structure, "" if it has none."""
    return text.partition(":")[2][:1]


def _parse(text: str, n_windows: int, *, with_chords: bool) -> Structure:
    """Read the first windows of a serialized structure."""
    symbols, _, mode_and_chords = text.partition(":")
    windows = [symbols[at : at + _WINDOW_SYMBOLS] for at in range(0, _WINDOW_SYMBOLS * n_windows, _WINDOW_SYMBOLS)]
    values = [_VALUE_OF_SYMBOL[symbol] for window in windows for symbol in window[1:]]
    note_sources, rhythm_sources = np.array(values).reshape(-1, 2, N_ROLES).swapaxes(0, 1)
    n_halves = len(note_sources) * HALVES_PER_BAR
    chord_symbols = mode_and_chords[1 : 1 + n_halves] if with_chords else NO_SOURCE_SYMBOL * n_halves
    chords = np.reshape([_VALUE_OF_SYMBOL[symbol] for symbol in chord_symbols], (-1, HALVES_PER_BAR))
    return Structure(number_labels([window[0] for window in windows]), note_sources, rhythm_sources, chords)


def _from_song_labels(labels: list[str], random: np.random.Generator) -> Structure:
    """Return a structure in which most repeated windows repeat note for note, in all roles."""
    firsts = np.array([labels.index(label) for label in labels])
    is_exact = (firsts != np.arange(len(labels))) & (random.random(len(labels)) < EXACT_REPEAT_PROBABILITY)
    bars = BARS_PER_WINDOW * firsts[:, None] + np.arange(BARS_PER_WINDOW)
    sources = np.repeat(np.where(is_exact[:, None], bars, NO_SOURCE).reshape(-1)[:, None], N_ROLES, axis=1)
    no_chords = np.full((len(sources), HALVES_PER_BAR), NO_SOURCE)
    return Structure(number_labels(labels), sources, np.full_like(sources, NO_SOURCE), no_chords)


def number_labels(labels: Sequence[object]) -> I64:
    """Number labels from 0 by first appearance: "ABAC" to 0, 1, 0, 2."""
    firsts = list(dict.fromkeys(labels))
    return np.array([firsts.index(label) for label in labels], np.int64)


def _sample_song_labels(n_windows: int, random: np.random.Generator) -> list[str]:
    """Sample a label for each window from song patterns. The last window is new, so that the piece can end."""
    n_phrases = -(-n_windows // PHRASE_WINDOWS)
    phrases = str(random.choice(PHRASE_PATTERNS[n_phrases]))
    patterns = {phrase: str(random.choice(WINDOW_PATTERNS)) for phrase in sorted(set(phrases))}
    labels = [phrase + patterns[phrase][index] for phrase in phrases for index in range(PHRASE_WINDOWS)][:n_windows]
    return [*labels[:-1], "end"] if n_windows > PHRASE_WINDOWS else labels
