"""The interpolation of one role: shares, rests and latents at each window of a blend, before anything is decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from score.arrays import F32, I16, I64, U64, Bool
from score.encoding import BARS_PER_WINDOW
from score.roles import Role

from vae.alignment.window_alignment import Alignment
from vae.blending import latents
from vae.models.specs import ROLE_SPECS
from vae.pieces.note_thinning import silence_bars, thin_windows
from vae.pieces.piece import Piece

_FULL_SHARE = 0.5
"""From this share on, a role that only one parent has keeps all its notes."""

_MIN_SHARE_AGAINST_REST = 0.25
"""Shares from which a parent sounds where the others rest: this one for the first stretches of rest, 1 minus it for the
last ones."""

_N_REST_THRESHOLDS = 1009
"""A prime, so that the thresholds of stretches of rest are spread evenly."""


@dataclass(frozen=True)
class RoleInterpolation:
    """One role of a blend, window by window.

    Attributes
    ----------
    role : Role
    pieces : sequence of Piece
        The parents, in one meter.
    alignment : Alignment
    shares : ndarray, shape (n_windows, n_parents), float32
        Of the parents that sound there; rows sum to 1, or to 0 where none sounds.
    note_keep_ratio : ndarray, shape (n_windows,), float32
        Share of the notes that sound: below 1 where only one parent has the role and its share is below a half; 0 where
        nothing sounds.
    rest_mask : ndarray, shape (n_windows, BARS_PER_WINDOW), bool
        Bars that are silent because a parent's rest outweighs what the others play.
    latents : ndarray, shape (n_windows, n_parents, latent_size), float32
        The parents' latents, contracted towards their mean.
    divergence : ndarray, shape (n_windows,), float32
        From `vae.blending.latents.parent_divergence`.
    has_fixed_harmony : ndarray, shape (n_windows,), bool
        Where one parent alone gives the harmony, which the other roles have to fit.
    has_floor : ndarray, shape (n_windows, n_parents), bool
        The parents from which the blend keeps a minimum distance: those that sound there and have a share of the piece,
        though perhaps not of this role. See `vae.blending.distance_floor`.
    """

    role: Role
    pieces: Sequence[Piece]
    alignment: Alignment
    shares: F32
    note_keep_ratio: F32
    rest_mask: Bool
    latents: F32
    divergence: F32
    has_fixed_harmony: Bool
    has_floor: Bool

    def __len__(self) -> int:
        return len(self.latents)

    @property
    def n_steps(self) -> int:
        """Steps of a window."""
        return self.pieces[0].steps_per_window

    @property
    def is_sounding(self) -> Bool:
        """Where any parent with a share sounds: shape (n_windows,)."""
        return np.asarray(self.shares.sum(axis=1) > 0)

    @property
    def is_between(self) -> Bool:
        """Where more than one parent has a share: shape (n_windows,)."""
        return np.asarray(self.is_sounding & (self.shares.max(axis=1) < 1.0))

    @property
    def nearest_parent(self) -> I64:
        """The parent with the largest share: shape (n_windows,)."""
        return np.asarray(self.shares.argmax(axis=1))

    def take(self, rows: I64) -> RoleInterpolation:
        """Return some of the windows."""
        names = (
            "shares",
            "note_keep_ratio",
            "rest_mask",
            "latents",
            "divergence",
            "has_fixed_harmony",
            "has_floor",
        )
        arrays = {name: getattr(self, name)[rows] for name in names}
        return replace(self, alignment=self.alignment.take(rows), **arrays)

    def from_nearest_parent(self, values: Sequence[NDArray[np.generic]]) -> NDArray[np.generic]:
        """Return what the nearest parent has at each window, from one array for each parent by its own windows."""
        aligned = [each[self.alignment.source_windows[:, index]] for index, each in enumerate(values)]
        return np.asarray(np.stack(aligned, axis=1)[np.arange(len(self)), self.nearest_parent])

    def parent_hashes(self, mask: Bool) -> U64:
        """Return the hashes of the parents' windows, shape (n_windows, n_parents); 0 outside the mask."""
        hashes = np.zeros(self.shares.shape, np.uint64)
        for index, piece in enumerate(self.pieces):
            if self.role in piece.window_hashes:
                aligned = piece.window_hashes[self.role][self.alignment.source_windows[:, index]]
                hashes[:, index] = np.where(mask[:, index], aligned, 0)
        return hashes

    def window_keys(self) -> list[tuple[int, ...]]:
        """Return a content key for each window, for `vae.models.sampling.SamplingParams`; equal parents count once."""
        return [tuple(sorted(set(row) - {0})) for row in self.parent_hashes(self.shares > 0).tolist()]

    def apply_rests(self, windows: I16) -> I16:
        """Leave out the notes and bars of the blended windows that silence outweighs."""
        return silence_bars(thin_windows(windows, self.role, self.note_keep_ratio), self.role, self.rest_mask)

    def unique_windows(self, harmony: I16 | None) -> tuple[I64, I64]:
        """Find the windows that differ in parents, shares, rests or harmony, so that each is decoded once.

        What repeats in all parents then repeats in the blend.

        Parameters
        ----------
        harmony : ndarray, shape (n_windows, n_steps, n_voices), int16, or None
            The blended harmony that the role is decoded on.

        Returns
        -------
        tuple of ndarray, shapes (n_unique,) and (n_windows,), int64
            The first occurrence of each distinct window; the index of each window among them.
        """
        keep_ratio = self.note_keep_ratio[:, None].view(np.uint32)
        columns = [
            self.parent_hashes(self.has_floor),
            self.shares.view(np.uint32).astype(np.uint64),
            keep_ratio.astype(np.uint64),
            self.rest_mask.astype(np.uint64),
            self.has_fixed_harmony[:, None].astype(np.uint64),
        ]
        if harmony is not None:
            _, harmony_index = np.unique(harmony.reshape(len(harmony), -1), axis=0, return_inverse=True)
            columns.append(harmony_index.reshape(-1, 1).astype(np.uint64))
        keys = np.concatenate(columns, axis=1)
        _, first, index = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        return first.astype(np.int64), index.reshape(-1).astype(np.int64)


