"""Small pieces with a form: a march and a song in C major, 16 bars each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from score import grid as grids
from score.grid import Grid
from score.quantization import codec
from score.roles import Role

Notes = Sequence[tuple[int, int, int]]
"""Onset step, end step and pitch of each note."""

_CHORDS = {"C": (60, 64, 67), "F": (60, 65, 69), "G": (59, 62, 67), "Am": (60, 64, 69)}
_ROOTS = {"C": 36, "F": 41, "G": 43, "Am": 45}


def build_grid(parts: Mapping[Role, Notes], n_bars: int, programs: Mapping[Role, int], bpm: float) -> Grid:
    """Return notes as a grid in 4/4."""
    encoded = {
        role: codec.encode(role, np.array([(*note, 80) for note in notes], np.int32), n_bars * 16)
        for role, notes in parts.items()
    }
    return grids.from_events(
        "4/4",
        {role: part.events for role, part in encoded.items()},
        velocities={role: part.velocities for role, part in encoded.items()},
        programs=programs,
        bpm=bpm,
    )


def accompaniment(progression: Sequence[str], steps: Sequence[int]) -> dict[Role, list[tuple[int, int, int]]]:
    """Return chords at some steps of each bar, and the root in the bass for the whole bar."""
    harmony, bass = [], []
    for bar, name in enumerate(progression):
        start = 16 * bar
        harmony += [(start + step, start + step + 2, pitch) for step in steps for pitch in _CHORDS[name]]
        bass.append((start, start + 16, _ROOTS[name]))
    return {Role.HARMONY: harmony, Role.BASS: bass}


@pytest.fixture(scope="session")
def march() -> Grid:
    """Return a piece of form AABA with lead, harmony and bass, piano and tuba, 120 quarter notes per minute."""
    phrase_a = [[60, 64, 67, 64], [65, 69, 72, 69], [67, 71, 74, 71], [72, 67, 64, 60]]
    phrase_b = [[69, 72, 76, 72], [65, 69, 65, 69], [67, 62, 67, 71], [67, 65, 62, 67]]
    bars = [*phrase_a, *phrase_a, *phrase_b, *phrase_a]
    lead = [
        (16 * bar + 4 * beat, 16 * bar + 4 * beat + 4, pitch)
        for bar, line in enumerate(bars)
        for beat, pitch in enumerate(line)
    ]
    progression = [*("C", "F", "G", "C") * 2, "Am", "F", "G", "G", "C", "F", "G", "C"]
    parts = {Role.LEAD: lead, **accompaniment(progression, (0, 8))}
    return build_grid(parts, 16, {Role.LEAD: 56, Role.HARMONY: 0, Role.BASS: 58}, 120.0)


@pytest.fixture(scope="session")
def song() -> Grid:
    """Return a piece of form ABAC with all roles, violin and organ, 96 quarter notes per minute."""
    rhythm = ((0, 6), (6, 8), (8, 12), (12, 14), (14, 16))
    phrase_a = [[76, 74, 72, 74, 76], [77, 76, 74, 72, 74], [79, 77, 76, 77, 79], [76, 74, 72, 71, 72]]
    phrase_b = [[72, 71, 69, 71, 72], [69, 71, 72, 74, 76], [74, 76, 77, 76, 74], [71, 72, 74, 72, 71]]
    phrase_c = [[81, 79, 77, 76, 77], [79, 77, 76, 74, 76], [74, 72, 71, 72, 74], [72, 74, 76, 74, 72]]
    bars = [*phrase_a, *phrase_b, *phrase_a, *phrase_c]
    lead = [
        (16 * bar + on, 16 * bar + off, pitch)
        for bar, line in enumerate(bars)
        for (on, off), pitch in zip(rhythm, line, strict=True)
    ]
    progression = [*("C", "F", "C", "C"), *("Am", "Am", "F", "G"), *("C", "F", "C", "C"), *("F", "C", "G", "C")]
    drums = [
        (16 * bar + step, 16 * bar + step + 1, pitch)
        for bar in range(16)
        for step, pitch in ((0, 36), (4, 38), (8, 36), (12, 38))
    ]
    parts = {Role.LEAD: lead, **accompaniment(progression, (4, 12)), Role.DRUMS: drums}
    return build_grid(parts, 16, {Role.LEAD: 40, Role.HARMONY: 16, Role.BASS: 33}, 96.0)
