"""Coherence of the roles: whether all of them sound, and how well they fit together harmonically."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from gan.measures.pianoroll import chroma, fold_chroma, piano_roll, sounding_bars, tonal_distance
from score.arrays import F64
from score.roles import ROLES, Role

from ..pieces import Piece

MIN_SOUNDING_BARS = 0.75
"""Share of the bars in which each role must sound."""


def share_with_all_roles(pieces: Sequence[Piece], roles: Sequence[Role] = ROLES) -> float:
    """Return the share of pieces in which each role sounds in `MIN_SOUNDING_BARS` of the bars; NaN without pieces."""
    return float(np.mean([_has_all_roles(piece, roles) for piece in pieces])) if pieces else float("nan")


def _has_all_roles(piece: Piece, roles: Sequence[Role]) -> bool:
    parts = [piece.notes.get(role) for role in roles]
    return all(
        notes is not None and sounding_bars(notes, piece.bar_steps, piece.n_bars).mean() >= MIN_SOUNDING_BARS
        for notes in parts
    )


def clash_rate(piece: Piece) -> float:
    """Return the share of steps at which two pitched roles are a semitone apart, of those at which two sound."""
    rolls = {role: piano_roll(piece.notes[role], piece.n_steps) for role in piece.pitched_roles}
    pitch_classes = [fold_chroma(roll, 1) > 0 for roll in rolls.values()]
    both_sound, clash = np.zeros(piece.n_steps, np.bool_), np.zeros(piece.n_steps, np.bool_)
    for one, other in combinations(pitch_classes, 2):
        both_sound |= one.any(1) & other.any(1)
        clash |= (one & (np.roll(other, 1, axis=1) | np.roll(other, -1, axis=1))).any(1)
    return float(clash.sum() / both_sound.sum()) if both_sound.any() else float("nan")


@dataclass(frozen=True, slots=True)
class TonalGap:
    """Mean tonal distance per half bar between the pitched roles of a piece, and between roles of different pieces.

    Attributes
    ----------
    real, generated : float
        Over all pairs of pitched roles of all pieces.
    real_shuffled, generated_shuffled : float
        The same if each role is from another piece of the same style, mode and meter.
    """

    real: float
    real_shuffled: float
    generated: float
    generated_shuffled: float

    @property
    def reached(self) -> float:
        """Position of generated music between shuffled (0) and real music (1); above 1 where its roles are closer."""
        return (self.real_shuffled - self.generated) / max(self.real_shuffled - self.real, 1e-9)

    @property
    def own_reached(self) -> float:
        """Gap of generated music to its own shuffling, relative to the real one; 0 if all pieces use one chord."""
        return (self.generated_shuffled - self.generated) / max(self.real_shuffled - self.real, 1e-9)


def measure_gap(real: Sequence[Piece], generated: Sequence[Piece], seed: int = 1) -> TonalGap:
    """Measure the gap between roles of one piece and of different pieces.

    Parameters
    ----------
    real, generated : sequence of Piece
    seed : int
        Of the shuffling.
    """
    return TonalGap(*_distances(real, seed), *_distances(generated, seed))


def _distances(pieces: Sequence[Piece], seed: int) -> tuple[float, float]:
    """Return the mean distance within pieces, and with roles of others, over pieces that have others of their kind."""
    kinds: dict[tuple[str, bool, str], list[int]] = {}
    for index, piece in enumerate(pieces):
        kinds.setdefault((piece.style, piece.is_minor, piece.meter), []).append(index)
    half_bars = [_half_bar_chroma(piece) for piece in pieces]
    rng = np.random.default_rng(seed)
    within, across = [], []
    for members in kinds.values():
        order = rng.permutation(members).tolist()
        for place, index in enumerate(order):
            own, other = half_bars[index], half_bars[order[place - 1]]
            for one, two in combinations(own, 2):
                if len(order) > 1 and two in other:
                    within.append(tonal_distance(own[one], own[two]))
                    across.append(tonal_distance(own[one], other[two]))
    return _mean(within), _mean(across)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _half_bar_chroma(piece: Piece) -> dict[Role, F64]:
    return {role: chroma(piece.notes[role], piece.n_steps, piece.bar_steps // 2) for role in piece.pitched_roles}