def interpolate_role(
    role: Role,
    pieces: Sequence[Piece],
    parent_latents: Sequence[F32],
    alignment: Alignment,
    shares_of: Callable[[Role | None], F32],
) -> RoleInterpolation:
    """Interpolate the parents' latents of a role, and decide where the blend rests.

    A parent that is silent in a window still has its share. Where a parent lacks the role altogether, the others keep
    all notes while their shares sum to a half, and are thinned below; so is harmony where a parent merely rests, for
    the other roles depend on it. Elsewhere the others sound in full or rest with it, bar by bar: see `_rest_mask`.

    Parameters
    ----------
    role : Role
    pieces : sequence of Piece
    parent_latents : sequence of ndarray, shape (n_windows of the piece, latent_size), float32
    alignment : Alignment
    shares_of : callable
        Returns the parents' shares of a role, or for None of the whole piece: shape (n_windows, n_parents), float32;
        rows sum to 1.
    """
    spec, shares = ROLE_SPECS[role], shares_of(role)
    aligned_bars = zip(pieces, alignment.source_windows.T, strict=True)
    sounding_bars = np.stack([piece.sounding_bars(role)[windows] for piece, windows in aligned_bars], axis=-1)
    is_sounding: Bool = np.asarray(sounding_bars.any(axis=1))
    total, sounding_shares = _sounding_shares(shares, is_sounding)
    if role is not Role.HARMONY and all(piece.sounding_bars(role).any() for piece in pieces):
        keep_ratio, rest_mask = np.ones_like(total), _rest_mask(role, pieces, alignment, sounding_bars, shares)
    else:
        is_alone = (total < 1.0) & (is_sounding.sum(axis=1) < len(pieces))
        keep_ratio = np.where(is_alone, np.minimum(1.0, total / _FULL_SHARE), 1.0)
        rest_mask = np.zeros((len(alignment), BARS_PER_WINDOW), np.bool_)
    points = [each[alignment.source_windows[:, index]] for index, each in enumerate(parent_latents)]
    mean = latents.slerp_mean(points, latents.flatten_weights(sounding_shares, spec.weight_exponent))
    return RoleInterpolation(
        role,
        pieces,
        alignment,
        sounding_shares,
        np.where(total > 0, keep_ratio, 0.0).astype(np.float32),
        rest_mask,
        latents.contract_toward_mean(points, mean, spec.contraction),
        latents.parent_divergence(points, sounding_shares),
        has_fixed_harmony=shares_of(Role.HARMONY).max(axis=1) == 1.0,
        has_floor=is_sounding & ((shares > 0) | (shares_of(None) > 0)),
    )


def _sounding_shares(shares: F32, is_sounding: Bool) -> tuple[F32, F32]:
    """Return the total share of the parents that sound, (n_windows,), and their shares scaled to a sum of 1 or 0."""
    present = np.asarray(shares * is_sounding, np.float32)
    total = present.sum(axis=1)
    return total, np.divide(present, total[:, None], out=np.zeros_like(present), where=total[:, None] > 0)


def _rest_mask(role: Role, pieces: Sequence[Piece], alignment: Alignment, sounding_bars: Bool, shares: F32) -> Bool:
    """Return in which bars a parent's rest outweighs what the others play: shape (n_windows, BARS_PER_WINDOW).

    At equal shares half of the rests are kept: a melody with gaps at random would be neither parent's. Each stretch of
    rest has a threshold of its own that is derived from the music sounding there, so that the same music rests alike
    wherever it returns, and a larger share never silences what a smaller one let sound.

    Parameters
    ----------
    sounding_bars : ndarray, shape (n_windows, BARS_PER_WINDOW, n_parents), bool
    """
    by_bar = sounding_bars.reshape(-1, len(pieces))
    sounding_share = (np.repeat(shares, BARS_PER_WINDOW, axis=0) * by_bar).sum(axis=1)
    mask = np.zeros(len(by_bar), np.bool_)
    is_start = np.ones(len(by_bar), np.bool_)
    is_start[1:] = (by_bar[1:] != by_bar[:-1]).any(axis=1)
    for first, end in pairwise([*np.flatnonzero(is_start).tolist(), len(by_bar)]):
        if by_bar[first].all():
            continue
        windows = alignment.source_windows[first // BARS_PER_WINDOW]
        parents = zip(pieces, windows, by_bar[first], strict=True)
        hashes = [piece.window_hashes[role][window] for piece, window, is_sounding in parents if is_sounding]
        combined = int(np.bitwise_xor.reduce(np.array(hashes, np.uint64), initial=np.uint64(0)))
        position = combined % _N_REST_THRESHOLDS / _N_REST_THRESHOLDS
        threshold = _MIN_SHARE_AGAINST_REST + (1 - 2 * _MIN_SHARE_AGAINST_REST) * position
        # Where no sounding parent has a share, or all that have one sound, there is nothing to outweigh.
        mask[first:end] = (sounding_share[first:end] > 0) & (sounding_share[first:end] < threshold)
    return mask.reshape(-1, BARS_PER_WINDOW)
