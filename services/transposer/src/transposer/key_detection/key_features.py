"""Features of a piece for key detection: one vector that rotates with the piece when it is transposed.

The vector consists of histograms over the twelve pitch classes, two tables of transitions between pitch classes (12 by
12), and a few numbers about the texture. Rotated to a tonic (`rotate_to_tonics`), all pitch classes become scale
degrees. A method that scores each tonic by the same weights therefore treats all keys alike.
"""

from __future__ import annotations

import numpy as np
from score.arrays import F64, I64, Bool
from score.key_profiles import ALBRECHT_SHANAHAN, KRUMHANSL_KESSLER, correlate

from transposer.key_detection.beat_chords import (
    MAJOR,
    MINOR,
    N_CHORD_KINDS,
    N_CHORDS,
    SAME_MOMENT_QUARTERS,
    SEVENTH,
    BeatPitches,
    classify_bar_chords,
    classify_chords,
    extract_beat_pitches,
)
from transposer.key_detection.pitched_notes import PitchedNotes, final_chord_pitches

_OUTER_SHARE, _MIN_OUTER_QUARTERS = 0.2, 8.0
"""The opening and the closing are a fifth of the piece each, at least two bars of 4/4."""

_OUTER_BAR_QUARTERS = 4.0
"""Length of the first and the last bar, as of 4/4."""

_MAX_NOTE_QUARTERS = 8.0
_PERIODS_BARS = (4, 8)
_SHARE_SCALE = 3.0
"""Scales shares of the whole to the size of the other features."""

_PROFILES = np.stack([ALBRECHT_SHANAHAN, KRUMHANSL_KESSLER])

N_HISTOGRAMS, N_TRANSITION_TABLES, N_TEXTURE = 54, 2, 3
N_FEATURES = 12 * N_HISTOGRAMS + 144 * N_TRANSITION_TABLES + N_TEXTURE


def extract_key_features(notes: PitchedNotes) -> F64:
    """Compute the features of a piece; shape (N_FEATURES,)."""
    beats = extract_beat_pitches(notes)
    histograms = [*_span_histograms(notes), *_accent_histograms(notes, beats), *_boundary_notes(notes, beats)]
    bar_chords = classify_bar_chords(beats, notes.beat_grid)[1]
    beat_chords = classify_chords(beats.chroma[beats.sounding_beats], beats.lowest)
    for labels in (bar_chords, beat_chords):
        histograms += _chord_histograms(labels)
    transitions = [_melody_transitions(notes), _bass_transitions(beats)]
    return np.concatenate([*histograms, *(table.ravel() for table in transitions), _texture(notes, beats)])


def rotate_to_tonics(features: F64) -> F64:
    """Return features relative to each of the twelve tonics; shape (..., N_FEATURES) to (..., 12, N_FEATURES)."""
    return np.asarray(features[..., TONIC_ROTATIONS])


def _span_histograms(notes: PitchedNotes) -> list[F64]:
    """Return histograms of the whole, opening, closing, first and last bar, and the correlations with key profiles."""
    start, end = float(notes.onsets_quarters.min()), float(notes.ends_quarters.max())
    outer = max(_MIN_OUTER_QUARTERS, _OUTER_SHARE * (end - start))
    spans = (
        (start, end),
        (start, start + outer),
        (end - outer, end),
        (start, start + _OUTER_BAR_QUARTERS),
        (end - _OUTER_BAR_QUARTERS, end),
    )
    durations = np.array([_pitch_class_durations(notes, begin, stop) for begin, stop in spans])
    share = _SHARE_SCALE * durations[0] / durations[0].sum()
    return [share, *_sqrt_normalize(durations), *correlate(durations[:3], _PROFILES).reshape(-1, 12)]


def _accent_histograms(notes: PitchedNotes, beats: BeatPitches) -> list[F64]:
    """Return histograms of onsets, of long notes, notes on bar lines, outer voices, and the bass at phrase ends."""
    classes = notes.pitches % 12
    durations = np.minimum(notes.ends_quarters - notes.onsets_quarters, _MAX_NOTE_QUARTERS)
    rows = [
        _pitch_class_histogram(classes),
        _pitch_class_histogram(classes, durations**2),
        _pitch_class_histogram(classes, durations * _is_on_bar_line(notes)),
        _pitch_class_histogram(beats.lowest % 12),
        _pitch_class_histogram(beats.highest % 12),
    ]
    phrase_ends = (row for period in _PERIODS_BARS for row in _phrase_ends(notes, beats, period))
    return [*_sqrt_normalize(np.array([*rows, *phrase_ends]))]


def _phrase_ends(notes: PitchedNotes, beats: BeatPitches, period_bars: int) -> tuple[F64, F64]:
    """Return histograms of the bass at the end of every period of bars, and at the beginning of the next one."""
    starts = notes.beat_grid.first_beats[period_bars::period_bars]
    before = np.searchsorted(beats.sounding_beats, np.append(starts, notes.beat_grid.n_beats), "left") - 1
    after = np.searchsorted(beats.sounding_beats, starts, "left")
    ends = beats.lowest[before[before >= 0]]
    begins = beats.lowest[after[after < len(beats.sounding_beats)]]
    return _pitch_class_histogram(ends % 12), _pitch_class_histogram(begins % 12)


