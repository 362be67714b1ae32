"""A parent of a blend, cut into windows, with what the models cannot say kept beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from score import chords, midi, windows
from score import grid as grids
from score.encoding import HOLD, N_PITCHED_CLASSES, OFF, PITCH_OFFSET
from score.grid import Grid
from score.model import Score
from score.roles import PITCHED_ROLES, ROLES, Role

from vae.expression.microtiming import Timing, of_score
from vae.pieces import segmentation

Events = npt.NDArray[np.int16]
Flags = npt.NDArray[np.bool_]
Chords = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float32]
Digests = npt.NDArray[np.uint64]

_HEARD_WITH = {role: (role, Role.HARMONY, Role.BASS) for role in (Role.LEAD, Role.BASS)}
"""Lead and bass are heard on the chords of harmony and bass: they repeat only where those do."""


@dataclass(frozen=True)
class Piece:
    """A piece on the grid and its windows.

    Attributes
    ----------
    score : Score
        As it came.
    grid : Grid
    windows : dict of Role to ndarray
        As `score.windows.split` gives them.
    ties : dict of Role to ndarray
        As `score.windows.continuations` gives them.
    chords : ndarray, shape (n_windows, BEATS), int8
        As `score.chords.grid_triads` names them.
    """

    score: Score
    grid: Grid
    windows: dict[Role, Events]
    ties: dict[Role, Flags]
    chords: Chords

    @property
    def n_windows(self) -> int:
        """How many two-bar windows the piece has."""
        return windows.count(self.grid)

    @property
    def steps(self) -> int:
        """Steps of a window: 32 or 24."""
        return windows.steps_per_window(self.grid.meter)

    @cached_property
    def features(self) -> npt.NDArray[np.float64]:
        """What each window sounds like: see `vae.pieces.segmentation.features`."""
        return segmentation.features(self)

    @cached_property
    def form(self) -> tuple[segmentation.Section, ...]:
        """The sections of the piece, in order."""
        return segmentation.sections(self.features)

    @cached_property
    def timing(self) -> dict[Role, Timing]:
        """What the grid's steps took from the notes' timing; of a piece in its own meter only."""
        return of_score(self.score, self.grid)

    @cached_property
    def digests(self) -> dict[Role, Digests]:
        """A number for what each window of a role is to its model, shape (n_windows,): windows that repeat share it."""
        return {role: _digests(self.windows, _HEARD_WITH.get(role, (role,))) for role in self.windows}

    @cached_property
    def fingerprint(self) -> int:
        """A number for all that the models are told of the piece."""
        told = [self.grid.meter.encode(), self.chords.tobytes()]
        for role in ROLES:
            if role in self.windows:
                told += [role.value.encode(), self.windows[role].tobytes()]
        return _digest(b"|".join(told))

    def sounding(self, role: Role) -> Flags:
        """Tell for each window whether the role sounds in it; nowhere if the piece has no such role."""
        if role not in self.windows:
            return np.zeros(self.n_windows, bool)
        return sounds(role, self.windows[role])

    def sounding_bars(self, role: Role) -> Flags:
        """Tell for both bars of each window whether the role sounds in them: shape (n_windows, 2)."""
        if role not in self.windows:
            return np.zeros((self.n_windows, 2), bool)
        return sounding_steps(role, self.windows[role]) > 0

    @property
    def n_heard(self) -> int:
        """How many windows there are up to the last one in both bars of which anything sounds, at least 1."""
        heard = np.zeros((self.n_windows, 2), bool)
        for role, cut in self.windows.items():
            heard |= sounding_steps(role, cut) > 0
        return 1 + int(np.max(np.flatnonzero(heard.all(axis=1)), initial=0))

    def pitch_classes(self) -> Flags:
        """Tell for each window which pitch classes sound in it, over all pitched roles: shape (n_windows, 12)."""
        found = np.zeros((self.n_windows, 12), bool)
        for role in PITCHED_ROLES:
            if role in self.windows:
                found |= classes_in(self.windows[role])
        return found


def read(data: bytes, overrides: Mapping[int, Role | None] | None = None) -> Piece:
    """Read a MIDI file as a piece.

    Raises
    ------
    MidiUnreadable, UnsupportedTimeDivision, MidiTooLarge, NoNotes
        As `score.midi.parse`.
    """
    score = midi.parse(data)
    return of_grid(score, grids.from_score(score, overrides))


def of_grid(score: Score, grid: Grid) -> Piece:
    """Cut a grid into a piece."""
    return Piece(score, grid, windows.split(grid), windows.continuations(grid), chords.grid_triads(grid))


def _digests(cuts: Mapping[Role, Events], roles: tuple[Role, ...]) -> Digests:
    found = []
    for index in range(len(cuts[roles[0]])):
        told = b"|".join(cuts[role][index].tobytes() for role in roles if role in cuts)
        found.append(_digest(told))
    return np.array(found, np.uint64)


def _digest(told: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "little")


def sounds(role: Role, cut: Events) -> Flags:
    """Tell for each window of a role whether anything sounds in it: shape (n_windows,)."""
    least = 1 if role is Role.DRUMS else OFF + 1
    return np.asarray((cut >= least).reshape(len(cut), -1).any(axis=1))


def sounding_steps(role: Role, cut: Events) -> npt.NDArray[np.int64]:
    """Count the steps of both bars of each window at which anything sounds: shape (n_windows, 2).

    A note counts as long as it is held, a stroke once.
    """
    tokens = cut.reshape(*cut.shape[:2], -1)
    if role is not Role.DRUMS:
        tokens = in_force(tokens)
    heard = (tokens >= (1 if role is Role.DRUMS else OFF + 1)).any(axis=2)
    return np.asarray(heard.reshape(len(cut), 2, -1).sum(axis=2))


def in_force(tokens: Events) -> Events:
    """Write the last token that is no hold at every step of windows: shape (n_windows, steps, voices), as given."""
    steps = np.arange(tokens.shape[1])[None, :, None]
    last = np.maximum.accumulate(np.where(tokens != HOLD, steps, 0), axis=1)
    return np.take_along_axis(tokens, last, axis=1)


def tidied(cut: Events, role: Role) -> Events:
    """Write silence in windows as a grid does: a note-off where it begins, and none within it."""
    if role is Role.DRUMS:
        return cut
    tokens = cut.reshape(*cut.shape[:2], -1)
    before = np.concatenate([np.full_like(tokens[:, :1], OFF), in_force(tokens)[:, :-1]], axis=1)
    tidy = np.where((tokens == OFF) & (before <= OFF), HOLD, tokens)
    tidy[:, 0] = np.where(tidy[:, 0] == HOLD, OFF, tidy[:, 0])
    return np.asarray(tidy.reshape(cut.shape))


def classes_in(cut: Events) -> Flags:
    """Tell which pitch classes begin in each window of a pitched role: shape (n_windows, 12)."""
    flat = cut.reshape(len(cut), -1)
    found = np.zeros((len(cut), 12), bool)
    rows, columns = np.nonzero(flat > OFF)
    found[rows, (flat[rows, columns] + PITCH_OFFSET) % 12] = True
    return found


TOKEN_CLASSES = (np.arange(N_PITCHED_CLASSES) + PITCH_OFFSET) % 12
"""The pitch class of each token of a pitched voice; of no meaning for hold and note-off."""
