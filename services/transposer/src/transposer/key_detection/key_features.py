"""What speaks for a key, counted: one vector a piece, which turns with the piece when it is transposed.

The vector holds groups of twelve numbers, one for each pitch class, and two tables of twelve by twelve, one for each
step from a pitch class to another. Seen from a tonic (`seen_from`) all of it is in degrees of the scale, so a method
that scores each tonic by the same weights treats all keys alike: what it learns in G it knows in A flat.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transposer.key_detection.pitched_notes import Indices, Pitches, Pulse, Quarters
from transposer.profiles import correlate_all

Values = NDArray[np.float64]

_EDGE_SHARE, _EDGE_QUARTERS = 0.2, 8.0
"""The opening and the closing: a fifth of the piece, two bars of 4/4 at least."""

_GLANCE_QUARTERS = 4.0
"""The very first and the very last notes: a bar of 4/4."""

_LONGEST_QUARTERS = 8.0
_REST_QUARTERS = 0.5
"""Notes that end this long before the last one still belong to the final chord."""

_SAME_MOMENT_QUARTERS = 1e-3
_PERIODS_BARS = (4, 8)
_MAJOR, _MINOR, _DIMINISHED, _SEVENTH = range(4)
_CHORDS = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 7, 10))
_SHARE_SCALE = 3.0
"""Brings shares of a whole to the size of the other numbers."""


class Beats(NamedTuple):
    """What sounds on each beat.

    ``chroma`` is the quarters sounded per pitch class, shape (beats, 12); ``low`` and ``high`` are the outer pitches of
    the beats ``filled`` that something sounds on, all of shape (filled,).
    """

    chroma: Values
    filled: Indices
    low: Indices
    high: Indices


def _templates() -> Values:
    """Unit vectors of all major, minor, diminished and dominant seventh chords; shape (12, 48), by kind, then root."""
    table = np.zeros((12, len(_CHORDS), 12))
    for kind, degrees in enumerate(_CHORDS):
        for root in range(12):
            table[[(root + degree) % 12 for degree in degrees], kind, root] = len(degrees) ** -0.5
    return table.reshape(12, -1)


_TEMPLATES = _templates()
_LIFT = 0.02
_ROOT_LIFTS = np.tile(_LIFT * (1 - (np.arange(12) - np.arange(12)[:, None]) % 12 / 12), len(_CHORDS))
"""What is added to a chord's likeness by lowest pitch class; shape (12, 48)."""

_ABOVE_ALL = 128
_MOST_PARTS = 1_000_000
"""Into how many parts the beats may cut all notes: of a file that holds down half a million keys for hours, each note
counts for its first beats only."""


def measure(pitches: Pitches) -> Values:
    """Count all evidence of a piece; shape (`N_VALUES`,)."""
    beats = beats_of(pitches)
    groups = [*_stretches(pitches), *_accents(pitches, beats), *_corners(pitches, beats)]
    for labels in (bar_chords(beats, pitches.pulse)[1], chord_labels(beats.chroma[beats.filled], beats.low)):
        groups += _harmonies(labels)
    steps = [_melodic_steps(pitches), _bass_steps(beats)]
    return np.concatenate([*groups, *(table.ravel() for table in steps), _texture(pitches, beats)])


