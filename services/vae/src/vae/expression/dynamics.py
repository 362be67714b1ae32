"""What the models cannot say, given back to a blend: loudness, programs, tempo, key; thinning and rests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from score.encoding import DEFAULT_VELOCITY, HOLD, N_DRUM_CLASSES, OFF
from score.grid import DEFAULT_PROGRAMS, Grid, GridTempo
from score.quantization.note_table import END, ONSET
from score.roles import Role

from vae.alignment.window_alignment import Plan
from vae.models.specs import ROLE_SPECS
from vae.pieces.piece import Piece, in_force, tidied

Events = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]
Shares = npt.NDArray[np.float32]
Velocities = npt.NDArray[np.uint8]

_FINEST_TEMPO_STEP_BPM = 0.05


def velocities(pieces: Sequence[Piece], plan: Plan, role: Role, shares: Shares, cut: Events) -> Velocities:
    """Give every note of a role the loudness that its parents have at that place.

    Parameters
    ----------
    pieces : sequence of Piece
    plan : Plan
    role : Role
    shares : ndarray, shape (n_windows, n_parents), float32
    cut : ndarray, shape (n_windows, steps) or (n_windows, steps, voices), int16
        The blended windows.

    Returns
    -------
    ndarray, uint8
        As `Grid.velocities`, over all windows; 0 where no note begins.
    """
    total = np.zeros((*cut.shape[:2], N_DRUM_CLASSES if role is Role.DRUMS else 1))
    weight = np.zeros((len(plan), 1, 1))
    for index, piece in enumerate(pieces):
        if role in piece.grid.events:
            share = np.maximum(shares[:, index], 1e-6)[:, None, None]
            total += share * loudness(piece.grid, role, cut.shape[1])[plan.sources[:, index]]
            weight += share
    mean = np.clip(np.rint(total / weight), 1, 127).astype(np.uint8)
    if role is Role.DRUMS:
        begins = (cut[..., None] >> np.arange(N_DRUM_CLASSES)) & 1 > 0
    else:
        begins = (cut > OFF).reshape(*cut.shape[:2], -1)
    given = np.where(begins, mean, 0).astype(np.uint8)
    return given.reshape(-1, *given.shape[2:] if role in (Role.DRUMS, Role.HARMONY) else ())


def loudness(grid: Grid, role: Role, steps: int) -> Floats:
    """Tell how loud a role is at every step: by the nearest note of the window; by the piece's mean if it has none.

    Returns
    -------
    ndarray, shape (n_windows, steps, 9 for drums else 1), float64
        MIDI velocities.
    """
    known = grid.velocities[role].reshape(grid.n_steps, -1).astype(np.float64)
    if role is not Role.DRUMS:
        known = known.max(axis=1, keepdims=True)
    mean = known[known > 0].mean() if known.any() else float(DEFAULT_VELOCITY)
    n_windows = -(-grid.n_steps // steps)
    by_window = np.pad(known, ((0, n_windows * steps - len(known)), (0, 0))).reshape(n_windows, steps, -1)
    places, far = np.arange(steps)[:, None], 2 * steps
    before = np.maximum.accumulate(np.where(by_window > 0, places, -far), axis=1)
    after = np.minimum.accumulate(np.where(by_window > 0, places, far)[:, ::-1], axis=1)[:, ::-1]
    nearer = np.where(places - before <= after - places, before, after)
    found = np.take_along_axis(by_window, np.clip(nearer, 0, steps - 1), axis=1)
    return np.where((by_window > 0).any(axis=1, keepdims=True), found, mean)


def program(pieces: Sequence[Piece], role: Role, shares: Shares) -> int:
    """Return the program of the parent that has most of a role."""
    having = [index for index, piece in enumerate(pieces) if role in piece.grid.programs]
    if not having:
        return DEFAULT_PROGRAMS[role]
    return pieces[max(having, key=lambda index: float(shares[:, index].mean()))].grid.programs[role]


def tempos(pieces: Sequence[Piece], plan: Plan, shares: Shares, steps: int) -> tuple[GridTempo, ...]:
    """Return the tempo curve of a blend: the parents' tempos at each window, geometric in their shares."""
    logarithms = np.zeros(len(plan))
    for index, piece in enumerate(pieces):
        logarithms += shares[:, index] * np.log(window_bpm(piece.grid, steps))[plan.sources[:, index]]
    curve: list[GridTempo] = []
    for window, bpm in enumerate(np.exp(logarithms)):
        if not curve or abs(curve[-1].bpm - bpm) > _FINEST_TEMPO_STEP_BPM:
            curve.append(GridTempo.at_bpm(window * steps, float(bpm)))
    return tuple(curve)


