"""The notation of a blend: written in the values of the parent that leads it, though planned in another counting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from score.encoding import DRUM_CLASS_OF_PITCH, STEPS_PER_QUARTER
from score.grid import Grid, GridTempo
from score.quantization import codec
from score.quantization.note_table import END, N_COLUMNS, ONSET
from score.quantization.played_notes import OFFSETS_PER_STEP, PlayedTable
from score.roles import Role

from vae.blending.blend_options import BlendResult
from vae.expression.performance import perform
from vae.pieces.sections import merge_labels, window_labels

T = TypeVar("T")


def write_in_values(result: BlendResult, factor: float) -> BlendResult:
    """Return a blend in twice (2.0) or half (0.5, ...) as many steps, at twice or half the tempo: it sounds the same.

    Parameters
    ----------
    result : BlendResult
    factor : float
        A power of two.
    """
    if factor == 1.0:
        return result
    played = _played(result, factor)
    n_bars = int(np.ceil(result.grid.n_bars * factor))
    return replace(
        result,
        grid=_scale_grid(result.grid, played, n_bars, factor),
        timing={},
        texture=played,
        sections=merge_labels(_by_bar(window_labels(result.sections), n_bars, factor)),
        bar_sources={ingredient: _by_bar(bars, n_bars, factor) for ingredient, bars in result.bar_sources.items()},
        source_bars=_by_bar(result.source_bars, n_bars, factor),
    )


def _played(result: BlendResult, factor: float) -> dict[Role, PlayedTable]:
    """Return all notes of a blend on the steps of the other values, with what is off them."""
    score = perform(result)
    per_step = score.ticks_per_quarter / STEPS_PER_QUARTER / factor
    tables = {}
    for role, track in zip(result.grid.roles, score.tracks, strict=True):
        notes = np.array(track.notes, dtype=np.int64).reshape(-1, 4)
        exact = np.stack([notes[:, 0], notes[:, 0] + notes[:, 1]], axis=1) / per_step
        steps = codec.nearest_step(exact)
        steps[:, END] = np.maximum(steps[:, END], steps[:, ONSET] + 1)
        offsets = np.rint((exact - steps) * OFFSETS_PER_STEP)
        tables[role] = np.concatenate([steps, notes[:, 2:], offsets], axis=1).astype(np.int32)
    return tables


def _scale_grid(grid: Grid, played: dict[Role, PlayedTable], n_bars: int, factor: float) -> Grid:
    n_steps = n_bars * grid.steps_per_bar
    parts = {}
    for role, table in played.items():
        notes = table[table[:, ONSET] < n_steps, :N_COLUMNS].copy()
        notes[:, END] = np.minimum(notes[:, END], n_steps)
        if role is Role.DRUMS:
            notes = notes[[pitch in DRUM_CLASS_OF_PITCH for pitch in notes[:, 2].tolist()]]
        parts[role] = codec.encode(role, notes, n_steps)
    return replace(
        grid,
        n_bars=n_bars,
        events={role: part.events for role, part in parts.items()},
        velocities={role: part.velocities for role, part in parts.items()},
        tempos=_scale_tempos(grid, n_steps, factor),
        keys=tuple(key._replace(step=int(key.step * factor)) for key in grid.keys),
    )


def _scale_tempos(grid: Grid, n_steps: int, factor: float) -> tuple[GridTempo, ...]:
    """Return the tempos by which each new step lasts as long as the steps that it stands for."""
    starts = np.array([tempo.step for tempo in grid.tempos], dtype=np.float64) * factor
    rates = np.array([tempo.microseconds_per_quarter for tempo in grid.tempos], dtype=np.float64)
    bounds = np.append(starts, max(n_steps, starts[-1] + 1.0))
    elapsed = np.concatenate([[0.0], np.cumsum(np.diff(bounds) * rates)])
    means = np.diff(np.interp(np.arange(n_steps + 1), bounds, elapsed)) / factor
    curve: list[GridTempo] = []
    for step, mean in enumerate(np.rint(means).astype(np.int64).tolist()):
        if not curve or curve[-1].microseconds_per_quarter != mean:
            curve.append(GridTempo(step, max(1, min(mean, 0xFFFFFF))))
    return tuple(curve)


def _by_bar(values: Sequence[T], n_bars: int, factor: float) -> list[T]:
    """Return values by bar for bars of another length: those at the beginning of each."""
    return [values[min(int(bar / factor), len(values) - 1)] for bar in range(n_bars)] if len(values) else []
