"""The blend: pieces in, one piece out.

1. The pieces are put in one meter and aligned: the plan says which windows meet (`vae.plan`).
2. Every role's windows are encoded in one batch, by the mean of their posteriors.
3. Latents that meet are interpolated on the sphere (`vae.latents`); a role that only one parent has there is that
   parent's, in full while its share is at least a half, and thinned below.
4. Harmony is decoded first; lead and bass are drawn so that they fit it (`vae.fit`).
5. Windows are joined, and loudness, programs, tempo and key written back (`vae.dress`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from score import grid as grids
from score import windows
from score.grid import Grid, GridKey, GridTempo
from score.model import Notice
from score.roles import Role

from vae import dress, fit, latents, plan
from vae.bank import Bank, Interrupt, go_on
from vae.piece import Events, Flags, Floats, Piece, of_grid
from vae.plan import Plan
from vae.sampling import Draw
from vae.specs import LATENT_SIZE, ROLE_SPECS
from vae.weights import Weights

ROLE_ORDER = (Role.HARMONY, Role.LEAD, Role.BASS, Role.DRUMS)
"""Harmony first: lead and bass are decoded to fit it."""

_FULL_FROM = 0.5
"""The share from which a role that only one parent has sounds in full."""

_FEWEST_ONSETS = 0.25
"""A bar with less than this share of its sparsest parent's onsets is a hole."""


@dataclass(frozen=True)
class Wishes:
    """What a blend should be.

    Attributes
    ----------
    weights : Weights
        Checked.
    temperature : float
        0 takes the likeliest tokens.
    seed : int
    tempo_bpm : float or None
        Instead of the parents' tempos.
    key : tuple of (fifths, is_minor) or None
        The signature to write.
    """

    weights: Weights
    temperature: float = 0.0
    seed: int = 0
    tempo_bpm: float | None = None
    key: tuple[int, bool] | None = None


@dataclass(frozen=True)
class Blended:
    """A finished blend: its grid, and what a person should know."""

    grid: Grid
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class Stage:
    """How far a blend has come: the share of the work that is done, and what is being done."""

    fraction: float
    name: str


@dataclass(frozen=True)
class _Mixture:
    """One role of a blend before it is decoded.

    Attributes
    ----------
    z : ndarray, shape (n_windows, LATENT_SIZE)
    shares : ndarray, shape (n_windows, n_parents)
        Of the parents that sound there; rows sum to 1, or to 0 where none sounds.
    kept : ndarray, shape (n_windows,)
        Share of its notes that sounds: 1 but where a parent alone has the role and counts for less than half.
    unlike : ndarray, shape (n_windows,)
        See `vae.fit.unlikeness`.
    """

    z: Floats
    shares: Floats
    kept: Floats
    unlike: Floats
    points: tuple[Floats, ...]


def blend(
    bank: Bank, pieces: Sequence[Piece], wishes: Wishes, interrupt: Interrupt = go_on
) -> Iterator[Stage | Blended]:
    """Blend pieces.

    Parameters
    ----------
    bank : Bank
    pieces : sequence of Piece
        One is only reconstructed; two or more are blended. They should be in one key.
    wishes : Wishes
    interrupt : Interrupt
        Asked before every batch.

    Yields
    ------
    Stage, then Blended
        The blend is the last.
    """
    pieces = in_one_meter(pieces)
    weights = wishes.weights
    course = plan.align(pieces, weights.mean_shares(len(pieces)))
    present = [role for role in ROLE_ORDER if any(role in piece.windows for piece in pieces)]
    decoded: dict[Role, Events] = {}
    shares_of: dict[Role, Floats] = {}
    notices = _notices(pieces)
    for index, role in enumerate(present):
        shares_of[role] = weights.at(role, len(course), len(pieces))
        yield Stage(index / len(present), f"blend {role.value}")
        mixture = _mix(bank, pieces, course, role, shares_of[role], interrupt)
        chords = decoded.get(Role.HARMONY)
        decoded[role], n_kept = _decode(bank, pieces, course, role, mixture, wishes, chords, interrupt)
        if n_kept:
            notices.append(_kept(role, n_kept))
    yield Blended(_assemble(pieces, course, decoded, shares_of, wishes), tuple(notices))


