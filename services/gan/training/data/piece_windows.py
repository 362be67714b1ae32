"""One piece of the corpus, cut into two-bar windows of four roles in C major or A minor."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from gan.network.dims import MAX_WINDOW_STEPS, METERS, N_ROLES
from score import grid as grids
from score import midi, windows
from score.arrays import F64, I16, I32, Bool
from score.encoding import sounding_pitch
from score.model import Note, Score
from score.roles import ROLES, Role
from servicekit.faults import Fault

from . import arrangement
from .window_features import step_onsets, voices_first

STYLES: dict[str, str] = {
    "arr-country": "country",
    "arr-folkrock": "folk-rock",
    "arr-funk": "funk",
    "arr-hiphop": "hip-hop",
    "arr-jazz": "jazz",
    "arr-jigrock": "jig-rock",
    "arr-latin": "latin",
    "arr-march": "march",
    "arr-reggae": "reggae",
    "arr-waltz": "waltz",
    "pop": "pop",
    "game": "game",
    "chorale": "chorale",
    "string-quartet": "string-quartet",
    "lied": "art-song",
    "classical-piano": "classical-piano",
    "ragtime": "ragtime",
}
"""Style of the index to style of the generator, in the order of its embedding."""

ARRANGED_PREFIX = "arr-"
"""Styles of the index whose pieces are machine-arranged."""

DOUBLED_STYLES = ("ragtime",)
"""Written in 2/4 with sixteenths, but sounding as 4/4 at twice the tempo: their durations are doubled."""

MIN_BARS = 8
"""Shorter pieces are left out."""

MAX_WINDOWS = 24
"""Windows taken from one piece, so that long works do not dominate."""

MIN_SIMILARITY = 0.62
"""Windows that agree at least this much share a label."""

HELD_OUT_PERCENT = 10


@dataclass(frozen=True, slots=True)
class PieceWindows:
    """The windows of a piece, and what the corpus's index states about it.

    Attributes
    ----------
    style, meter : int
        Indices into `STYLES` and `METERS`.
    is_minor : bool
    tempo_bpm : float
        The mean tempo.
    roles : ndarray, shape (4,), bool
        Which roles sound.
    programs : tuple of int
        MIDI program of each role, 0 for a role that is missing.
    windows : dict of Role to ndarray, int16
        See `training.data.corpus.Corpus`.
    tied : dict of Role to ndarray, bool
        Which lines sound across the beginning of a window.
    sounding : ndarray, shape (n, 4), bool
        Which roles sound in a window.
    labels : ndarray, shape (n,), int32
        See `label_windows`.
    velocity_sums : ndarray, shape (4, 2, 16), float64
        Sum of velocities and number of onsets of each role at each step of the bar.
    length : int
        Windows of the piece before it was cut to `MAX_WINDOWS`.
    held_out, synthetic : bool
        Whether the piece is kept from training; whether it is machine-arranged.
    credit : str
        Whom the licence requires to name.
    """

    style: int
    is_minor: bool
    meter: int
    tempo_bpm: float
    roles: Bool
    programs: tuple[int, ...]
    windows: dict[Role, I16]
    tied: dict[Role, Bool]
    sounding: Bool
    labels: I32
    velocity_sums: F64
    length: int
    held_out: bool
    synthetic: bool
    credit: str


def read_piece(folder: Path, row: Mapping[str, str]) -> PieceWindows | None:
    """Read a piece of the corpus; return None for one that cannot be used.

    ``row`` is its row of the index in ``folder``.
    """
    try:
        score = midi.parse((folder / row["path"]).read_bytes())
    except Fault:
        return None
    arranged = arrangement.arrange(score, row["style"])
    if arranged is None:
        return None
    tonic, is_minor = arrangement.parse_key(row["key"]) or arrangement.find_key(arranged.score.tracks)
    shift = arrangement.shift_to_white(tonic, is_minor)
    normalized = _normalize(arranged.score, shift, 2 if row["style"] in DOUBLED_STYLES else 1)
    grid = grids.from_score(normalized, dict(enumerate(arranged.roles)))
    if grid.n_bars < MIN_BARS:
        return None
    return _cut(grid, row, is_minor, dict(zip(arranged.roles, arranged.programs, strict=True)))


def _normalize(score: Score, semitones: int, stretch: int) -> Score:
    """Transpose all tracks but drums, and multiply all durations."""

    def changed(note: Note, is_drum: bool) -> Note:
        pitch = note.pitch if is_drum else min(max(note.pitch + semitones, 0), 127)
        return Note(note.onset_ticks * stretch, note.duration_ticks * stretch, pitch, note.velocity)

    tracks = tuple(
        replace(track, notes=tuple(changed(note, track.is_drum) for note in track.notes)) for track in score.tracks
    )
    tempos = tuple(
        tempo._replace(tick=tempo.tick * stretch, microseconds_per_quarter=tempo.microseconds_per_quarter // stretch)
        for tempo in score.tempos
    )
    meters = tuple(meter._replace(tick=meter.tick * stretch) for meter in score.meters)
    return replace(score, tracks=tracks, tempos=tempos, meters=meters, keys=())


def _cut(grid: grids.Grid, row: Mapping[str, str], is_minor: bool, programs: Mapping[Role, int]) -> PieceWindows:
    cut = {role: events[:MAX_WINDOWS] for role, events in windows.split(grid).items()}
    n_windows = min(windows.count(grid), MAX_WINDOWS)
    sounding = np.zeros((n_windows, N_ROLES), np.bool_)
    for column, role in enumerate(ROLES):
        if role in cut:
            sounding[:, column] = _is_sounding(cut[role], role)
    return PieceWindows(
        style=list(STYLES).index(row["style"]),
        is_minor=is_minor,
        meter=METERS.index(grid.meter),
        tempo_bpm=grid.mean_bpm,
        roles=np.array([role in cut and bool(sounding[:, column].any()) for column, role in enumerate(ROLES)]),
        programs=tuple(programs.get(role, 0) for role in ROLES),
        windows={role: _pad_steps(cut[role]) for role in cut},
        tied={role: tied[:MAX_WINDOWS] for role, tied in windows.continuations(grid).items()},
        sounding=sounding,
        labels=label_windows(cut),
        velocity_sums=_velocity_sums(grid),
        length=windows.count(grid),
        held_out=is_held_out(row["group"]),
        synthetic=row["style"].startswith(ARRANGED_PREFIX),
        credit=row.get("credit", ""),
    )


def is_held_out(group: str) -> bool:
    """Return whether the pieces of a work are kept from training: one work in ten, by a hash of its name."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % 100 < HELD_OUT_PERCENT


