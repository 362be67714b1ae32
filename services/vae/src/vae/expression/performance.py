"""The performance of a blend: its grid as a score, with timing off the grid and the texture beside it.

The texture are played notes (`score.quantization.played_notes`) that come with their own times. A note of the grid that
a note of the texture stands for, of the same step and pitch or instrument, is replaced by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from score import grid as grids
from score.encoding import DRUM_CLASS_OF_PITCH, STEPS_PER_QUARTER, fold_pitch
from score.grid import Grid
from score.model import Note, Score, Track
from score.quantization.note_table import END, ONSET, PITCH
from score.quantization.played_notes import END_OFFSET, OFFSETS_PER_STEP, ONSET_OFFSET, VELOCITY, PlayedTable
from score.roles import Role

from vae.blending.blend_options import BlendResult
from vae.expression.microtiming import apply_timing
from vae.pieces.note_timing import NoteTiming

Texture = Mapping[Role, PlayedTable]
"""Played notes of some roles, an int32 array (n, 6) each."""


def perform(result: BlendResult, provenance: Mapping[str, object] | None = None) -> Score:
    """Return a blend as a score, with its provenance as in `score.grid.to_score`."""
    score = _perform(result.grid, result.timing, result.texture, provenance)
    if result.own_meters is None:
        return score
    return result.own_meters.restore(score, keeps_tempos=result.has_own_tempos)


def _perform(
    grid: Grid, timing: Mapping[Role, NoteTiming], texture: Texture, provenance: Mapping[str, object] | None
) -> Score:
    """Return a grid as a score with timing and texture.

    Parameters
    ----------
    grid : Grid
    timing : mapping of Role to NoteTiming
    texture : mapping of Role to ndarray, shape (n, 6), int32
    provenance : mapping of str to object, optional
    """
    score = grids.to_score(grid, provenance=provenance)
    ticks_per_step = score.ticks_per_quarter // STEPS_PER_QUARTER
    by_role = dict(zip(grid.roles, score.tracks, strict=True))
    remaining = [
        _without_replaced(track, role, texture[role], ticks_per_step) if role in texture else track
        for role, track in by_role.items()
    ]
    moved = apply_timing(replace(score, tracks=tuple(remaining)), grid, timing)
    tracks = [
        _add_notes(track, texture[role], ticks_per_step) if role in texture else track
        for role, track in zip(grid.roles, moved.tracks, strict=True)
    ]
    return replace(moved, tracks=tuple(tracks))


def _without_replaced(track: Track, role: Role, played: PlayedTable, ticks_per_step: int) -> Track:
    replaced = {(onset, grid_pitch(role, pitch)) for onset, pitch in played[:, [ONSET, PITCH]].tolist()}
    notes = (
        note
        for note in track.notes
        if (note.onset_ticks // ticks_per_step, grid_pitch(role, note.pitch)) not in replaced
    )
    return replace(track, notes=tuple(notes))


def grid_pitch(role: Role, pitch: int) -> int:
    """Return what a pitch is in the grid: its drum class, or its pitch within the grid's range."""
    return DRUM_CLASS_OF_PITCH.get(pitch, -1) if role is Role.DRUMS else fold_pitch(pitch)


def _add_notes(track: Track, played: PlayedTable, ticks_per_step: int) -> Track:
    """Add played notes to a track; notes of one pitch end where the next one begins."""
    added = [_played_note(row, ticks_per_step) for row in played.tolist()]
    by_pitch: dict[int, list[Note]] = {}
    for note in sorted([*track.notes, *added], key=lambda note: (note.onset_ticks, -note.duration_ticks)):
        of_pitch = by_pitch.setdefault(note.pitch, [])
        if of_pitch and note.onset_ticks == of_pitch[-1].onset_ticks:
            continue
        if of_pitch and of_pitch[-1].end_ticks > note.onset_ticks:
            of_pitch[-1] = of_pitch[-1]._replace(duration_ticks=note.onset_ticks - of_pitch[-1].onset_ticks)
        of_pitch.append(note)
    notes = [note for of_pitch in by_pitch.values() for note in of_pitch]
    return replace(track, notes=tuple(sorted(notes, key=lambda note: (note.onset_ticks, note.pitch))))


def _played_note(row: list[int], ticks_per_step: int) -> Note:
    onset, end = (
        round((row[step] + row[offset] / OFFSETS_PER_STEP) * ticks_per_step)
        for step, offset in ((ONSET, ONSET_OFFSET), (END, END_OFFSET))
    )
    onset = max(onset, 0)
    return Note(onset, max(end - onset, 1), row[PITCH], row[VELOCITY])
