"""The blend: pieces in, one piece out.

1. The pieces are put in one meter and aligned: the plan says which windows meet (`vae.plan`).
2. Every role's windows are encoded in one batch, by the mean of their posteriors.
3. Latents that meet are interpolated on the sphere (`vae.latents`); a role that only one parent has there is that
   parent's, in full while its share is at least a half, and thinned below.
4. Harmony is decoded first; lead and bass are decoded on its chords and drawn so that they fit it (`vae.fit`).
   Windows that a model does not know are mended (`vae.mend`).
5. Windows are joined, and loudness, programs, tempo and key written back (`vae.dress`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from score import chords as chord_names
from score import grid as grids
from score import windows
from score.grid import Grid, GridKey, GridTempo
from score.model import Notice
from score.roles import Role

from vae import dress, fit, latents, mend, plan
from vae.bank import Bank, Interrupt, go_on
from vae.piece import Chords, Events, Flags, Floats, Piece, of_grid
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
class _Scene:
    """What every step of a blend needs."""

    bank: Bank
    pieces: Sequence[Piece]
    course: Plan
    wishes: Wishes
    interrupt: Interrupt

    @property
    def steps(self) -> int:
        """Steps of a window."""
        return windows.steps_per_window(self.pieces[0].grid.meter)

    def chords_of(self, parent: int) -> Chords:
        """Return a parent's own chords at each window of the plan: shape (n_windows, BEATS)."""
        return self.pieces[parent].chords[self.course.sources[:, parent]]

    def shares(self, role: Role) -> Floats:
        """Return the parents' shares of a role: shape (n_windows, n_parents)."""
        return self.wishes.weights.at(role, len(self.course), len(self.pieces))


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
    course = plan.align(pieces, wishes.weights.mean_shares(len(pieces)))
    scene = _Scene(bank, pieces, course, wishes, interrupt)
    present = [role for role in ROLE_ORDER if any(role in piece.windows for piece in pieces)]
    decoded: dict[Role, Events] = {}
    notices = _notices(pieces)
    for index, role in enumerate(present):
        yield Stage(index / len(present), f"blend {role.value}")
        decoded[role], n_unknown = _decode(scene, role, _mix(scene, role), decoded.get(Role.HARMONY))
        if n_unknown:
            notices.append(_mended_notice(role, n_unknown, len(course)))
    yield Blended(_assemble(scene, decoded), tuple(notices))


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


def _mix(scene: _Scene, role: Role) -> _Mixture:
    """Encode a role's windows and interpolate those that meet."""
    points, sounding = [], []
    for index, piece in enumerate(scene.pieces):
        rows = scene.course.sources[:, index]
        sounding.append(piece.sounding(role)[rows])
        points.append(_encoded(scene.bank, piece, role, scene.interrupt)[rows])
    audible = np.stack(sounding, axis=1)
    present = scene.shares(role) * audible
    total = present.sum(axis=1)
    alone = audible.sum(axis=1) < len(points)
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
        z[heard] = bank.encode(role, piece.windows[role][heard], piece.chords[heard], interrupt)
    return z


def _decode(scene: _Scene, role: Role, mixture: _Mixture, chords: Events | None) -> tuple[Events, int]:
    """Decode a role's windows, and say how many of them the model does not know.

    A window with a hole where there should be none is taken from the nearer parent's latent; one that stays so, or
    whose parents the model does not know, is mended (`vae.mend`).
    """
    said = [_said(scene, role, points, mixture, scene.chords_of(index)) for index, points in enumerate(mixture.points)]
    nearest = np.stack(said, axis=1)[np.arange(len(scene.course)), mixture.shares.argmax(axis=1)]
    is_between = ((mixture.shares > 0.0) & (mixture.shares < 1.0)).any()
    cut = _between(scene, role, mixture, chords) if is_between else nearest.copy()
    holes = _holes(scene, role, mixture, cut)
    cut[holes] = nearest[holes]
    unknown = _known(scene, role, mixture, said) < mend.KNOWN_FROM
    unknown |= _holes(scene, role, mixture, cut)
    for window in np.flatnonzero(unknown):
        cut[window] = _mended(scene, role, mixture, int(window), chords)
    return _thinned(role, cut, mixture.kept), int(unknown.sum())


def _between(scene: _Scene, role: Role, mixture: _Mixture, harmony: Events | None) -> Events:
    """Decode the latents of a blend: lead and bass on the chords of its harmony, and drawn to fit them."""
    bias, told = None, _told(scene, mixture, harmony)
    if role in (Role.LEAD, Role.BASS) and harmony is not None:
        bias = fit.chord_bias(harmony, mixture.unlike)
    return _said(scene, role, mixture.z, mixture, told, bias)


def _told(scene: _Scene, mixture: _Mixture, harmony: Events | None) -> Chords:
    """Return the chords of each window: the blended harmony's; where it has none, and at the ends, a parent's own."""
    nearest = mixture.shares.argmax(axis=1)
    own = np.stack([scene.chords_of(index) for index in range(len(scene.pieces))], axis=1)
    told = own[np.arange(len(own)), nearest]
    if harmony is None:
        return told
    blended = chord_names.of_windows(harmony)
    is_between = (mixture.shares.max(axis=1) < 1.0)[:, None]
    return np.where(is_between & (blended != chord_names.NO_CHORD), blended, told)


