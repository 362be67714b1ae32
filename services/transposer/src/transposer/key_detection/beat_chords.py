"""Pitch content of every beat, and the chords of beats and bars by template matching."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from score.arrays import F64, I64

from transposer.key_detection.beat_grid import BeatGrid
from transposer.key_detection.pitched_notes import PitchedNotes

MAJOR, MINOR, DIMINISHED, SEVENTH = range(4)
"""Kinds of chords. A chord's label is ``12 * kind + root``."""

_CHORD_DEGREES = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 7, 10))
N_CHORD_KINDS = len(_CHORD_DEGREES)
N_CHORDS = 12 * N_CHORD_KINDS

SAME_MOMENT_QUARTERS = 1e-3
"""Moments that are closer than this are simultaneous."""

_ROOT_BONUS = 0.02
"""Bonus for the chord whose root is the lowest pitch, relative to the length of the chroma vector."""

_NO_PITCH = 128
"""Greater than all MIDI pitches: the lowest pitch of a beat without notes."""

_MAX_NOTE_PIECES = 1_000_000
"""Maximum number of pieces into which the beats divide all notes. In a file of half a million notes that last for
hours, only the first beats of each note count."""


class BeatPitches(NamedTuple):
    """Pitches on each beat.

    Attributes
    ----------
    chroma : ndarray, shape (beats, 12), float64
        Quarters sounded per pitch class.
    sounding_beats : ndarray, shape (sounding beats,), int64
        Indices of the beats with notes.
    lowest, highest : ndarray, shape (sounding beats,), int64
        Outer MIDI pitches of these beats.
    """

    chroma: F64
    sounding_beats: I64
    lowest: I64
    highest: I64


def _build_templates() -> F64:
    """Return unit vectors of all chords, shape (12, N_CHORDS), by kind, then root."""
    table = np.zeros((12, N_CHORD_KINDS, 12))
    for kind, degrees in enumerate(_CHORD_DEGREES):
        for root in range(12):
            table[[(root + degree) % 12 for degree in degrees], kind, root] = len(degrees) ** -0.5
    return table.reshape(12, -1)


_TEMPLATES = _build_templates()
_ROOT_BONUSES = np.tile(_ROOT_BONUS * (1 - (np.arange(12) - np.arange(12)[:, None]) % 12 / 12), N_CHORD_KINDS)
"""Bonus of each chord, by pitch class of the lowest pitch; shape (12, N_CHORDS)."""


def extract_beat_pitches(notes: PitchedNotes) -> BeatPitches:
    """Divide every note at the beats and collect the pitches of each beat."""
    edges, n_beats = notes.beat_grid.beat_edges_quarters, notes.beat_grid.n_beats
    first = np.searchsorted(edges, notes.onsets_quarters + SAME_MOMENT_QUARTERS, "right") - 1
    # A note that begins just before the end of the piece belongs to the last beat.
    first = np.minimum(first, n_beats - 1)
    last = np.maximum(np.searchsorted(edges, notes.ends_quarters - SAME_MOMENT_QUARTERS, "left") - 1, first)
    # One row for each note and beat: the note's index, the beat, and how long the note sounds in it.
    counts = np.minimum(last - first + 1, max(1, _MAX_NOTE_PIECES // len(first)))
    note = np.repeat(np.arange(len(counts)), counts)
    beat = np.arange(len(note)) - np.repeat(np.cumsum(counts) - counts - first, counts)
    ends, onsets = notes.ends_quarters[note], notes.onsets_quarters[note]
    durations = np.minimum(ends, edges[beat + 1]) - np.maximum(onsets, edges[beat])
    pitch = notes.pitches[note]
    bins = beat * 12 + pitch % 12
    chroma = np.bincount(bins, np.maximum(durations, 0.0), 12 * n_beats).astype(np.float64).reshape(-1, 12)
    # Sorted by beat and pitch, the first row of a beat has its lowest pitch and the last row its highest.
    order = np.lexsort((pitch, beat))
    sounding_beats, starts = np.unique(beat[order], return_index=True)
    stops = np.append(starts[1:], len(order)) - 1
    return BeatPitches(chroma, sounding_beats, pitch[order[starts]], pitch[order[stops]])


def classify_chords(chroma: F64, lowest: I64) -> I64:
    """Return the label of the best matching chord for each row of a chroma.

    Among chords that match about equally well, the one whose root is the first above the lowest pitch is preferred, so
    that a single tone is its own root in every key.

    Parameters
    ----------
    chroma : ndarray, shape (n, 12), float64
    lowest : ndarray, shape (n,), int64
        Lowest MIDI pitch of each row.

    Returns
    -------
    ndarray, shape (n,), int64
    """
    bonuses = _ROOT_BONUSES[lowest % 12] * np.sqrt((chroma * chroma).sum(axis=1, keepdims=True))
    return np.asarray((chroma @ _TEMPLATES + bonuses).argmax(axis=1))


def classify_bar_chords(beats: BeatPitches, grid: BeatGrid) -> tuple[I64, I64]:
    """Return the indices of the bars with notes, and the chord label of each; both of shape (sounding bars,)."""
    chroma = np.add.reduceat(beats.chroma, grid.first_beats, axis=0)
    lowest_by_beat = np.full(grid.n_beats, _NO_PITCH)
    lowest_by_beat[beats.sounding_beats] = beats.lowest
    lowest = np.minimum.reduceat(lowest_by_beat, grid.first_beats)
    sounding_bars = np.flatnonzero(lowest < _NO_PITCH)
    return sounding_bars, classify_chords(chroma[sounding_bars], lowest[sounding_bars])
