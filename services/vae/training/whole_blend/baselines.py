"""Simple blends to compare with, on grids of one meter: they know nothing of form, chords or motifs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from score.grid import Grid
from score.quantization.note_table import END, ONSET, PITCH, NoteTable
from score.roles import ROLES, Role
from vae.analysis.bar_notes import replace_notes

_MEDLEY_BARS = 8
_STEPS_PER_QUARTER = 4
_SEARCH_SEMITONES = 6

Baseline = Callable[[Grid, Grid, float, int], Grid]
"""Blends two grids of one meter, given the weight and the seed."""


def alternate_bars(first: Grid, second: Grid, weight: float, seed: int) -> Grid:  # noqa: ARG001  # a Baseline
    """Return one bar of each piece in turn: a crossfade in steps of a bar.

    Parameters
    ----------
    first, second : Grid
    weight, seed
        Without effect.
    """
    return _alternate(first, second, 1)


def medley(first: Grid, second: Grid, weight: float, seed: int) -> Grid:  # noqa: ARG001  # a Baseline
    """Return eight bars of each piece in turn.

    Parameters
    ----------
    first, second : Grid
    weight, seed
        Without effect.
    """
    return _alternate(first, second, _MEDLEY_BARS)


def _alternate(first: Grid, second: Grid, size: int) -> Grid:
    steps = first.steps_per_bar
    n_bars = (first.n_bars + second.n_bars) // 2
    tables: dict[Role, list[NoteTable]] = defaultdict(list)
    for bar in range(n_bars):
        grid = (first, second)[bar // size % 2]
        source = bar % grid.n_bars
        for role in grid.roles:
            notes = grid.notes(role)
            inside = notes[notes[:, ONSET] // steps == source].copy()
            inside[:, [ONSET, END]] += (bar - source) * steps
            inside[:, END] = np.minimum(inside[:, END], (bar + 1) * steps)
            tables[role].append(inside)
    joined = {role: np.concatenate(parts) for role, parts in tables.items()}
    return _build(first, joined, n_bars, {**second.programs, **first.programs})


def layer(first: Grid, second: Grid, weight: float, seed: int) -> Grid:  # noqa: ARG001  # a Baseline
    """Return lead and harmony of the second piece over bass and drums of the first one.

    Parameters
    ----------
    first, second : Grid
    weight, seed
        Without effect.
    """
    preferred = {Role.LEAD: second, Role.HARMONY: second, Role.BASS: first, Role.DRUMS: first}
    sources = {role: grid for role, grid in preferred.items() if role in grid.events}
    for role in (Role.LEAD, Role.DRUMS):
        for grid in (first, second):
            if role not in sources and role in grid.events:
                sources[role] = grid
    tables = {role: grid.notes(role) for role, grid in sources.items()}
    programs = {role: grid.programs[role] for role, grid in sources.items()}
    return _build(first, tables, min(first.n_bars, second.n_bars), programs)


def flip_coins(first: Grid, second: Grid, weight: float, seed: int) -> Grid:
    """Return each note of the pieces with the probability of its piece's share.

    Parameters
    ----------
    first, second : Grid
    weight : float
        The second piece's share, 0 to 1.
    seed : int
    """
    rng = np.random.default_rng(seed)
    tables = {}
    for role in ROLES:
        chosen = [
            grid.notes(role)[rng.random(len(grid.notes(role))) < share]
            for grid, share in ((first, 1 - weight), (second, weight))
            if role in grid.events
        ]
        if chosen:
            tables[role] = np.concatenate(chosen)
    return _build(first, tables, (first.n_bars + second.n_bars) // 2, {**second.programs, **first.programs})


def recombine(first: Grid, second: Grid, weight: float, seed: int) -> Grid:  # noqa: ARG001  # a Baseline
    """Return the first piece with the pitches of the second one's lead, in their order.

    A bar that repeats in the first piece takes the same pitches again. On quarters, a note that is a semitone from
    the accompaniment takes the nearest pitch of it. This is the recombination in forty lines.

    Parameters
    ----------
    first, second : Grid
    weight, seed
        Without effect.
    """
    pitches = second.notes(Role.LEAD)[:, PITCH].tolist()
    accompaniment = _accompaniment_classes(first)
    notes, n_used, known = first.notes(Role.LEAD), 0, dict[tuple[tuple[int, int], ...], list[int]]()
    rows = []
    for bar in range(first.n_bars):
        own = notes[notes[:, ONSET] // first.steps_per_bar == bar].tolist()
        content = tuple((onset % first.steps_per_bar, pitch) for onset, _, pitch, _ in own)
        if content not in known:
            known[content] = [pitches[(n_used + index) % len(pitches)] for index in range(len(own))]
            n_used += len(own)
        for (onset, end, _, velocity), pitch in zip(own, known[content], strict=True):
            is_on_quarter = onset % _STEPS_PER_QUARTER == 0
            fitted = _fit_to_classes(pitch, accompaniment[onset]) if is_on_quarter else pitch
            rows.append((onset, end, fitted, velocity))
    tables = {role: first.notes(role) for role in first.roles} | {Role.LEAD: np.array(rows, np.int32)}
    return _build(first, tables, first.n_bars, first.programs)


def _accompaniment_classes(grid: Grid) -> list[set[int]]:
    """Return the pitch classes of harmony and bass at each step."""
    classes: list[set[int]] = [set() for _ in range(grid.n_steps)]
    for role in (Role.HARMONY, Role.BASS):
        if role in grid.events:
            for onset, end, pitch, _ in grid.notes(role).tolist():
                for step in range(onset, min(end, grid.n_steps)):
                    classes[step].add(pitch % 12)
    return classes


def _fit_to_classes(pitch: int, classes: set[int]) -> int:
    """Return the nearest pitch of some pitch classes for one that is a semitone from them, else the pitch itself."""
    if pitch % 12 in classes or not {(pitch + 1) % 12, (pitch - 1) % 12} & classes:
        return pitch
    near = range(pitch - _SEARCH_SEMITONES, pitch + _SEARCH_SEMITONES + 1)
    return min((each for each in near if each % 12 in classes), key=lambda each: abs(each - pitch))


def _build(grid: Grid, tables: Mapping[Role, NoteTable], n_bars: int, programs: Mapping[Role, int]) -> Grid:
    template = replace(grid, programs=dict(programs), tempos=grid.tempos[:1])
    return replace_notes(template, tables, n_bars)


BASELINES: Mapping[str, Baseline] = {
    "crossfade": alternate_bars,
    "medley": medley,
    "layering": layer,
    "coin": flip_coins,
    "recombination": recombine,
}