def _said(
    scene: _Scene, role: Role, z: Floats, mixture: _Mixture, told: Chords, fitted: Floats | None = None
) -> Events:
    """Decode one latent a window on the chords told, within what may sound there."""
    bias = None
    if role is not Role.DRUMS:
        bias = fit.scale_bias(fit.allowed_classes(scene.pieces, scene.course, mixture.shares), scene.steps)
        bias += fit.register_bias(scene.pieces, scene.course, role, mixture.shares, scene.steps)
        if fitted is not None:
            bias += fitted
    draw = Draw(ROLE_SPECS[role.value], scene.wishes.seed, scene.wishes.temperature, bias)
    return scene.bank.decode(role, z, told, scene.steps, draw, scene.interrupt)


def _known(scene: _Scene, role: Role, mixture: _Mixture, said: Sequence[Events]) -> Floats:
    """Tell how well the model knows the parents of each window, by their shares; 1 where nothing sounds."""
    known = 1.0 - mixture.shares.sum(axis=1)
    for index, piece in enumerate(scene.pieces):
        if role in piece.windows:
            own = piece.windows[role][scene.course.sources[:, index]]
            known += mixture.shares[:, index] * mend.fidelity(own, said[index], ROLE_SPECS[role.value])
    return np.asarray(known)


def _mended(scene: _Scene, role: Role, mixture: _Mixture, window: int, chords: Events | None) -> Events:
    """Return the nearer parent's own window, part of it on the chords that the blend has there."""
    sources, shares = scene.course.sources[window], mixture.shares[window]
    nearer, *others = np.argsort(-shares, kind="stable").tolist()
    own: Events = scene.pieces[nearer].windows[role][sources[nearer]]
    share = float(1.0 - shares[nearer])
    if role is Role.DRUMS or share == 0.0 or mixture.unlike[window] == 0.0:
        return own
    if role is Role.HARMONY:
        chords = scene.pieces[others[0]].windows[role][sources[others[0]]][None]
    elif chords is not None:
        chords = chords[window : window + 1]
    return own if chords is None else mend.rechord(own, fit.sounding_classes(chords)[0], share)


def _holes(scene: _Scene, role: Role, mixture: _Mixture, cut: Events) -> Flags:
    """Tell which windows have a bar with far fewer onsets than every parent that counts there."""
    expected: npt.NDArray[np.float64] = np.full((len(cut), 2), np.inf)
    for index, piece in enumerate(scene.pieces):
        if role in piece.windows:
            counts = (mixture.shares[:, index] > 0)[:, None]
            begun = _onsets(role, piece.windows[role])[scene.course.sources[:, index]]
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


def _assemble(scene: _Scene, decoded: Mapping[Role, Events]) -> Grid:
    """Join the windows of all roles into a grid, with what the models cannot say."""
    pieces, course, wishes = scene.pieces, scene.course, scene.wishes
    held: dict[Role, Flags] = {role: _ties(scene, role) for role in decoded if role is not Role.DRUMS}
    joined = grids.from_events(
        pieces[0].grid.meter,
        windows.join(decoded, held=held),
        velocities={
            role: dress.velocities(pieces, course, role, scene.shares(role), cut) for role, cut in decoded.items()
        },
        programs={role: dress.program(pieces, role, scene.shares(role)) for role in decoded},
    )
    if wishes.tempo_bpm is not None:
        tempos: tuple[GridTempo, ...] = (GridTempo.at_bpm(0, wishes.tempo_bpm),)
    else:
        overall = wishes.weights.over_piece(len(course), len(pieces))
        tempos = dress.tempos(pieces, course, overall, scene.steps)
    keys = () if wishes.key is None else (GridKey(0, *wishes.key),)
    return replace(joined, tempos=tempos, keys=keys)


def _ties(scene: _Scene, role: Role) -> Flags:
    """Tell into which windows a note may sound over: those into which one does in the parent that counts most."""
    voices, course = ROLE_SPECS[role.value].voices, scene.course
    found = np.zeros((len(course), len(scene.pieces), voices), bool)
    for index, piece in enumerate(scene.pieces):
        if role in piece.ties:
            found[:, index] = piece.ties[role].reshape(piece.n_windows, voices)[course.sources[:, index]]
    chosen = found[np.arange(len(course)), scene.shares(role).argmax(axis=1)]
    return np.asarray(chosen if voices > 1 else chosen[:, 0])


def _notices(pieces: Sequence[Piece]) -> list[Notice]:
    """Gather what the pieces tell, each once, in order."""
    return list(dict.fromkeys(notice for piece in pieces for notice in piece.grid.notices))


def _mended_notice(role: Role, count: int, total: int) -> Notice:
    what = f"The model does not know the {role.value} in {count} of {total} places"
    return Notice("PARENT_KEPT", f"{what}: the nearer piece's notes stand there, on the chords of both.")
