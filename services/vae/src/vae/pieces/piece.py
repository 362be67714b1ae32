"""A piece as the blend sees it: its score, its grid, and the two-bar windows of each role with their analyses."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from score import chords, midi
from score import grid as grids
from score import windows as score_windows
from score.arrays import F64, I8, I16, U64, Bool
from score.encoding import BARS_PER_WINDOW
from score.grid import Grid
from score.model import Score
from score.roles import PITCHED_ROLES, ROLES, Role
from score.sounding import sounding

from vae.pieces import segmentation
from vae.pieces.note_timing import NoteTiming, extract_timing
from vae.pieces.sections import Section
from vae.pieces.window_events import count_sounding_steps, onset_pitch_classes, sounding_windows

_CONDITIONED_ON = {role: (role, Role.HARMONY, Role.BASS) for role in (Role.LEAD, Role.BASS)}
"""Lead and bass are encoded on the chords of harmony and bass: a window of theirs repeats only where those repeat."""


@dataclass(frozen=True)
class Piece:
    """A piece on the grid and its windows.

    Attributes
    ----------
    score : Score
        As it was read.
    grid : Grid
    windows : dict of Role to ndarray, int16
        From `score.windows.split`: shape (n_windows, n_steps), harmony (n_windows, n_steps, N_VOICES).
    continuations : dict of Role to ndarray, bool
        From `score.windows.continuations`.
    chords : ndarray, shape (n_windows, BEATS_PER_WINDOW), int8
        From `score.chords.grid_triads`.
    role_overrides : mapping of int to Role or None
        Roles of tracks that the piece was read with.
    """

    score: Score
    grid: Grid
    windows: dict[Role, I16]
    continuations: dict[Role, Bool]
    chords: I8
    role_overrides: Mapping[int, Role | None] = field(default_factory=dict)

    @property
    def n_windows(self) -> int:
        """Number of two-bar windows."""
        return score_windows.count(self.grid)

    @property
    def steps_per_window(self) -> int:
        """Steps of a window: 32 or 24."""
        return score_windows.steps_per_window(self.grid.meter)

    @cached_property
    def features(self) -> F64:
        """Features of each window, from `vae.pieces.segmentation.window_features`."""
        return segmentation.window_features(self.windows, self.pitch_classes())

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The sections of the piece, in order."""
        return segmentation.segment(self.features)

    @cached_property
    def timing(self) -> dict[Role, NoteTiming]:
        """How far the notes of each role are off the grid; empty if the piece was converted to another meter."""
        return extract_timing(sounding(self.score), self.grid)

    @cached_property
    def window_hashes(self) -> dict[Role, U64]:
        """A hash of each window of a role and of what it is conditioned on, shape (n_windows,): repeats share it."""
        return {role: _hash_windows(self.windows, _CONDITIONED_ON.get(role, (role,))) for role in self.windows}

    @cached_property
    def content_hash(self) -> int:
        """A hash of all model inputs of the piece: meter, chords and windows."""
        parts = [self.grid.meter.encode(), self.chords.tobytes()]
        for role in ROLES:
            if role in self.windows:
                parts += [role.value.encode(), self.windows[role].tobytes()]
        return _hash(b"|".join(parts))

    def sounding_windows(self, role: Role) -> Bool:
        """Return in which windows the role sounds, shape (n_windows,); all False if the piece lacks the role."""
        if role not in self.windows:
            return np.zeros(self.n_windows, bool)
        return sounding_windows(self.windows[role], role)

    def sounding_bars(self, role: Role) -> Bool:
        """Return in which bars of each window the role sounds, shape (n_windows, BARS_PER_WINDOW)."""
        if role not in self.windows:
            return np.zeros((self.n_windows, BARS_PER_WINDOW), bool)
        return count_sounding_steps(self.windows[role], role) > 0

    @property
    def n_body_windows(self) -> int:
        """Number of windows up to the last one in both bars of which anything sounds, at least 1: without its ending.

        A repetition of the piece continues there, so that no silence is left between the repetitions.
        """
        is_sounding = np.zeros((self.n_windows, BARS_PER_WINDOW), bool)
        for role, windows in self.windows.items():
            is_sounding |= count_sounding_steps(windows, role) > 0
        return 1 + int(np.max(np.flatnonzero(is_sounding.all(axis=1)), initial=0))

    def pitch_classes(self) -> Bool:
        """Return which pitch classes begin in each window, over all pitched roles: shape (n_windows, 12)."""
        classes = np.zeros((self.n_windows, 12), bool)
        for role in PITCHED_ROLES:
            if role in self.windows:
                classes |= onset_pitch_classes(self.windows[role])
        return classes


def read_midi(data: bytes, role_overrides: Mapping[int, Role | None] | None = None) -> Piece:
    """Read a MIDI file as a piece.

    Parameters
    ----------
    data : bytes
        A Standard MIDI File.
    role_overrides : mapping of int to Role or None, optional
        Roles of tracks instead of the detected ones; None leaves a track out.

    Raises
    ------
    MidiUnreadable, UnsupportedTimeDivision, MidiTooLarge, NoNotes
        From `score.midi.parse`.
    """
    score = midi.parse(data)
    return read_score(score, role_overrides)


def read_score(score: Score, role_overrides: Mapping[int, Role | None] | None = None) -> Piece:
    """Quantize a score as a piece, with the roles of tracks as for `read_midi`."""
    piece = from_grid(score, grids.from_score(score, role_overrides))
    return replace(piece, role_overrides=dict(role_overrides or {}))


def from_grid(score: Score, grid: Grid) -> Piece:
    """Divide a grid into the windows of a piece."""
    windows, continuations = score_windows.split(grid), score_windows.continuations(grid)
    return Piece(score, grid, windows, continuations, chords.grid_triads(grid))


def _hash_windows(windows: Mapping[Role, I16], roles: tuple[Role, ...]) -> U64:
    present = [windows[role] for role in roles if role in windows]
    n_windows = len(windows[roles[0]])
    return np.array([_hash(b"|".join(of[index].tobytes() for of in present)) for index in range(n_windows)], np.uint64)


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")
