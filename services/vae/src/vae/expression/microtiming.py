"""Microtiming: how far the notes of a blend are off the grid, interpolated between the parents.

A grid begins and ends notes on sixteenths. Swing, rushing, staccato and legato are in the parents' note timing, which
is interpolated as velocities are, and added to the blend's score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from score.arrays import F32, F64, Bool
from score.encoding import DRUM_CLASS_OF_PITCH, STEPS_PER_QUARTER
from score.grid import Grid
from score.model import Note, Score, Track
from score.roles import Role

from vae.alignment.window_alignment import Alignment
from vae.expression.parent_mean import weighted_parent_mean
from vae.pieces.note_timing import NoteTiming, n_timing_columns
from vae.pieces.piece import Piece

_MAX_OFFSET_STEPS = 0.45
"""No onset or end moves farther from its step: the file is read as the same grid."""

_OFF_GRID_STEPS = 0.3
"""Onsets this far from the sixteenths belong to another division of the beat and are not between two parents'."""

_MIN_NOTE_STEPS = 0.1
"""Minimum length of the shortest note."""

_DECIMALS = 4


def interpolate_timing(
    pieces: Sequence[Piece], alignment: Alignment, role: Role, shares: F32, n_steps: int
) -> NoteTiming:
    """Compute the timing of a role of a blend.

    Parameters
    ----------
    pieces : sequence of Piece
        At least one of them has the role.
    alignment : Alignment
    role : Role
    shares : ndarray, shape (n_windows, n_parents), float32
    n_steps : int
        Steps of a window.

    Returns
    -------
    NoteTiming
        For every step of the blend; never NaN.
    """
    offsets = [_window_offsets(piece, role, n_steps) if role in piece.grid.events else None for piece in pieces]
    mean = np.round(weighted_parent_mean(offsets, alignment, shares), _DECIMALS)
    by_step = mean.reshape(-1, *mean.shape[2:])
    return NoteTiming(by_step[..., 0], by_step[..., 1])


def _window_offsets(piece: Piece, role: Role, n_steps: int) -> F64:
    """Return onset and end offsets for every step: shape (n_windows, n_steps, n_timing_columns, 2).

    A step without a note has the mean offset of its position in the quarter note, in the same window.
    """
    n_windows = -(-piece.grid.n_steps // n_steps)
    if role not in piece.timing:
        return np.zeros((n_windows, n_steps, n_timing_columns(role), 2))
    timing = piece.timing[role]
    return np.stack([_fill_missing(each, n_windows, n_steps) for each in (timing.onset, timing.end)], axis=-1)


def bars_off_grid(piece: Piece, role: Role, n_steps: int) -> Bool:
    """Return in which bars of `n_steps` steps a role begins notes far from the sixteenths, as triplets do."""
    n_bars = -(-piece.grid.n_steps // n_steps)
    if role not in piece.timing:
        return np.zeros(n_bars, bool)
    onset = piece.timing[role].onset
    is_far = np.pad(np.abs(onset) >= _OFF_GRID_STEPS, ((0, n_bars * n_steps - len(onset)), (0, 0)))
    return np.asarray(is_far.reshape(n_bars, -1).any(axis=1))


def _fill_missing(offsets: F64, n_windows: int, n_steps: int) -> F64:
    n_missing = n_windows * n_steps - len(offsets)
    padded = np.pad(offsets, ((0, n_missing), (0, 0)), constant_values=np.nan)
    by_quarter = padded.reshape(n_windows, n_steps // STEPS_PER_QUARTER, STEPS_PER_QUARTER, -1)
    is_known = ~np.isnan(by_quarter)
    count = is_known.sum(axis=(1, 3), keepdims=True)
    mean = np.where(is_known, by_quarter, 0.0).sum(axis=(1, 3), keepdims=True) / np.maximum(count, 1)
    return np.where(is_known, by_quarter, mean).reshape(n_windows, n_steps, -1)


def apply_timing(score: Score, grid: Grid, timing: Mapping[Role, NoteTiming]) -> Score:
    """Move the notes of a score off the steps that they stand on.

    Parameters
    ----------
    score : Score
        Written from the grid by `score.grid.to_score`: one track for each role.
    grid : Grid
    timing : mapping of Role to NoteTiming
        From `interpolate_timing`; roles without timing stay.

    Returns
    -------
    Score
        Read again, it gives the same grid.
    """
    ticks_per_step = score.ticks_per_quarter // STEPS_PER_QUARTER
    tracks = [
        _move_track(track, role, timing[role], ticks_per_step) if role in timing else track
        for role, track in zip(grid.roles, score.tracks, strict=True)
    ]
    return replace(score, tracks=tuple(tracks))


def _move_track(track: Track, role: Role, timing: NoteTiming, ticks_per_step: int) -> Track:
    onset, end = (
        np.clip(offsets, -_MAX_OFFSET_STEPS, _MAX_OFFSET_STEPS).tolist() for offsets in (timing.onset, timing.end)
    )
    moved = [_move_note(note, role, onset, end, ticks_per_step) for note in track.notes]
    by_pitch: dict[int, list[Note]] = {}
    for note in moved:
        by_pitch.setdefault(note.pitch, []).append(note)
    # A note may sound into the next one, but not into its own repetition.
    notes = [note for of_pitch in by_pitch.values() for note in _cut_overlaps(of_pitch)]
    return replace(track, notes=tuple(sorted(notes, key=lambda note: (note.onset_ticks, note.pitch))))


def _move_note(note: Note, role: Role, onset: list[list[float]], end: list[list[float]], ticks_per_step: int) -> Note:
    step, length = note.onset_ticks // ticks_per_step, note.duration_ticks // ticks_per_step
    column = DRUM_CLASS_OF_PITCH[note.pitch] if role is Role.DRUMS else 0
    onset_offset = onset[step][column] if step else max(onset[step][column], 0.0)
    # A note of one step may be shorter than half of it and still be read as one step.
    min_end_offset = _MIN_NOTE_STEPS + onset_offset - length if length == 1 else -_MAX_OFFSET_STEPS
    end_steps = length + max(end[step][column], min_end_offset)
    onset_ticks = round((step + onset_offset) * ticks_per_step)
    duration_ticks = max(round((step + end_steps) * ticks_per_step) - onset_ticks, 1)
    return note._replace(onset_ticks=onset_ticks, duration_ticks=duration_ticks)


def _cut_overlaps(notes: Sequence[Note]) -> list[Note]:
    """End notes of one pitch where the next one begins."""
    separate = [
        note._replace(duration_ticks=max(min(note.duration_ticks, following.onset_ticks - note.onset_ticks), 1))
        for note, following in pairwise(notes)
    ]
    return [*separate, notes[-1]]