def window_bpm(grid: Grid, steps: int) -> Floats:
    """Return the mean tempo of each window, in quarters a minute."""
    n_windows = -(-grid.n_steps // steps)
    starts = np.array([tempo.step for tempo in grid.tempos])
    rates = np.array([float(tempo.microseconds_per_quarter) for tempo in grid.tempos])
    by_step = rates[np.searchsorted(starts, np.arange(n_windows * steps), side="right") - 1]
    return np.asarray(60e6 / by_step.reshape(n_windows, steps).mean(axis=1))


def thin(cut: Events, role: Role, kept_share: float, steps_per_bar: int) -> Events:
    """Leave out the notes of a window that begin on the weakest steps.

    Parameters
    ----------
    cut : ndarray, shape (steps,) or (steps, voices), int16
    role : Role
    kept_share : float
        1 keeps all moments at which notes begin, 0 none.
    steps_per_bar : int

    Returns
    -------
    ndarray
        Of the same shape.
    """
    least = 1 if role is Role.DRUMS else OFF + 1
    moments = np.flatnonzero((cut >= least).reshape(len(cut), -1).any(axis=1))
    by_strength = sorted(moments.tolist(), key=lambda step: (_weakness(step % steps_per_bar, steps_per_bar), step))
    dropped = by_strength[int(np.ceil(kept_share * len(moments) - 1e-6)) :]
    thinned = cut.copy()
    for step in dropped:
        thinned[step] = np.where(thinned[step] >= least, HOLD if role is Role.DRUMS else OFF, thinned[step])
    return thinned


def thinned(cut: Events, role: Role, kept: Shares) -> Events:
    """Thin every window (n_windows, ...) to its share of notes (n_windows,)."""
    changed = cut.copy()
    for window in np.flatnonzero(kept < 1.0):
        changed[window] = thin(cut[window], role, float(kept[window]), cut.shape[1] // 2)
    return changed


def rested(cut: Events, role: Role, rests: npt.NDArray[np.bool_]) -> Events:
    """Silence bars of windows; a note that was held out of one is struck anew in the next.

    Parameters
    ----------
    cut : ndarray, shape (n_windows, steps) or (n_windows, steps, voices), int16
    role : Role
    rests : ndarray, shape (n_windows, bars of a window), bool
        The bars to silence.

    Returns
    -------
    ndarray
        Of the shape of `cut`.
    """
    changed = cut.copy()
    bar = cut.shape[1] // rests.shape[1]
    for window, index in np.argwhere(rests).tolist():
        begin, end = index * bar, (index + 1) * bar
        if role is not Role.DRUMS and end < cut.shape[1]:
            sounding = in_force(changed[window].reshape(1, cut.shape[1], -1))[0, end].reshape(cut.shape[2:])
            changed[window, end] = sounding
        changed[window, begin:end] = HOLD
        if role is not Role.DRUMS:
            changed[window, begin] = OFF
        changed[window] = tidied(changed[window : window + 1], role)[0]
    return changed


def ties(pieces: Sequence[Piece], plan: Plan, role: Role, shares: Shares, decoded: Events) -> npt.NDArray[np.bool_]:
    """Tell into which windows a note may sound over: those into which one does in the parent that counts most.

    No note becomes longer by it than the parents' longest, or than a window.

    Returns
    -------
    ndarray, shape (n_windows,) or (n_windows, voices), bool
    """
    voices = ROLE_SPECS[role.value].voices
    found = np.zeros((len(plan), len(pieces), voices), bool)
    for index, piece in enumerate(pieces):
        if role in piece.ties:
            found[:, index] = piece.ties[role].reshape(piece.n_windows, voices)[plan.sources[:, index]]
    chosen = found[np.arange(len(plan)), shares.argmax(axis=1)]
    lengths = [np.diff(piece.grid.notes(role)[:, ONSET : END + 1]) for piece in pieces if role in piece.grid.events]
    longest = max([decoded.shape[1], *(int(each.max(initial=0)) for each in lengths)])
    by_voice = decoded.reshape(*decoded.shape[:2], voices)
    for voice in range(voices):
        _loosen(chosen[:, voice], by_voice[:, :, voice], longest)
    return np.asarray(chosen if voices > 1 else chosen[:, 0])


def _loosen(tied: npt.NDArray[np.bool_], cut: Events, longest: int) -> None:
    """Untie one voice's windows where a note would last for more than `longest` steps."""
    sounding = 0
    for window, events in enumerate(cut):
        begins = np.flatnonzero(events)
        later = begins[begins > 0]
        first = int(later[0]) if len(later) else len(events)
        tied[window] &= sounding + first <= longest
        carried = sounding if tied[window] else 0
        sounding = len(events) - int(later[-1]) if len(later) else len(events) + carried
        if len(begins) and events[begins[-1]] == OFF:
            sounding = 0


def _weakness(step: int, steps_per_bar: int) -> int:
    """Rank a step of a bar: 0 for its first, more for weaker ones."""
    if step == 0:
        return 0
    levels = (8, 4, 2, 1) if steps_per_bar == 16 else (6, 4, 2, 1)
    return 1 + next(rank for rank, every in enumerate(levels) if step % every == 0)
