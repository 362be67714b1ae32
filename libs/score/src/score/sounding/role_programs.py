"""Programs of roles: the General MIDI program with which each role begins, and where it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from score.arrays import I64
from score.meter_map import MeterMap
from score.midi.smf import PROGRAM_CHANGE
from score.model import Event, Score, Track
from score.quantization.codec import nearest_step, onset_steps
from score.quantization.note_table import EncodedPart
from score.quantization.role_split import RoleParts, RoleSource
from score.roles import Role


class GridProgram(NamedTuple):
    """A program that is in force from ``step`` on, at which a note begins."""

    step: int
    program: int


def find_programs(
    keys: Score, parts: RoleParts, present: Mapping[Role, EncodedPart], meter_map: MeterMap
) -> dict[Role, tuple[GridProgram, ...]]:
    """Return the programs of each role, at least one: that of most of its notes, as its main track changes it.

    Parameters
    ----------
    keys : Score
        From `score.sounding.keyed`: tracks have the programs of their first notes.
    parts : RoleParts
        Tells which tracks play each role.
    present : mapping of Role to EncodedPart
        The roles as encoded, each with an onset.
    meter_map : MeterMap
        By which they were quantized.
    """
    found = {}
    for role, part in present.items():
        program, source = _main_source([source for source in parts.sources if source.role is role])
        changes = _track_changes(keys.tracks[source.track], meter_map)
        found[role] = place_programs([GridProgram(-1, program), *changes], onset_steps(role, part.events))
    return found


def place_programs(programs: Sequence[GridProgram], onsets: I64) -> tuple[GridProgram, ...]:
    """Move changes of program to the notes that they are heard at.

    Parameters
    ----------
    programs : sequence of GridProgram
        In the order of time; the first one is in force from the beginning.
    onsets : ndarray, shape (n,), int64
        The steps at which notes begin, increasing, not empty.

    Returns
    -------
    tuple of GridProgram
        Each one other than the one before; the first one at the first onset.

    Examples
    --------
    >>> changes = [GridProgram(0, 73), GridProgram(17, 56), GridProgram(90, 0)]
    >>> place_programs(changes, np.array([2, 16, 20]))
    (GridProgram(step=2, program=73), GridProgram(step=20, program=56))
    """
    steps = np.searchsorted(onsets, [each.step for each in programs])
    by_onset = {int(onsets[at]): each.program for at, each in zip(steps, programs, strict=True) if at < len(onsets)}
    placed: list[GridProgram] = []
    for step, program in by_onset.items():
        if not placed or placed[-1].program != program:
            placed.append(GridProgram(step, program))
    return tuple(placed)


def program_events(changes: Sequence[GridProgram], channel: int, ticks_per_step: int) -> tuple[Event, ...]:
    """Return changes of program as events, half a step early: the note may be played early."""
    return tuple(
        Event(each.step * ticks_per_step - ticks_per_step // 2, bytes((PROGRAM_CHANGE | channel, each.program)))
        for each in changes
    )


def convert_changes(
    changes: Mapping[Role, Sequence[GridProgram]], convert_step: Callable[[int], int]
) -> dict[Role, list[GridProgram]]:
    """Return changes of program at other steps."""
    return {role: [each._replace(step=convert_step(each.step)) for each in of] for role, of in changes.items()}


def _main_source(sources: Sequence[RoleSource]) -> tuple[int, RoleSource]:
    """Return the program that plays most notes of a role, and the track that plays most of these."""
    counts: dict[int, int] = {}
    for source in sources:
        counts[source.program] = counts.get(source.program, 0) + source.n_notes
    program = max(counts, key=lambda each: counts[each])
    return program, max((each for each in sources if each.program == program), key=lambda each: each.n_notes)


def _track_changes(track: Track, meter_map: MeterMap) -> list[GridProgram]:
    """Return the changes of a track's program at the steps of the notes after them."""
    changes = [event for event in track.others if event.data[0] & 0xF0 == PROGRAM_CHANGE]
    if not changes:
        return []
    onsets = np.array([note.onset_ticks for note in track.notes], dtype=np.float64)
    following = np.searchsorted(onsets, [event.tick for event in changes])
    steps = nearest_step(meter_map.steps_at(onsets)).tolist()
    return [
        GridProgram(steps[at], event.data[1])
        for at, event in zip(following.tolist(), changes, strict=True)
        if at < len(steps)
    ]