def reconstruct(bank: Bank, piece: Piece, wishes: Wishes | None = None) -> Blended:
    """Take a piece through the models: what they can say of it."""
    return finished(blend(bank, [piece], wishes or Wishes(Weights())))


def finished(events: Iterator[Stage | Blended]) -> Blended:
    """Run a blend to its end and return it."""
    *_, blended = events
    assert isinstance(blended, Blended)
    return blended


def encode(bank: Bank, piece: Piece, interrupt: Interrupt = go_on) -> dict[Role, Floats]:
    """Return the latents of every role of a piece; zeros for its silent windows."""
    return {role: _encoded(bank, piece, role, interrupt) for role in piece.grid.roles}


def in_one_meter(pieces: Sequence[Piece]) -> list[Piece]:
    """Convert every piece to the meter of the first."""
    meter = pieces[0].grid.meter
    return [
        piece if piece.grid.meter == meter else of_grid(piece.score, piece.grid.to_meter(meter)) for piece in pieces
    ]


def _mix(
    bank: Bank, pieces: Sequence[Piece], course: Plan, role: Role, shares: Floats, interrupt: Interrupt
) -> _Mixture:
    """Encode a role's windows and interpolate those that meet."""
    points, sounding = [], []
    for index, piece in enumerate(pieces):
        rows = course.sources[:, index]
        sounding.append(piece.sounding(role)[rows])
        points.append(_encoded(bank, piece, role, interrupt)[rows])
    audible = np.stack(sounding, axis=1)
    present = shares * audible
    total = present.sum(axis=1)
    alone = audible.sum(axis=1) < len(pieces)
    # A window that no parent with a share has stays silent.
    inner = np.divide(present, total[:, None], out=np.zeros_like(present), where=total[:, None] > 0)
    kept = np.where(alone, np.minimum(1.0, total / _FULL_FROM), 1.0).astype(np.float32)
    z = latents.mix(points, inner)
    return _Mixture(z, inner, np.where(total > 0, kept, 0.0), fit.unlikeness(points, inner), tuple(points))


def _encoded(bank: Bank, piece: Piece, role: Role, interrupt: Interrupt) -> Floats:
    """Return the latents of all windows of a role; zeros for the silent ones."""
    z = np.zeros((piece.n_windows, LATENT_SIZE), np.float32)
    heard = piece.sounding(role)
    if heard.any():
        z[heard] = bank.encode(role, piece.windows[role][heard], interrupt)
    return z


def _decode(
    bank: Bank,
    pieces: Sequence[Piece],
    course: Plan,
    role: Role,
    mixture: _Mixture,
    wishes: Wishes,
    chords: Events | None,
    interrupt: Interrupt,
) -> tuple[Events, int]:
    """Decode a role's windows, and say how many the model could not fill.

    A window with a hole where there should be none is decoded again from the nearer parent; if that does not fill it,
    it is that parent's own.
    """
    steps = windows.steps_per_window(pieces[0].grid.meter)
    bias = None
    if role is not Role.DRUMS:
        bias = fit.scale_bias(fit.allowed_classes(pieces, course, mixture.shares), steps)
        if role is not Role.HARMONY and chords is not None:
            bias += fit.chord_bias(chords, mixture.unlike)
    draw = Draw(ROLE_SPECS[role.value], wishes.seed, wishes.temperature, bias)
    cut = bank.decode(role, mixture.z, steps, draw, interrupt)
    nearer = mixture.shares.argmax(axis=1)
    holes = _holes(pieces, course, role, mixture, cut)
    if holes.any():
        z = np.stack(mixture.points, axis=1)[np.arange(len(course)), nearer]
        again = bank.decode(role, np.where(holes[:, None], z, mixture.z), steps, draw, interrupt)
        cut[holes] = again[holes]
        holes &= _holes(pieces, course, role, mixture, cut)
    for window in np.flatnonzero(holes):
        parent = int(nearer[window])
        cut[window] = pieces[parent].windows[role][course.sources[window, parent]]
    return _thinned(role, cut, mixture.kept), int(holes.sum())