def beats_of(pitches: Pitches) -> Beats:
    """Cut every note at the beats and gather what sounds on each."""
    edges, n_beats = pitches.pulse.edges, pitches.pulse.n_beats
    first = np.searchsorted(edges, pitches.onsets + _SAME_MOMENT_QUARTERS, "right") - 1
    last = np.maximum(np.searchsorted(edges, pitches.ends - _SAME_MOMENT_QUARTERS, "left") - 1, first)
    counts = np.minimum(last - first + 1, max(1, _MOST_PARTS // len(first)))
    note = np.repeat(np.arange(len(counts)), counts)
    beat = np.arange(len(note)) - np.repeat(np.cumsum(counts) - counts - first, counts)
    sounded = np.minimum(pitches.ends[note], edges[beat + 1]) - np.maximum(pitches.onsets[note], edges[beat])
    pitch = pitches.pitches[note]
    places = beat * 12 + pitch % 12
    chroma = np.bincount(places, np.maximum(sounded, 0.0), 12 * n_beats).astype(np.float64).reshape(-1, 12)
    order = np.lexsort((pitch, beat))
    filled, starts = np.unique(beat[order], return_index=True)
    ends = np.append(starts[1:], len(order)) - 1
    return Beats(chroma, filled, pitch[order[starts]], pitch[order[ends]])


def seen_from_every_tonic(values: Values) -> Values:
    """See a piece's evidence from each of the twelve tonics; shape (12, `N_VALUES`)."""
    return np.asarray(values[..., TURNS])


def chord_labels(chroma: Values, low: Indices) -> Indices:
    """Name the chord that each row of a chroma, over its lowest pitch, is nearest to: kind * 12 + root.

    Of chords that are about as near, the one whose root is soonest reached upwards from the lowest pitch is taken: a
    single tone is its own root in every key.
    """
    lifted = _ROOT_LIFTS[low % 12] * np.sqrt((chroma * chroma).sum(axis=1, keepdims=True))
    return np.asarray((chroma @ _TEMPLATES + lifted).argmax(axis=1))


def bar_chords(beats: Beats, pulse: Pulse) -> tuple[Indices, Indices]:
    """Name the chord of every bar that something sounds in; give these bars and their chords."""
    chroma = np.add.reduceat(beats.chroma, pulse.bars, axis=0)
    low = np.full(pulse.n_beats, _ABOVE_ALL)
    low[beats.filled] = beats.low
    lowest = np.minimum.reduceat(low, pulse.bars)
    sounding = np.flatnonzero(lowest < _ABOVE_ALL)
    return sounding, chord_labels(chroma[sounding], lowest[sounding])


def _stretches(pitches: Pitches) -> list[Values]:
    """Pitch classes of the whole, the opening, the closing, the first bar and the last; and how profiles like them."""
    start, end = float(pitches.onsets.min()), float(pitches.ends.max())
    edge = max(_EDGE_QUARTERS, _EDGE_SHARE * (end - start))
    spans = (
        (start, end),
        (start, start + edge),
        (end - edge, end),
        (start, start + _GLANCE_QUARTERS),
        (end - _GLANCE_QUARTERS, end),
    )
    sounded = np.array([_sounded(pitches, begin, stop) for begin, stop in spans])
    share = _SHARE_SCALE * sounded[0] / sounded[0].sum()
    return [share, *_rooted(sounded), *correlate_all(sounded[:3]).reshape(-1, 12)]


def _accents(pitches: Pitches, beats: Beats) -> list[Values]:
    """Pitch classes of what stands out: struck often, long, on the bar line, outermost, where periods meet."""
    classes = pitches.pitches % 12
    lengths = np.minimum(pitches.ends - pitches.onsets, _LONGEST_QUARTERS)
    rows = [
        _tally(classes),
        _tally(classes, lengths**2),
        _tally(classes, lengths * _on_bar_line(pitches)),
        _tally(beats.low % 12),
        _tally(beats.high % 12),
    ]
    joints = (row for period in _PERIODS_BARS for row in _joints(pitches, beats, period))
    return [*_rooted(np.array([*rows, *joints]))]


def _joints(pitches: Pitches, beats: Beats, period_bars: int) -> tuple[Values, Values]:
    """Lowest notes at the ends of every few bars, and at the beginnings that follow."""
    begins = pitches.pulse.bars[period_bars::period_bars]
    before = np.searchsorted(beats.filled, np.append(begins, pitches.pulse.n_beats), "left") - 1
    after = np.searchsorted(beats.filled, begins, "left")
    ends = beats.low[before[before >= 0]]
    return _tally(ends % 12), _tally(beats.low[after[after < len(beats.filled)]] % 12)


def _corners(pitches: Pitches, beats: Beats) -> list[Values]:
    """The outer notes of the final chord and of the first, the final chord itself, and the first on a bar line."""
    final = pitches.pitches[pitches.ends >= pitches.ends.max() - _REST_QUARTERS]
    first = pitches.pitches[pitches.onsets <= pitches.onsets.min() + _SAME_MOMENT_QUARTERS]
    on_line = np.flatnonzero(_on_bar_line(pitches))
    met = on_line[pitches.onsets[on_line].argmin()] if len(on_line) else 0
    edges = (final.min(), final.max(), first.min(), first.max(), pitches.pitches[met], beats.low[-1])
    return [*(_one(int(pitch) % 12) for pitch in edges), _rooted(_tally(final % 12))]


def _harmonies(labels: Indices) -> list[Values]:
    """Roots of the chords by kind, the chords that a falling fifth arrives at, and the outer chords."""
    kinds, roots = labels // 12, labels % 12
    counts = np.sqrt(np.bincount(labels, minlength=48) / len(labels)).reshape(4, 12)
    falls = (roots[:-1] - roots[1:]) % 12 == 7
    falls &= (kinds[:-1] == _MAJOR) | (kinds[:-1] == _SEVENTH)
    arrivals = [np.sqrt(_tally(roots[1:][falls & (kinds[1:] == kind)]) / len(labels)) for kind in (_MAJOR, _MINOR)]
    outer = [_one(roots[at]) * (kinds[at] == kind) for at in (-1, 0) for kind in (_MAJOR, _MINOR)]
    return [*counts, *arrivals, *outer]


def _melodic_steps(pitches: Pitches) -> Values:
    """Share of each step between pitch classes along the highest notes of every track; shape (12, 12)."""
    order = np.lexsort((pitches.pitches, pitches.onsets, pitches.tracks))
    tracks, onsets = pitches.tracks[order], pitches.onsets[order]
    is_top = np.append((tracks[1:] != tracks[:-1]) | (onsets[1:] != onsets[:-1]), True)
    top, owner = pitches.pitches[order][is_top] % 12, tracks[is_top]
    same = owner[1:] == owner[:-1]
    return _steps(top[:-1][same], top[1:][same])


def _bass_steps(beats: Beats) -> Values:
    """Share of each step between different pitch classes along the lowest notes; shape (12, 12)."""
    low = beats.low % 12
    moves = low[1:] != low[:-1]
    return _steps(low[:-1][moves], low[1:][moves])


def _texture(pitches: Pitches, beats: Beats) -> Values:
    """How many sound at once, how long the piece is, and how much of it is silent: says which evidence to trust."""
    covered = max(float(pitches.pulse.edges[-1] - pitches.pulse.edges[0]), 1.0)
    thickness = float((pitches.ends - pitches.onsets).sum()) / covered
    length = np.log2(1 + len(pitches.pulse.bars))
    return np.array([min(thickness, 4.0) / 4, min(length, 8.0) / 8, len(beats.filled) / pitches.pulse.n_beats])


def _sounded(pitches: Pitches, begin: float, stop: float) -> Values:
    """Quarters sounded per pitch class between two moments."""
    within = np.minimum(pitches.ends, stop) - np.maximum(pitches.onsets, begin)
    return _tally(pitches.pitches % 12, np.maximum(within, 0.0))


def _on_bar_line(pitches: Pitches) -> NDArray[np.bool_]:
    lines = pitches.pulse.edges[pitches.pulse.bars]
    nearest = np.searchsorted(lines, pitches.onsets + _SAME_MOMENT_QUARTERS, "right") - 1
    return np.asarray(pitches.onsets - lines[np.maximum(nearest, 0)] < _SAME_MOMENT_QUARTERS)


def _steps(before: Indices, after: Indices) -> Values:
    return _rooted(np.bincount(before * 12 + after, minlength=144).astype(np.float64)).reshape(12, 12)


def _tally(classes: Indices, weights: Quarters | None = None) -> Values:
    return np.bincount(classes, weights, minlength=12).astype(np.float64)


def _one(pitch_class: int) -> Values:
    row = np.zeros(12)
    row[pitch_class] = 1.0
    return row


def _rooted(rows: Values) -> Values:
    """Shares of each row's whole, as square roots: a rare tone that does sound then tells as it should."""
    totals = rows.sum(axis=-1, keepdims=True)
    return np.asarray(np.sqrt(rows / np.where(totals > 0, totals, 1.0)))


N_GROUPS, N_TABLES, N_TEXTURE = 54, 2, 3
N_VALUES = 12 * N_GROUPS + 144 * N_TABLES + N_TEXTURE


def _turns() -> Indices:
    """Where each value, seen from each tonic, stands in the vector; shape (12, `N_VALUES`)."""
    rows = []
    for tonic in range(12):
        classes = (np.arange(12) + tonic) % 12
        groups = np.arange(N_GROUPS)[:, None] * 12 + classes
        tables = 12 * N_GROUPS + np.arange(N_TABLES)[:, None, None] * 144 + classes[:, None] * 12 + classes
        rest = np.arange(N_VALUES - N_TEXTURE, N_VALUES)
        rows.append(np.concatenate([groups.ravel(), tables.ravel(), rest]))
    return np.array(rows)


TURNS = _turns()
