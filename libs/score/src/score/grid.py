"""The grid: a score quantized to steps, with four roles. What the models see.

Besides the events, a `Grid` holds what they do not encode: velocities, programs, the tempo curve, key signatures, and
the track that each role came from. ``from_score(to_score(grid)) == grid`` for every grid that `from_score` returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from servicekit.faults import NoNotes

from score.arrays import I16, U8
from score.encoding import GRID_ID, STEPS_PER_BAR, STEPS_PER_QUARTER
from score.meter_map import MeterMap, build_meter_map
from score.model import (
    DEFAULT_MICROSECONDS_PER_QUARTER,
    DRUM_CHANNEL,
    KeySignature,
    Meter,
    Note,
    Notice,
    Score,
    Tempo,
    Track,
)
from score.quantization import codec, notices
from score.quantization.meter_conversion import choose_conversion
from score.quantization.note_table import NoteTable
from score.quantization.played_notes import PlayedTable, find_unheld, quantize_exactly, sounds_inside
from score.quantization.role_encoding import count_silent_bars, encode_roles
from score.quantization.role_split import RoleReading, RoleSource, split_by_role
from score.quantization.sustain import sustain
from score.quantization.tempo_curve import tempo_curve
from score.roles import ROLES, Role, apply_drum_overrides, assign
from score.sounding import keyed, sounding
from score.sounding.role_programs import GridProgram, convert_changes, find_programs, program_events
from score.texts import display_text

__all__ = ["GRID_ID", "Grid", "GridKey", "GridProgram", "GridTempo", "from_events", "from_score", "to_score"]

CHANNELS: Mapping[Role, int] = {Role.LEAD: 0, Role.HARMONY: 1, Role.BASS: 2, Role.DRUMS: DRUM_CHANNEL}
DEFAULT_PROGRAMS: Mapping[Role, int] = {Role.LEAD: 73, Role.HARMONY: 0, Role.BASS: 33, Role.DRUMS: 0}
"""General MIDI programs of roles without one: flute, piano, fingered bass."""


class GridTempo(NamedTuple):
    """A tempo that is in force from ``step`` on."""

    step: int
    microseconds_per_quarter: int

    @classmethod
    def at_bpm(cls, step: int, bpm: float) -> GridTempo:
        """Return a tempo, rounded to whole microseconds per quarter.

        Parameters
        ----------
        step : int
            Step from which the tempo is in force.
        bpm : float
            Quarter notes per minute.

        Examples
        --------
        >>> GridTempo.at_bpm(0, 120)
        GridTempo(step=0, microseconds_per_quarter=500000)
        """
        return cls(step, max(1, min(round(60_000_000 / bpm), 0xFFFFFF)))

    @property
    def bpm(self) -> float:
        """Quarter notes per minute.

        Examples
        --------
        >>> GridTempo(0, 600_000).bpm
        100.0
        """
        return 60_000_000 / self.microseconds_per_quarter


class GridKey(NamedTuple):
    """A key signature that is in force from ``step`` on: sharps (positive) or flats (negative)."""

    step: int
    fifths: int
    is_minor: bool


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A piece quantized to steps.

    Attributes
    ----------
    meter : str
        ``"4/4"`` (16 steps per bar), ``"3/4"`` or ``"6/8"`` (12).
    n_bars : int
        At least 1.
    events : dict of Role to ndarray, int16
        Only the roles that the piece has: lead, bass and drums of shape (n_steps,), harmony of shape (n_steps, 4). See
        `score.encoding`.
    velocities : dict of Role to ndarray, uint8
        The velocity at each onset, 0 elsewhere; shapes as in `events`, but (n_steps, 9) for drums.
    programs : dict of Role to int
        General MIDI program of the first note of each role.
    tempos : tuple of GridTempo
        Sorted, at least one, the first at step 0.
    keys : tuple of GridKey
        The score's key signatures, sorted; may be empty.
    sources : tuple of RoleSource
        The tracks that each role came from. Not compared by ``==``, like title and all that follow.
    reading : RoleReading or None
        The roles of the tracks of the score that it was quantized from; None if there is none.
    meter_map : MeterMap or None
        From the ticks of the score that it was quantized from to its steps; None if there is none.
    played : mapping of Role to ndarray, shape (n, 6), int32
        The notes that each role was quantized from, with their exact times: see `score.quantization.played_notes`.
    """

    meter: str
    n_bars: int
    events: dict[Role, I16]
    velocities: dict[Role, U8]
    programs: dict[Role, int]
    tempos: tuple[GridTempo, ...] = (GridTempo(0, DEFAULT_MICROSECONDS_PER_QUARTER),)
    keys: tuple[GridKey, ...] = ()
    sources: tuple[RoleSource, ...] = ()
    title: str = ""
    notices: tuple[Notice, ...] = field(default=())
    program_changes: dict[Role, list[GridProgram]] = field(default_factory=dict)
    reading: RoleReading | None = None
    meter_map: MeterMap | None = None
    played: Mapping[Role, PlayedTable] = field(default_factory=dict)

    @property
    def steps_per_bar(self) -> int:
        """Steps per bar: 16 or 12."""
        return STEPS_PER_BAR[self.meter]

    @property
    def n_steps(self) -> int:
        """Number of steps of every role."""
        return self.n_bars * self.steps_per_bar

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that the piece has, in the order of `ROLES`."""
        return tuple(role for role in ROLES if role in self.events)

    @property
    def mean_bpm(self) -> float:
        """Mean tempo over the whole grid in quarter notes per minute, weighted by time."""
        starts = np.array([tempo.step for tempo in self.tempos] + [self.n_steps], dtype=np.float64)
        rates = np.array([tempo.microseconds_per_quarter for tempo in self.tempos], dtype=np.float64)
        return float(60e6 * self.n_steps / np.sum(np.diff(starts) * rates))

    def notes(self, role: Role) -> NoteTable:
        """Return the note table of a role: an int32 array (n, 4) of onset step, end step, pitch and velocity."""
        return codec.decode(role, self.events[role], self.velocities[role])

    def unheld(self, role: Role) -> PlayedTable:
        """Return the played notes of a role that its events do not give back."""
        played = self.played.get(role, np.zeros((0, 6), dtype=np.int32))
        return find_unheld(role, played, self.events[role], self.velocities[role])

    def to_meter(self, meter: str) -> Grid:
        """Return the piece converted to another meter, with a notice about it.

        `score.quantization.meter_conversion` says how. 3/4 and 6/8 have the same steps.
        """
        if meter == self.meter:
            return self
        notice = Notice("METER_CONVERTED", f"{self.meter} was converted to {meter}.")
        converted = replace(self, meter=meter, notices=(*self.notices, notice))
        if STEPS_PER_BAR[meter] == self.steps_per_bar:
            return converted
        notes = {role: self.notes(role) for role in self.roles}
        conversion = choose_conversion(notes, self.meter, meter)
        n_steps = conversion.convert_step(self.n_steps)
        converted_notes = {role: conversion.convert_notes(role, table) for role, table in notes.items()}
        parts = {role: codec.encode(role, table, n_steps) for role, table in converted_notes.items() if len(table)}
        tempos = [
            GridTempo.at_bpm(conversion.convert_step(tempo.step), tempo.bpm * conversion.tempo_factor)
            for tempo in self.tempos
        ]
        keys = [key._replace(step=conversion.convert_step(key.step)) for key in self.keys]
        return replace(
            converted,
            meter_map=None,
            played={role: conversion.convert_played(role, self.unheld(role)) for role in parts},
            n_bars=n_steps // STEPS_PER_BAR[meter],
            events={role: part.events for role, part in parts.items()},
            velocities={role: part.velocities for role, part in parts.items()},
            tempos=tuple({tempo.step: tempo for tempo in tempos}.values()),
            keys=tuple({key.step: key for key in keys}.values()),
            program_changes=convert_changes(self.program_changes, conversion.convert_step),
        )

    def __eq__(self, other: object) -> bool:
        """Return whether two grids hold the same music."""
        if not isinstance(other, Grid):
            return NotImplemented
        return (
            (self.meter, self.n_bars, self.tempos, self.keys) == (other.meter, other.n_bars, other.tempos, other.keys)
            and (self.programs, self.program_changes) == (other.programs, other.program_changes)
            and _are_equal(self.events, other.events)
            and _are_equal(self.velocities, other.velocities)
        )

    __hash__ = None  # type: ignore[assignment]  # holds arrays


def from_events(
    meter: str,
    events: Mapping[Role, I16],
    *,
    velocities: Mapping[Role, U8] | None = None,
    programs: Mapping[Role, int] | None = None,
    bpm: float = 120.0,
) -> Grid:
    """Return a grid with the events that a model has decoded.

    Parameters
    ----------
    meter : str
        ``"4/4"``, ``"3/4"`` or ``"6/8"``.
    events : mapping of Role to ndarray
        Whole bars, all of the same length; see `Grid`.
    velocities : mapping of Role to ndarray, optional
        0 (unknown) for roles that are missing.
    programs : mapping of Role to int, optional
        `DEFAULT_PROGRAMS` for roles that are missing.
    bpm : float
        Quarter notes per minute, constant.

    Examples
    --------
    >>> lead = np.array([41, *[0] * 15], np.int16)
    >>> from_events("4/4", {Role.LEAD: lead}).notes(Role.LEAD).tolist()
    [[0, 16, 60, 90]]
    """
    n_steps = max((len(values) for values in events.values()), default=STEPS_PER_BAR[meter])
    known_velocities = velocities or {}
    return Grid(
        meter=meter,
        n_bars=n_steps // STEPS_PER_BAR[meter],
        events={role: np.asarray(values, dtype=np.int16) for role, values in events.items()},
        velocities={
            role: known_velocities.get(role, np.zeros(codec.velocities_shape(role, n_steps), dtype=np.uint8))
            for role in events
        },
        programs={role: (programs or {}).get(role, DEFAULT_PROGRAMS[role]) for role in events},
        tempos=(GridTempo.at_bpm(0, bpm),),
    )


def from_score(score: Score, overrides: Mapping[int, Role | None] | None = None) -> Grid:
    """Quantize a score.

    Parameters
    ----------
    score : Score
        As it came: `score.sounding` gives what is heard of it.
    overrides : mapping of int to Role or None, optional
        Roles by track index that the user has set; None leaves the track out.

    Returns
    -------
    Grid
        Its notices are those of the score, then those about meters, roles and quantization.

    Raises
    ------
    NoNotes
        If no role has a note: all tracks are left out, or all notes are drums that the grid does not have.
    InvalidInput
        If an override names a track that does not exist.

    Examples
    --------
    >>> melody = Track("Melody", notes=(Note(0, 480, 60, 80), Note(480, 1440, 64, 80)))
    >>> grid = from_score(Score(tracks=(melody,)))
    >>> grid.meter, grid.n_bars, grid.events[Role.LEAD].tolist()
    ('4/4', 1, [41, 0, 0, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    """
    keys, score = (view(apply_drum_overrides(score, overrides)) for view in (keyed, sounding))
    meter_map = build_meter_map(score)
    tables = {index: quantize_exactly(track, meter_map) for index, track in enumerate(keys.tracks) if track.notes}
    parts = split_by_role(keys, guesses := assign(keys, overrides), tables, set(overrides or {}))
    reading = RoleReading(tuple(guesses), parts.note_roles(tables, keys.tracks))
    parts = sustain(parts, score, keys, meter_map)
    encoded = encode_roles(parts.notes, STEPS_PER_BAR[meter_map.meter])
    n_silent = count_silent_bars(encoded, STEPS_PER_BAR[meter_map.meter])
    if n_silent:
        meter_map = meter_map.without_bars(n_silent)
        parts = parts.from_step(n_silent * STEPS_PER_BAR[meter_map.meter])
        encoded = encode_roles(parts.notes, STEPS_PER_BAR[meter_map.meter])
    present = {role: part for role, part in encoded.items() if part.velocities.any()}
    if not present:
        raise NoNotes("No note of the piece plays a role: give at least one track a role.", tracks=len(score.tracks))
    n_steps = len(next(iter(present.values())).events)
    programs = find_programs(keys, parts, present, meter_map)
    return Grid(
        meter=meter_map.meter,
        n_bars=n_steps // STEPS_PER_BAR[meter_map.meter],
        events={role: part.events for role, part in present.items()},
        velocities={role: part.velocities for role, part in present.items()},
        programs={role: first.program for role, (first, *_) in programs.items()},
        program_changes={role: changes for role, (_, *changes) in programs.items() if changes},
        tempos=_grid_tempos(score, meter_map, n_steps),
        keys=_grid_keys(score, meter_map, n_steps),
        sources=parts.sources,
        reading=reading,
        title=display_text(score.title),
        notices=(
            *score.notices,
            *meter_map.notices,
            *notices.silence_notices(n_silent),
            *notices.reading_notices(score, meter_map, parts, encoded),
        ),
        meter_map=meter_map,
        played={role: table[sounds_inside(table, n_steps)] for role, table in parts.notes.items() if role in present},
    )


def to_score(
    grid: Grid,
    *,
    ticks_per_quarter: int = 480,
    title: str | None = None,
    provenance: Mapping[str, object] | None = None,
) -> Score:
    """Return a grid as a score with one track per role, named Lead, Harmony, Bass and Drums.

    Bars of silence at the end have no notes, so they are not in the score.

    Parameters
    ----------
    grid : Grid
    ticks_per_quarter : int
        Resolution of the score, a multiple of 4.
    title : str, optional
        The grid's own title by default.
    provenance : mapping of str to object, optional
        Where the piece comes from, as JSON values; see `Score`.

    Examples
    --------
    >>> grid = from_events("3/4", {Role.BASS: np.array([20, *[0] * 11], np.int16)})
    >>> to_score(grid).tracks[0].notes
    (Note(onset_ticks=0, duration_ticks=1440, pitch=39, velocity=90),)
    """
    ticks_per_step = ticks_per_quarter // STEPS_PER_QUARTER
    numerator, denominator = (int(part) for part in grid.meter.split("/"))
    return Score(
        ticks_per_quarter=ticks_per_quarter,
        tempos=tuple(Tempo(at.step * ticks_per_step, at.microseconds_per_quarter) for at in grid.tempos),
        meters=(Meter(0, numerator, denominator),),
        keys=tuple(KeySignature(key.step * ticks_per_step, key.fifths, key.is_minor) for key in grid.keys),
        tracks=tuple(_track(grid, role, ticks_per_step) for role in grid.roles),
        title=grid.title if title is None else title,
        provenance=dict(provenance or {}),
    )


def _track(grid: Grid, role: Role, ticks_per_step: int) -> Track:
    notes = (
        Note(onset * ticks_per_step, (end - onset) * ticks_per_step, pitch, velocity)
        for onset, end, pitch, velocity in grid.notes(role).tolist()
    )
    changes = program_events(grid.program_changes.get(role, ()), CHANNELS[role], ticks_per_step)
    return Track(role.value.title(), grid.programs[role], CHANNELS[role], tuple(sorted(notes, key=_in_order)), changes)


def _in_order(note: Note) -> tuple[int, int, int]:
    return note.onset_ticks, note.pitch, note.duration_ticks


def _grid_tempos(score: Score, meter_map: MeterMap, n_steps: int) -> tuple[GridTempo, ...]:
    steps, tempos = tempo_curve(score, meter_map, n_steps)
    return tuple(GridTempo(*each) for each in zip(steps.tolist(), tempos.tolist(), strict=True))


def _grid_keys(score: Score, meter_map: MeterMap, n_steps: int) -> tuple[GridKey, ...]:
    keys = {}
    for key in score.keys:
        step = max(int(codec.nearest_step(meter_map.steps_at(key.tick))), 0) if key.tick else 0
        if step < n_steps:
            keys[step] = GridKey(step, key.fifths, key.is_minor)
    return tuple(keys.values())


def _are_equal(mine: Mapping[Role, NDArray[np.integer]], other: Mapping[Role, NDArray[np.integer]]) -> bool:
    return mine.keys() == other.keys() and all(np.array_equal(mine[role], other[role]) for role in mine)
