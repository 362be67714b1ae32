"""The keys that a piece passes through, bar by bar.

Each bar, heard with its neighbours, is scored in all keys by a small trained network; a hidden Markov model over the
bars then finds the likeliest course, in which a key is left seldom and rather for a near one than for a far one. Each
stretch that comes out is then named as a piece by itself would be (`transposer.key_detection.detector`). How near two
keys are is taken from how Krumhansl and Kessler's profiles of them correlate (*Cognitive Foundations of Musical
Pitch*, 1990, ch. 2).
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transposer.key_detection import key_network
from transposer.key_detection.detector import Key, weigh
from transposer.key_detection.key_features import Beats, Values, bar_chords, beats_of
from transposer.key_detection.pitched_notes import Indices, Pitches, Pulse, cut
from transposer.profiles import KRUMHANSL_KESSLER, correlate

_NEIGHBOURS = np.array([0.25, 0.5, 1.0, 0.5, 0.25])
"""How much of the bars before and after is heard with a bar."""

_N_GROUPS = 9
N_BAR_VALUES = 12 * _N_GROUPS

_SHORT_BARS = 4
"""A shorter stretch is too little to be heard as a piece by itself."""

_UNLIKELY = -3.0
"""Keys that the whole piece speaks against count as if they were this unlikely (log): they may come by all the same."""


class Passage(NamedTuple):
    """A stretch of whole bars in one key; ``confidence`` is the mean over its bars, 0 to 1."""

    first_bar: int
    n_bars: int
    key: Key
    confidence: float


class Course(NamedTuple):
    """How keys are thought to change; the values were chosen on the development part of the training music.

    Attributes
    ----------
    change : float
        How likely a key is left at a bar line.
    nearness : float
        How much likelier a near key comes than a far one: the exponent's factor of their profiles' correlation.
    trust : float
        How much of a bar's scores counts; neighbouring bars share what they hear.
    whole : float
        How much the key of the whole piece counts at each bar.
    stretch : float
        How much a bar's scores count, beside those of its stretch heard as a piece, when the stretch is named.
    naming : float
        How much the key of the whole piece counts when a stretch is named.
    """

    change: float = 0.001
    nearness: float = 1.0
    trust: float = 0.7
    whole: float = 0.05
    stretch: float = 0.03
    naming: float = 0.2


_COURSE = Course()


def passages(pitches: Pitches, course: Course = _COURSE) -> list[Passage]:
    """Find the keys that a piece passes through, in order, without gaps."""
    values = bar_values(beats_of(pitches), pitches.pulse)
    heard = key_network.load("local").scores(seen_from_every_tonic(values).astype(np.float32)).reshape(-1, 24)
    heard -= heard.max(axis=1, keepdims=True)
    whole = np.maximum(np.log(weigh(pitches).ravel() + 1e-9), _UNLIKELY)
    path = decode(course.trust * heard + course.whole * whole, course)
    found = [_named(pitches, heard, whole, first, stop, course) for first, stop in _stretches(path)]
    return _merged(found)


def _stretches(path: Indices) -> list[tuple[int, int]]:
    """List where each run of one key begins, and the bar after its last."""
    starts = [0, *(np.flatnonzero(path[1:] != path[:-1]) + 1).tolist()]
    return list(pairwise([*starts, len(path)]))


def _named(pitches: Pitches, heard: Values, whole: Values, first: int, stop: int, course: Course) -> Passage:
    """Name the key of a stretch; one that is long enough is heard as a piece by itself, its ends and all."""
    scores = heard[first:stop].sum(axis=0)
    if stop - first < _SHORT_BARS or not (alone := cut(pitches, first, stop)).pitches.size:
        scores = course.trust * scores + course.whole * whole
    else:
        scores = np.log(weigh(alone, "stretch").ravel() + 1e-4) + course.stretch * scores + course.naming * whole
    best = int(scores.argmax())
    return Passage(first, stop - first, Key(best % 12, best >= 12), float(1 / np.exp(scores - scores[best]).sum()))


def _merged(found: list[Passage]) -> list[Passage]:
    """Join neighbours of one key; their confidence is the mean over the bars."""
    merged: list[Passage] = []
    for each in found:
        if merged and merged[-1].key == each.key:
            last = merged.pop()
            n_bars = last.n_bars + each.n_bars
            confidence = (last.confidence * last.n_bars + each.confidence * each.n_bars) / n_bars
            each = Passage(last.first_bar, n_bars, each.key, confidence)
        merged.append(each)
    return merged


def bar_values(beats: Beats, pulse: Pulse) -> Values:
    """Count what speaks for a key around every bar; shape (bars, `N_BAR_VALUES`)."""
    rows = np.zeros((pulse.n_beats, 12 * 8))
    rows[:, :12] = beats.chroma
    rows[beats.filled, 12 + beats.low % 12] = 1.0
    bars = np.add.reduceat(rows, pulse.bars, axis=0)
    sounding, labels = bar_chords(beats, pulse)
    bars[sounding, 24 + labels] = 1.0
    _add_arrivals(bars, sounding, labels)
    around = _blurred(bars).reshape(len(bars), 8, 12)
    shares = around / np.maximum(around.sum(axis=2, keepdims=True), 1e-9)
    # The last six groups are kinds of one thing: they are shares of all chords together.
    chords = around[:, 2:] / np.maximum(around[:, 2:6].sum(axis=(1, 2)), 1e-9)[:, None, None]
    parts = (2.0 * shares[:, :1], np.sqrt(shares[:, :2]), np.sqrt(chords))
    return np.asarray(np.concatenate(parts, axis=1).reshape(len(bars), -1), dtype=np.float64)


def seen_from_every_tonic(values: Values) -> Values:
    """See bars from each of the twelve tonics; shape (bars, 12, `N_BAR_VALUES`)."""
    return np.asarray(values[:, TURNS])


def decode(scores: Values, course: Course) -> Indices:
    """Find the likeliest course of keys (Viterbi; Rabiner, *Proc. IEEE* 77, 1989).

    Parameters
    ----------
    scores : ndarray, shape (bars, 24)
        Log-likelihoods of each bar in each key, up to a constant a bar.
    course : Course
        What changes of key are like.

    Returns
    -------
    ndarray, shape (bars,), int64
        A key for each bar: its tonic, and 12 more if it is minor.
    """
    moves = np.log(_moves(course))
    best, back = scores[0], np.zeros((len(scores), 24), dtype=np.int64)
    every = np.arange(24)
    for bar in range(1, len(scores)):
        ways = best[:, None] + moves
        back[bar] = ways.argmax(axis=0)
        best = ways[back[bar], every] + scores[bar]
    path = np.empty(len(scores), dtype=np.int64)
    path[-1] = best.argmax()
    for bar in range(len(scores) - 1, 0, -1):
        path[bar - 1] = back[bar, path[bar]]
    return path


def _moves(course: Course) -> Values:
    """Chances of going from a key to a key in one bar; shape (24, 24)."""
    near = np.array([np.roll(_NEARNESS_OF[mode], tonic, axis=-1) for mode in (0, 1) for tonic in range(12)])
    weights = np.exp(course.nearness * near.reshape(24, 24))
    np.fill_diagonal(weights, 0.0)
    moves = course.change * weights / weights.sum(axis=1, keepdims=True)
    np.fill_diagonal(moves, 1.0 - course.change)
    return np.asarray(moves)


def _add_arrivals(bars: Values, sounding: Indices, labels: Indices) -> None:
    """Mark the bars whose chord a falling fifth arrives at, by kind: major, then minor."""
    kinds, roots = labels // 12, labels % 12
    falls = ((roots[:-1] - roots[1:]) % 12 == 7) & ((kinds[:-1] == 0) | (kinds[:-1] == 3)) & (kinds[1:] <= 1)
    bars[sounding[1:][falls], 72 + labels[1:][falls]] = 1.0


def _blurred(bars: Values) -> Values:
    """Add to each bar a share of its neighbours."""
    reach = len(_NEIGHBOURS) // 2
    padded = np.pad(bars, ((reach, reach), (0, 0)))
    return np.asarray(sum(weight * padded[at : at + len(bars)] for at, weight in enumerate(_NEIGHBOURS)))


TURNS: NDArray[np.int64] = np.array(
    [(np.arange(_N_GROUPS)[:, None] * 12 + (np.arange(12) + tonic) % 12).ravel() for tonic in range(12)]
)
_NEARNESS_OF = np.array([correlate(profile, KRUMHANSL_KESSLER) for profile in KRUMHANSL_KESSLER])