def _holes(pieces: Sequence[Piece], course: Plan, role: Role, mixture: _Mixture, cut: Events) -> Flags:
    """Tell which windows have a bar with far fewer onsets than every parent that counts there."""
    expected: npt.NDArray[np.float64] = np.full((len(course), 2), np.inf)
    for index, piece in enumerate(pieces):
        if role in piece.windows:
            counts = (mixture.shares[:, index] > 0)[:, None]
            begun = _onsets(role, piece.windows[role])[course.sources[:, index]]
            expected = np.where(counts, np.minimum(expected, begun), expected)
    expected[np.isinf(expected)] = 0
    return np.asarray((_onsets(role, cut) < np.ceil(_FEWEST_ONSETS * expected)).any(axis=1))


def _onsets(role: Role, cut: Events) -> npt.NDArray[np.int64]:
    """Count the moments in both bars of each window at which anything begins: shape (n_windows, 2)."""
    begins = (cut >= ROLE_SPECS[role.value].first_sound).reshape(*cut.shape[:2], -1).any(axis=2)
    return np.asarray(begins.reshape(len(cut), 2, -1).sum(axis=2))


def _thinned(role: Role, cut: Events, kept: Floats) -> Events:
    thinned = cut.copy()
    for window in np.flatnonzero(kept < 1.0):
        thinned[window] = dress.thin(cut[window], role, float(kept[window]), cut.shape[1] // 2)
    return thinned


def _assemble(
    pieces: Sequence[Piece],
    course: Plan,
    decoded: dict[Role, Events],
    shares_of: dict[Role, Floats],
    wishes: Wishes,
) -> Grid:
    """Join the windows of all roles into a grid, with what the models cannot say."""
    steps = windows.steps_per_window(pieces[0].grid.meter)
    overall = wishes.weights.over_piece(len(course), len(pieces))
    held: dict[Role, Flags] = {
        role: _ties(pieces, course, role, shares_of[role]) for role in decoded if role is not Role.DRUMS
    }
    joined = grids.from_events(
        pieces[0].grid.meter,
        windows.join(decoded, held=held),
        velocities={
            role: dress.velocities(pieces, course, role, shares_of[role], cut) for role, cut in decoded.items()
        },
        programs={role: dress.program(pieces, role, shares_of[role]) for role in decoded},
    )
    if wishes.tempo_bpm is not None:
        tempos: tuple[GridTempo, ...] = (GridTempo.at_bpm(0, wishes.tempo_bpm),)
    else:
        tempos = dress.tempos(pieces, course, overall, steps)
    keys = () if wishes.key is None else (GridKey(0, *wishes.key),)
    return replace(joined, tempos=tempos, keys=keys)


def _ties(pieces: Sequence[Piece], course: Plan, role: Role, shares: Floats) -> Flags:
    """Tell into which windows a note may sound over: those into which one does in the parent that counts most."""
    voices = ROLE_SPECS[role.value].voices
    found = np.zeros((len(course), len(pieces), voices), bool)
    for index, piece in enumerate(pieces):
        if role in piece.ties:
            found[:, index] = piece.ties[role].reshape(piece.n_windows, voices)[course.sources[:, index]]
    chosen = found[np.arange(len(course)), shares.argmax(axis=1)]
    return np.asarray(chosen if voices > 1 else chosen[:, 0])


def _notices(pieces: Sequence[Piece]) -> list[Notice]:
    """Gather what the pieces tell, each once, in order."""
    return list(dict.fromkeys(notice for piece in pieces for notice in piece.grid.notices))


def _kept(role: Role, count: int) -> Notice:
    places = "one place" if count == 1 else f"{count} places"
    return Notice(
        "PARENT_KEPT", f"The model left the {role.value} empty in {places}: the nearer piece's notes stand there."
    )
