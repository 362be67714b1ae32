"""Expressive timing: what the grid's steps take from notes, and how a blend is given it back.

A grid begins and ends notes on sixteenths. How far a player began beside them (swing, laid back, rushed) and how long
notes were held (staccato, legato) is kept beside it here, in steps, and blended as loudness is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from score import meter_map
from score.encoding import DRUM_CLASS_OF_PITCH, N_DRUM_CLASSES, PITCH_OFFSET, STEPS_PER_QUARTER, fold_pitch
from score.grid import Grid
from score.model import Note, Score, Track
from score.quantization import codec
from score.roles import Role

if TYPE_CHECKING:
    from vae.alignment.window_alignment import Plan
    from vae.pieces.piece import Piece

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Events = npt.NDArray[np.int16]
Shares = npt.NDArray[np.float32]

_FARTHEST_STEPS = 0.45
"""No onset moves farther from its step, nor an end: a file read again gives the same grid."""

_SHORTEST_STEPS = 0.1
"""What is left of the shortest note."""

_DECIMALS = 4

_STROKES = np.array([DRUM_CLASS_OF_PITCH.get(pitch, -1) for pitch in range(128)])
_FOLDED = np.array([fold_pitch(pitch) for pitch in range(128)])


@dataclass(frozen=True)
class Timing:
    """How the notes of a role lie beside the grid.

    Attributes
    ----------
    onset, end : ndarray, shape (n_steps, 9 for drums else 1), float64
        By the step at which notes begin: how many steps they begin after it, and end after where the grid ends them.
        NaN where none begins.
    """

    onset: Floats
    end: Floats


def of_score(score: Score, grid: Grid) -> dict[Role, Timing]:
    """Find the timing of every role of a piece.

    Parameters
    ----------
    score : Score
    grid : Grid
        Cut from it. In a meter it was converted to, timing is not known.

    Returns
    -------
    dict of Role to Timing
        Empty if the grid has another meter than the score's.
    """
    line = meter_map.build_meter_map(score)
    if line.meter != grid.meter:
        return {}
    columns = {role: N_DRUM_CLASSES if role is Role.DRUMS else 1 for role in grid.roles}
    sums = {role: np.zeros((3, grid.n_steps, width)) for role, width in columns.items()}
    for track in score.tracks:
        if track.notes:
            _add(sums, grid, track, line)
    return {role: Timing(*_means(total)) for role, total in sums.items()}


def _add(sums: Mapping[Role, Floats], grid: Grid, track: Track, line: meter_map.MeterMap) -> None:
    """Add the notes of a track to the roles in whose events they stand."""
    notes = np.array(track.notes, dtype=np.int64)
    exact = np.stack([line.steps_at(notes[:, 0]), line.steps_at(notes[:, 0] + notes[:, 1])], axis=1)
    beside = exact - codec.quantize(track, line)[:, :2]
    steps = codec.nearest_step(exact[:, 0])
    inside = steps < grid.n_steps
    steps, pitches, beside = steps[inside], notes[inside, 2], beside[inside]
    for role, total in sums.items():
        if track.is_drum == (role is Role.DRUMS):
            columns = _columns(grid.events[role][steps], role, pitches)
            found = columns >= 0
            for row, values in enumerate((np.ones(len(steps)), beside[:, 0], beside[:, 1])):
                np.add.at(total[row], (steps[found], columns[found]), values[found])


def _columns(events: Events, role: Role, pitches: Integers) -> Integers:
    """Return where notes stand in a role's timing, by the events of their steps; -1 for those not in that role."""
    if role is Role.DRUMS:
        strokes = _STROKES[pitches]
        return np.where((strokes >= 0) & (events >> np.maximum(strokes, 0) & 1 > 0), strokes, -1)
    tokens = _FOLDED[pitches] - PITCH_OFFSET
    return np.where((events.reshape(len(events), -1) == tokens[:, None]).any(axis=1), 0, -1)


def _means(total: Floats) -> tuple[Floats, Floats]:
    count = np.where(total[0] > 0, total[0], np.nan)
    return total[1] / count, total[2] / count


