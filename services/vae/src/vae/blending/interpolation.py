"""One role of a blend before it is decoded: what meets at each place, by which shares, and where that is in latents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from score.roles import Role

from vae.alignment.window_alignment import Plan
from vae.blending import distance_floor, latents
from vae.conditioning import logit_bias
from vae.expression import dynamics
from vae.models.specs import ROLE_SPECS, WINDOW_BARS
from vae.pieces.piece import Digests, Events, Flags, Floats, Piece, tidied
from vae.reconstruction.store import Portrait, silence

Integers = npt.NDArray[np.int64]

_FULL_FROM = 0.5
"""The share from which a role that only one parent has sounds in full."""

_LEAST_AGAINST_REST = 0.25
"""The share from which, at the earliest, a parent is heard where the others rest; at the latest from what is left of 1.
"""


@dataclass(frozen=True)
class Mixture:
    """One role of a blend, window by window.

    Attributes
    ----------
    role : Role
    pieces : sequence of Piece
    portraits : sequence of Portrait
        One a piece, once they are taken.
    course : Plan
        Which windows meet.
    shares : ndarray, shape (n_windows, n_parents), float32
        Of the parents that sound there; rows sum to 1, or to 0 where none sounds.
    kept : ndarray, shape (n_windows,), float32
        Share of its notes that sounds: 1 but where a parent alone has the role and counts for less than half.
    rests : ndarray, shape (n_windows, 2), bool
        The bars that are silent because a parent's rest outweighs what the others play.
    points : ndarray, shape (n_windows, n_parents, LATENT_SIZE), float32
        The parents' latents, drawn together: what each has to say in the blend.
    unlike : ndarray, shape (n_windows,), float32
        See `vae.conditioning.logit_bias.unlikeness`.
    is_led : ndarray, shape (n_windows,), bool
        Where one parent alone gives the harmony, which the others then have to fit.
    bound : ndarray, shape (n_windows, n_parents), bool
        The parents that sound there and have a part in the piece, if not in this role: see `kept_off`.
    """

    role: Role
    pieces: Sequence[Piece]
    portraits: Sequence[Portrait]
    course: Plan
    shares: Floats
    kept: Floats
    rests: Flags
    points: Floats
    unlike: Floats
    is_led: Flags
    bound: Flags

    def __len__(self) -> int:
        return len(self.points)

    @property
    def steps(self) -> int:
        """Steps of a window."""
        return self.pieces[0].steps

    @property
    def sounds(self) -> Flags:
        """Tell where any parent that counts sounds: shape (n_windows,)."""
        return np.asarray(self.shares.sum(axis=1) > 0)

    @property
    def is_between(self) -> Flags:
        """Tell where more than one parent counts: shape (n_windows,)."""
        return np.asarray(self.sounds & (self.shares.max(axis=1) < 1.0))

    @property
    def nearest(self) -> Integers:
        """The parent that counts most: shape (n_windows,)."""
        return np.asarray(self.shares.argmax(axis=1))

    def at(self, rows: Integers) -> Mixture:
        """Return some of its windows."""
        names = ("shares", "kept", "rests", "points", "unlike", "is_led", "bound")
        return replace(self, course=self.course.at(rows), **{name: getattr(self, name)[rows] for name in names})

    def of_nearest(self, found: Sequence[npt.NDArray[np.generic]]) -> npt.NDArray[np.generic]:
        """Pick from arrays, one a parent and by its own windows, what the nearest parent has at each place."""
        met = [each[self.course.sources[:, index]] for index, each in enumerate(found)]
        return np.asarray(np.stack(met, axis=1)[np.arange(len(self)), self.nearest])

    def said_of_nearest(self) -> Events:
        """Return what the model says of the nearest parent; silence where none sounds."""
        cut: Events = self.of_nearest([portrait.said for portrait in self.portraits]).astype(np.int16)
        cut[~self.sounds] = silence(self.role, 1, self.steps)
        return cut

    def digests(self, counts: Flags) -> Digests:
        """Return what the parents that count there have at each place: shape (n_windows, n_parents); 0 for silence."""
        found = np.zeros(self.shares.shape, np.uint64)
        for index, piece in enumerate(self.pieces):
            if self.role in piece.digests:
                met = piece.digests[self.role][self.course.sources[:, index]]
                found[:, index] = np.where(counts[:, index], met, 0)
        return found

    def silenced(self, cut: Events) -> Events:
        """Leave out what silence has a part in: notes of the weakest steps, or whole bars."""
        return dynamics.rested(dynamics.thinned(cut, self.role, self.kept), self.role, self.rests)

    def kept_off(self, cut: Events) -> Events:
        """Keep what stands between the ends no nearer to each parent than what stands at that parent's own end.

        A role that one parent alone gives to a piece of several keeps off the others too, whom it may meet by chance.

        Parameters
        ----------
        cut : ndarray, shape (n_windows, steps) or (n_windows, steps, voices), int16
            The finished windows.
        """
        owns, given, least = [], [], np.zeros(self.shares.shape)
        for index, (piece, portrait) in enumerate(zip(self.pieces, self.portraits, strict=True)):
            met = self.course.sources[:, index]
            owns.append(piece.windows.get(self.role, portrait.given)[met])
            given.append(portrait.given[met])
            least[:, index] = np.where(self.bound[:, index], portrait.error[met], 0.0)
        is_end = (self.bound.sum(axis=1) == 1) & (self.kept == 1.0) & ~self.rests.any(axis=1)
        least[is_end] = 0.0
        return distance_floor.kept_off(tidied(cut, self.role), owns, given, least, self.role)

    def keys(self) -> list[tuple[int, ...]]:
        """Name what meets at each place, as `vae.models.sampling.Draw` wants it: equals that meet count once."""
        return [tuple(sorted(set(row) - {0})) for row in self.digests(self.shares > 0).tolist()]

    def distinct(self, harmony: Events | None) -> tuple[Integers, Integers]:
        """Find the places that differ in what meets, by which shares, how much is silent, and on which harmony.

        Parameters
        ----------
        harmony : ndarray, shape (n_windows, steps, voices), int16, or None
            The blended one, on which the role is decoded.

        Returns
        -------
        tuple of ndarray, shapes (n_distinct,) and (n_windows,), int64
            The first place of each kind; the kind of each place.
        """
        kept = self.kept[:, None].view(np.uint32)
        columns = [self.digests(self.bound), self.shares.view(np.uint32).astype(np.uint64), kept.astype(np.uint64)]
        columns += [self.rests.astype(np.uint64), self.is_led[:, None].astype(np.uint64)]
        if harmony is not None:
            _, kinds = np.unique(harmony.reshape(len(harmony), -1), axis=0, return_inverse=True)
            columns.append(kinds.reshape(-1, 1).astype(np.uint64))
        _, first, kind = np.unique(np.concatenate(columns, axis=1), axis=0, return_index=True, return_inverse=True)
        return first.astype(np.int64), kind.reshape(-1).astype(np.int64)


def mix(
    role: Role,
    pieces: Sequence[Piece],
    latent: Sequence[Floats],
    course: Plan,
    shares_of: Callable[[Role | None], Floats],
) -> Mixture:
    """Draw what meets together on the sphere.

    A parent that is silent at a place is a parent still. Where it does not have the role at all, the others sound in
    full while their shares are at least a half together, and thin out below; so with chords where it only rests, for
    the other roles hear them. Elsewhere the others sound in full or rest with it, bar by bar: see `_rests`.

    Parameters
    ----------
    role : Role
    pieces : sequence of Piece
    latent : sequence of ndarray, shape (windows of the piece, LATENT_SIZE) each
    course : Plan
    shares_of : callable
        Gives the parents' shares of a role, of the piece for None: shape (n_windows, n_parents), float32; rows sum
        to 1.
    """
    shares = shares_of(role)
    heard = np.stack([piece.sounding_bars(role)[met] for piece, met in zip(pieces, course.sources.T, strict=True)], -1)
    audible = heard.any(axis=1)
    points = [z[course.sources[:, index]] for index, z in enumerate(latent)]
    present = np.asarray(shares * audible, np.float32)
    total = present.sum(axis=1)
    inner = np.divide(present, total[:, None], out=np.zeros_like(present), where=total[:, None] > 0)
    can_rest = role is not Role.HARMONY and all(piece.sounding_bars(role).any() for piece in pieces)
    if can_rest:
        kept, rests = np.ones_like(total), _rests(role, pieces, course, heard, shares)
    else:
        is_alone = (total < 1.0) & (audible.sum(axis=1) < len(pieces))
        kept = np.where(is_alone, np.minimum(1.0, total / _FULL_FROM), 1.0)
        rests = np.zeros((len(course), WINDOW_BARS), np.bool_)
    kept = np.where(total > 0, kept, 0.0).astype(np.float32)
    spec = ROLE_SPECS[role.value]
    middle = latents.mix(points, latents.evened(inner, spec.evenness))
    spoken = latents.drawn_together(points, middle, spec.approach)
    unlike, is_led = logit_bias.unlikeness(points, inner), shares_of(Role.HARMONY).max(axis=1) == 1.0
    bound = audible & ((shares > 0) | (shares_of(None) > 0))
    return Mixture(role, pieces, (), course, inner, kept, rests, spoken, unlike, is_led, bound)


def _rests(role: Role, pieces: Sequence[Piece], course: Plan, heard: Flags, shares: Floats) -> Flags:
    """Tell in which bars a parent's rest outweighs what the others play: shape (n_windows, 2).

    Half of the rests are kept at equal shares, as people rest; a melody with holes in it would be neither's. Each
    stretch of rest has a threshold of its own, which the music that rests or sounds there gives it, so that the same
    music rests alike wherever it comes back, and a greater share never silences what a smaller one let sound.

    Parameters
    ----------
    heard : ndarray, shape (n_windows, 2, n_parents), bool
        The bars in which each parent sounds.
    """
    by_bar = heard.reshape(-1, len(pieces))
    total = (np.repeat(shares, WINDOW_BARS, axis=0) * by_bar).sum(axis=1)
    found = np.zeros(len(by_bar), np.bool_)
    begins = np.ones(len(by_bar), np.bool_)
    begins[1:] = (by_bar[1:] != by_bar[:-1]).any(axis=1)
    for first, last in pairwise([*np.flatnonzero(begins).tolist(), len(by_bar)]):
        if by_bar[first].all():
            continue
        met = course.sources[first // WINDOW_BARS]
        names = [piece.digests[role][at] for piece, at, plays in zip(pieces, met, by_bar[first], strict=True) if plays]
        chance = int(np.bitwise_xor.reduce(np.array(names, np.uint64), initial=np.uint64(0))) % 1009 / 1009
        least = _LEAST_AGAINST_REST + (1 - 2 * _LEAST_AGAINST_REST) * chance
        # Where none that sounds counts, or all that count sound, there is nothing to outweigh.
        found[first:last] = (total[first:last] > 0) & (total[first:last] < least)
    return found.reshape(-1, WINDOW_BARS)
