"""Plain arrangements of written music: a melody alone, or with chords and a bass that follow from its bars.

Editors' scores are richer than what many people play first: a tune, one chord a bar, a bass. Examples of it are made
from the top notes of a piece and the pitches that sound longest in each bar.
"""

from __future__ import annotations

import numpy as np
from score.arrays import F64, I64

from training.beats.written_rhythm import WrittenRhythm

SIMPLE_BPM, COMPOUND_BPM, SPREAD = 112.0, 98.0, 0.3
"""Median tempos in beats per minute, and the standard deviation of their logarithm."""
PLAIN_SHARE = 0.35
"""Share of the examples of levels and bars that are plain arrangements."""
SHARE_ALONE = 0.3
"""Share of these that are a melody without accompaniment."""
LONG_SHARE, MAX_SHORT_QUARTERS = 0.5, 0.55
"""Of the pieces in simple meters that mostly run in values up to the second, the first share is written in doubled
values: tunes in quarters and halves, as in songbooks."""
BASS_PITCH, CHORD_PITCH = 36, 52
VELOCITY = 76.0


def arrange_plainly(piece: WrittenRhythm, rng: np.random.Generator) -> WrittenRhythm:
    """Return a plain arrangement of a piece at a common tempo; the piece itself if it has no bars of pitched notes."""
    intervals = np.diff(np.unique(np.round(piece.notes[:, 0], 3)))
    is_short = len(intervals) > 0 and float(np.median(intervals)) <= MAX_SHORT_QUARTERS
    if not piece.is_compound and is_short and rng.random() < LONG_SHARE:
        piece = _in_long_values(piece)
    pitched = piece.notes[~piece.is_drum]
    bars = np.flatnonzero(piece.is_downbeat)
    if len(pitched) < 2 or len(bars) < 2:
        return piece
    melody = _top_notes(pitched)
    rows = [melody] if rng.random() < SHARE_ALONE else [melody, *_accompaniment(piece, pitched, bars, rng)]
    notes = np.concatenate(rows)
    tracks = np.concatenate([np.full(len(part), index) for index, part in enumerate(rows)])
    order = np.argsort(notes[:, 0], kind="stable")
    bpm = (COMPOUND_BPM if piece.is_compound else SIMPLE_BPM) * np.exp(rng.normal(0, SPREAD))
    index = np.arange(len(piece.beats), dtype=np.float64)
    return piece._replace(
        notes=notes[order], tracks=tracks[order], is_drum=np.zeros(len(notes), dtype=bool), beats_s=index * 60 / bpm
    )


def _in_long_values(piece: WrittenRhythm) -> WrittenRhythm:
    """Double all values: each bar becomes two."""
    index = np.arange(len(piece.beats))
    halves = np.arange(2 * len(index) - 1) / 2
    is_downbeat = np.zeros(len(halves) + piece.beats_per_bar, dtype=bool)
    bars = np.flatnonzero(piece.is_downbeat)
    is_downbeat[2 * bars] = True
    is_downbeat[2 * bars[np.append(np.diff(bars) == piece.beats_per_bar, True)] + piece.beats_per_bar] = True
    return piece._replace(
        notes=piece.notes * np.array([2.0, 2.0, 1.0, 1.0]),
        beats=2 * np.interp(halves, index, piece.beats),
        is_downbeat=is_downbeat[: len(halves)],
        beats_s=np.interp(halves, index, piece.beats_s),
    )


def _top_notes(notes: F64) -> F64:
    """Return the highest note of each onset."""
    order = np.lexsort((-notes[:, 2], notes[:, 0]))
    _, first = np.unique(np.round(notes[order, 0], 3), return_index=True)
    return np.asarray(notes[order[first]])


def _accompaniment(piece: WrittenRhythm, notes: F64, bars: I64, rng: np.random.Generator) -> list[F64]:
    """Return a bass and chords, in the same pattern in each bar."""
    per_bar = piece.beats_per_bar
    patterns: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((0,), (0,)), ((0,), tuple(range(1, per_bar)))]
    patterns += [((), (0,)), ((0,), ()), (tuple(range(per_bar)), (0,))]
    patterns += [((0, 2), (1, 3)), ((0, 2), (0, 2))] if per_bar == 4 else []
    bass_beats, chord_beats = patterns[int(rng.integers(len(patterns)))]
    bass, chords = [], []
    for first, end in zip(bars, [*bars[1:], len(piece.beats) - 1], strict=True):
        edges = piece.beats[first : end + 1]
        within = (notes[:, 0] >= edges[0] - 1e-6) & (notes[:, 0] < edges[-1] - 1e-6)
        if len(edges) < 2 or not within.any():
            continue
        weights = np.bincount(notes[within, 2].astype(int) % 12, weights=notes[within, 1], minlength=12)
        pitches = np.argsort(-weights, kind="stable")[: min(3, int((weights > 0).sum()))]
        bass += _chord_on(edges, bass_beats, [BASS_PITCH + int(pitches[0])])
        chords += _chord_on(edges, chord_beats, [CHORD_PITCH + int(pitch) for pitch in pitches])
    return [np.array(rows) for rows in (bass, chords) if rows]


def _chord_on(edges: F64, beats: tuple[int, ...], pitches: list[int]) -> list[tuple[float, float, float, float]]:
    """Return notes on some beats of a bar, each up to the next one."""
    inside = [beat for beat in beats if beat < len(edges) - 1]
    ends = [*inside, len(edges) - 1][1:]
    return [
        (float(edges[beat]), float(edges[end] - edges[beat]), float(pitch), VELOCITY)
        for beat, end in zip(inside, ends, strict=True)
        for pitch in pitches
    ]