def blended(pieces: Sequence[Piece], plan: Plan, role: Role, shares: Shares, steps: int) -> Timing:
    """Blend the timing that the parents have at each place of a blend.

    Parameters
    ----------
    pieces : sequence of Piece
    plan : Plan
    role : Role
    shares : ndarray, shape (n_windows, n_parents), float32
    steps : int
        Of a window.

    Returns
    -------
    Timing
        Of every step of the blend; nowhere NaN.
    """
    width = N_DRUM_CLASSES if role is Role.DRUMS else 1
    total, weight = np.zeros((2, len(plan), steps, width)), np.zeros((len(plan), 1, 1))
    for index, piece in enumerate(pieces):
        if role in piece.grid.events:
            share = np.maximum(shares[:, index], 1e-6)[:, None, None]
            total += share * np.stack(_by_window(piece, role, steps))[:, plan.sources[:, index]]
            weight += share
    onset, end = np.round(total / np.maximum(weight, 1e-9), _DECIMALS).reshape(2, -1, width)
    return Timing(onset, end)


def _by_window(piece: Piece, role: Role, steps: int) -> tuple[Floats, Floats]:
    """Return timing for every step of every window: a step's own, else that of its place in the quarter there."""
    if role not in piece.timing:
        silent = np.zeros((piece.n_windows, steps, N_DRUM_CLASSES if role is Role.DRUMS else 1))
        return silent, silent
    timing = piece.timing[role]
    return _filled(timing.onset, piece.n_windows, steps), _filled(timing.end, piece.n_windows, steps)


def _filled(beside: Floats, n_windows: int, steps: int) -> Floats:
    missing = n_windows * steps - len(beside)
    cut = np.pad(beside, ((0, missing), (0, 0)), constant_values=np.nan)
    quarters = cut.reshape(n_windows, steps // STEPS_PER_QUARTER, STEPS_PER_QUARTER, -1)
    known = ~np.isnan(quarters)
    count = known.sum(axis=(1, 3), keepdims=True)
    usual = np.where(known, quarters, 0.0).sum(axis=(1, 3), keepdims=True) / np.maximum(count, 1)
    return np.where(known, quarters, usual).reshape(n_windows, steps, -1)


def express(score: Score, grid: Grid, timing: Mapping[Role, Timing]) -> Score:
    """Move the notes of a score beside the steps they stand on.

    Parameters
    ----------
    score : Score
        As `score.grid.to_score` writes the grid: a track a role.
    grid : Grid
    timing : mapping of Role to Timing
        As `blended` gives it.

    Returns
    -------
    Score
        Read again it gives the same grid.
    """
    ticks_per_step = score.ticks_per_quarter // STEPS_PER_QUARTER
    tracks = [
        _expressed(track, role, timing[role], ticks_per_step) if role in timing else track
        for role, track in zip(grid.roles, score.tracks, strict=True)
    ]
    return replace(score, tracks=tuple(tracks))


def _expressed(track: Track, role: Role, timing: Timing, ticks_per_step: int) -> Track:
    onset, end = (np.clip(beside, -_FARTHEST_STEPS, _FARTHEST_STEPS).tolist() for beside in (timing.onset, timing.end))
    moved = [_moved(note, role, onset, end, ticks_per_step) for note in track.notes]
    by_pitch: dict[int, list[Note]] = {}
    for note in moved:
        by_pitch.setdefault(note.pitch, []).append(note)
    # A note may sound into the next one, but not into its own repetition.
    kept = [note for of_pitch in by_pitch.values() for note in _apart(of_pitch)]
    return replace(track, notes=tuple(sorted(kept, key=lambda note: (note.onset_ticks, note.pitch))))


def _moved(note: Note, role: Role, onset: list[list[float]], end: list[list[float]], ticks_per_step: int) -> Note:
    step, length = note.onset_ticks // ticks_per_step, note.duration_ticks // ticks_per_step
    column = DRUM_CLASS_OF_PITCH[note.pitch] if role is Role.DRUMS else 0
    begins = onset[step][column] if step else max(onset[step][column], 0.0)
    # A note of one step may be shorter than half of it and still be read as one.
    earliest = _SHORTEST_STEPS + begins - length if length == 1 else -_FARTHEST_STEPS
    ends = length + max(end[step][column], earliest)
    onset_ticks = round((step + begins) * ticks_per_step)
    return note._replace(
        onset_ticks=onset_ticks, duration_ticks=max(round((step + ends) * ticks_per_step) - onset_ticks, 1)
    )


def _apart(notes: Sequence[Note]) -> list[Note]:
    apart = [
        note._replace(duration_ticks=max(min(note.duration_ticks, after.onset_ticks - note.onset_ticks), 1))
        for note, after in pairwise(notes)
    ]
    return [*apart, notes[-1]]
