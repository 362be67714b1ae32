"""The pitched notes of a piece as arrays, on its beat grid. Drums are left out: they say nothing about keys."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from score.arrays import F64, I64
from score.model import Score
from score.sounding import keyed
from servicekit.faults import NoPitchedNotes

from transposer.key_detection.beat_grid import EPSILON_QUARTERS, BeatGrid, build_beat_grid

_FINAL_CHORD_QUARTERS = 0.5
"""A note that ends at most this long before the last note belongs to the final chord."""


class PitchedNotes(NamedTuple):
    """All notes except drums.

    Attributes
    ----------
    onsets_quarters, ends_quarters : ndarray, shape (n,), float64
        Counted from the beginning of the piece.
    pitches : ndarray, shape (n,), int64
        MIDI pitches.
    tracks : ndarray, shape (n,), int64
        Index of each note's track among the tracks with pitched notes.
    beat_grid : BeatGrid
        Beats and bars of the piece.
    """

    onsets_quarters: F64
    ends_quarters: F64
    pitches: I64
    tracks: I64
    beat_grid: BeatGrid


def has_pitched_notes(score: Score) -> bool:
    """Return whether a score has a note that is not a drum."""
    return any(track.notes and not track.is_drum for track in score.tracks)


def extract_pitched_notes(score: Score) -> PitchedNotes:
    """Extract the pitched notes that are heard of a score, as long as their keys are held.

    Raises
    ------
    NoPitchedNotes
        If the score has no notes but drums.
    """
    audible = keyed(score)
    if not has_pitched_notes(audible):
        audible = score
    tracks = [track.note_array for track in audible.tracks if track.notes and not track.is_drum]
    if not tracks:
        raise NoPitchedNotes("Only drums sound, so the piece has no key.", tracks=len(score.tracks))
    sizes = [len(notes) for notes in tracks]
    table = np.concatenate(tracks)
    onsets = table[:, 0] / score.ticks_per_quarter
    ends = onsets + table[:, 1] / score.ticks_per_quarter
    beat_grid = build_beat_grid(score.meters, score.ticks_per_quarter, float(ends.max()))
    return PitchedNotes(onsets, ends, table[:, 2], np.repeat(np.arange(len(sizes)), sizes), beat_grid)


def slice_bars(notes: PitchedNotes, first_bar: int, stop_bar: int) -> PitchedNotes:
    """Extract whole bars, shifted so that they begin at 0.

    Parameters
    ----------
    notes : PitchedNotes
        The piece.
    first_bar, stop_bar : int
        Index of the first bar, and of the bar after the last one.

    Returns
    -------
    PitchedNotes
        The notes that begin within the bars; those that end later are truncated. May be empty.
    """
    first_beats = np.append(notes.beat_grid.first_beats, notes.beat_grid.n_beats)
    edges = notes.beat_grid.beat_edges_quarters[first_beats[first_bar] : first_beats[stop_bar] + 1]
    onsets = notes.onsets_quarters
    is_within = (onsets >= edges[0] - EPSILON_QUARTERS) & (onsets < edges[-1] - EPSILON_QUARTERS)
    return PitchedNotes(
        onsets_quarters=np.maximum(onsets[is_within] - edges[0], 0.0),
        ends_quarters=np.minimum(notes.ends_quarters[is_within], edges[-1]) - edges[0],
        pitches=notes.pitches[is_within],
        tracks=notes.tracks[is_within],
        beat_grid=BeatGrid(edges - edges[0], first_beats[first_bar:stop_bar] - first_beats[first_bar]),
    )


def final_chord_pitches(notes: PitchedNotes) -> I64:
    """Return the MIDI pitches of the notes that end with the piece, in the order of the notes."""
    is_final = notes.ends_quarters >= notes.ends_quarters.max() - _FINAL_CHORD_QUARTERS
    return np.asarray(notes.pitches[is_final])