def _is_sounding(events: I16, role: Role) -> Bool:
    if role is Role.DRUMS:
        return np.asarray((events > 0).any(1))
    return np.asarray((sounding_pitch(voices_first(events), axis=-1) > 0).any((1, 2)))


def _pad_steps(events: I16) -> I16:
    missing = MAX_WINDOW_STEPS - events.shape[1]
    return np.pad(events, ((0, 0), (0, missing), *[(0, 0)] * (events.ndim - 2)))


def label_windows(cut: Mapping[Role, I16]) -> I32:
    """Give similar windows one label, counted from 0 by first appearance.

    Similarity is the share of steps with the same onset in the melody (the first pitched role there is), of those on
    which either window has an onset.
    """
    role = next(role for role in ROLES if role in cut)
    events = cut[role] if cut[role].ndim == 2 else cut[role].max(2)
    onsets = np.where(step_onsets(events, is_drum=False) > 0, events, 0)
    labels = np.zeros(len(onsets), np.int32)
    firsts: list[int] = []
    for index, window in enumerate(onsets):
        similarities = [_similarity(window, onsets[first]) for first in firsts]
        best = int(np.argmax(similarities)) if similarities else -1
        if best >= 0 and similarities[best] >= MIN_SIMILARITY:
            labels[index] = best
        else:
            labels[index] = len(firsts)
            firsts.append(index)
    return labels


def _similarity(one: I16, other: I16) -> float:
    either = (one > 0) | (other > 0)
    return float(((one == other) & either).sum() / max(1, either.sum()))


def _velocity_sums(grid: grids.Grid) -> F64:
    sums = np.zeros((N_ROLES, 2, 16))
    for column, role in enumerate(ROLES):
        if role not in grid.velocities:
            continue
        velocities = grid.velocities[role].reshape(grid.n_bars, grid.steps_per_bar, -1).astype(np.float64)
        sums[column, 0, : grid.steps_per_bar] = velocities.sum((0, 2))
        sums[column, 1, : grid.steps_per_bar] = (velocities > 0).sum((0, 2))
    return sums