def _boundary_notes(notes: PitchedNotes, beats: BeatPitches) -> list[F64]:
    """Return one-hot rows of the outer notes of the last and first chords, and the histogram of the last chord."""
    final = final_chord_pitches(notes)
    first = notes.pitches[notes.onsets_quarters <= notes.onsets_quarters.min() + SAME_MOMENT_QUARTERS]
    on_line = np.flatnonzero(_is_on_bar_line(notes))
    downbeat = on_line[notes.onsets_quarters[on_line].argmin()] if len(on_line) else 0
    pitches = (final.min(), final.max(), first.min(), first.max(), notes.pitches[downbeat], beats.lowest[-1])
    return [*(_one_hot(int(pitch) % 12) for pitch in pitches), _sqrt_normalize(_pitch_class_histogram(final % 12))]


def _chord_histograms(labels: I64) -> list[F64]:
    """Return histograms of the roots by kind, of chords that a falling fifth resolves to, and of the outer chords."""
    kinds, roots = labels // 12, labels % 12
    counts = np.sqrt(np.bincount(labels, minlength=N_CHORDS) / len(labels)).reshape(N_CHORD_KINDS, 12)
    resolves = (roots[:-1] - roots[1:]) % 12 == 7
    resolves &= (kinds[:-1] == MAJOR) | (kinds[:-1] == SEVENTH)
    resolutions = [
        np.sqrt(_pitch_class_histogram(roots[1:][resolves & (kinds[1:] == kind)]) / len(labels))
        for kind in (MAJOR, MINOR)
    ]
    outer = [_one_hot(roots[at]) * (kinds[at] == kind) for at in (-1, 0) for kind in (MAJOR, MINOR)]
    return [*counts, *resolutions, *outer]


def _melody_transitions(notes: PitchedNotes) -> F64:
    """Return the transitions along the highest notes of every track; shape (12, 12)."""
    order = np.lexsort((notes.pitches, notes.onsets_quarters, notes.tracks))
    tracks, onsets = notes.tracks[order], notes.onsets_quarters[order]
    is_highest = np.append((tracks[1:] != tracks[:-1]) | (onsets[1:] != onsets[:-1]), True)
    highest, track = notes.pitches[order][is_highest] % 12, tracks[is_highest]
    is_same_track = track[1:] == track[:-1]
    return _transition_table(highest[:-1][is_same_track], highest[1:][is_same_track])


def _bass_transitions(beats: BeatPitches) -> F64:
    """Return the transitions between different pitch classes along the lowest notes; shape (12, 12)."""
    bass = beats.lowest % 12
    changes = bass[1:] != bass[:-1]
    return _transition_table(bass[:-1][changes], bass[1:][changes])


def _texture(notes: PitchedNotes, beats: BeatPitches) -> F64:
    """Return mean polyphony, length and share of sounding beats: they tell the network which features to trust."""
    edges = notes.beat_grid.beat_edges_quarters
    length = max(float(edges[-1] - edges[0]), 1.0)
    polyphony = float((notes.ends_quarters - notes.onsets_quarters).sum()) / length
    log_bars = np.log2(1 + notes.beat_grid.n_bars)
    sounding_share = len(beats.sounding_beats) / notes.beat_grid.n_beats
    return np.array([min(polyphony, 4.0) / 4, min(log_bars, 8.0) / 8, sounding_share])


def _pitch_class_durations(notes: PitchedNotes, start_quarters: float, stop_quarters: float) -> F64:
    """Return the quarters sounded per pitch class within a span."""
    within = np.minimum(notes.ends_quarters, stop_quarters) - np.maximum(notes.onsets_quarters, start_quarters)
    return _pitch_class_histogram(notes.pitches % 12, np.maximum(within, 0.0))


def _is_on_bar_line(notes: PitchedNotes) -> Bool:
    lines = notes.beat_grid.bar_onsets_quarters
    nearest = np.searchsorted(lines, notes.onsets_quarters + SAME_MOMENT_QUARTERS, "right") - 1
    return np.asarray(notes.onsets_quarters - lines[np.maximum(nearest, 0)] < SAME_MOMENT_QUARTERS)


def _transition_table(before: I64, after: I64) -> F64:
    """Return the normalized counts of transitions between pitch classes; shape (12, 12)."""
    return _sqrt_normalize(np.bincount(before * 12 + after, minlength=144).astype(np.float64)).reshape(12, 12)


def _pitch_class_histogram(classes: I64, weights: F64 | None = None) -> F64:
    return np.bincount(classes, weights, minlength=12).astype(np.float64)


def _one_hot(pitch_class: int) -> F64:
    row = np.zeros(12)
    row[pitch_class] = 1.0
    return row


def _sqrt_normalize(rows: F64) -> F64:
    """Return square roots of each row's shares: the square root gives rare tones more influence."""
    totals = rows.sum(axis=-1, keepdims=True)
    return np.asarray(np.sqrt(rows / np.where(totals > 0, totals, 1.0)))


def _tonic_rotations() -> I64:
    """Return the index of each feature relative to each tonic; shape (12, N_FEATURES)."""
    rows = []
    for tonic in range(12):
        classes = (np.arange(12) + tonic) % 12
        histograms = np.arange(N_HISTOGRAMS)[:, None] * 12 + classes
        tables = np.arange(N_TRANSITION_TABLES)[:, None, None] * 144 + classes[:, None] * 12 + classes
        texture = np.arange(N_FEATURES - N_TEXTURE, N_FEATURES)
        rows.append(np.concatenate([histograms.ravel(), (12 * N_HISTOGRAMS + tables).ravel(), texture]))
    return np.array(rows)


TONIC_ROTATIONS = _tonic_rotations()
