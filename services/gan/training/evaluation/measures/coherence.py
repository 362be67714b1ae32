"""Do the roles belong together? All of them there, and nearer to each other than roles of different pieces are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from gan.measures.pianoroll import chroma, sounding_bars, tonal_distance
from score.arrays import F64
from score.roles import ROLES, Role

from ..pieces import Piece

MOST_BARS = 0.75
"""Share of bars in which a role that was asked for must sound."""


def all_there(pieces: Sequence[Piece], roles: Sequence[Role] = ROLES) -> float:
    """Return the share of pieces in which each role sounds in `MOST_BARS` of the bars; NaN without pieces."""
    return float(np.mean([_are_there(piece, roles) for piece in pieces])) if pieces else float("nan")


def _are_there(piece: Piece, roles: Sequence[Role]) -> bool:
    notes = [piece.notes.get(role) for role in roles]
    return all(
        part is not None and sounding_bars(part, piece.bar_steps, piece.n_bars).mean() >= MOST_BARS for part in notes
    )


@dataclass(frozen=True, slots=True)
class Gap:
    """How far roles are apart in tonal distance per half bar, and what pieces of strangers are.

    Attributes
    ----------
    real, made : float
        Mean over all pairs of pitched roles of all pieces.
    real_shuffled, made_shuffled : float
        The same where each role is of another piece of the style, mode and meter.
    """

    real: float
    real_shuffled: float
    made: float
    made_shuffled: float

    @property
    def reached(self) -> float:
        """How far the made are from shuffled real music towards real music: 0 to 1, more where they are nearer."""
        return (self.real_shuffled - self.made) / max(self.real_shuffled - self.real, 1e-9)

    @property
    def own_reached(self) -> float:
        """The made's own gap as a share of the real one: pieces that are all on one chord have none."""
        return (self.made_shuffled - self.made) / max(self.real_shuffled - self.real, 1e-9)


def gap(real: Sequence[Piece], made: Sequence[Piece], seed: int = 1) -> Gap:
    """Measure the gap between roles of one piece and of different ones."""
    return Gap(*_apart(real, seed), *_apart(made, seed))


def _apart(pieces: Sequence[Piece], seed: int) -> tuple[float, float]:
    """Measure pieces as they are, and with roles of others: only those of which there is another of their kind."""
    kinds: dict[tuple[str, bool, str], list[int]] = {}
    for index, piece in enumerate(pieces):
        kinds.setdefault((piece.style, piece.is_minor, piece.meter), []).append(index)
    halves = [_halves(piece) for piece in pieces]
    rng = np.random.default_rng(seed)
    own, others = [], []
    for members in kinds.values():
        order = rng.permutation(members).tolist()
        for place, index in enumerate(order):
            other = halves[order[place - 1]]
            for one, two in combinations(halves[index], 2):
                if len(order) > 1 and two in other:
                    own.append(tonal_distance(halves[index][one], halves[index][two]))
                    others.append(tonal_distance(halves[index][one], other[two]))
    return _mean(own), _mean(others)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _halves(piece: Piece) -> dict[Role, F64]:
    return {role: chroma(piece.notes[role], piece.n_steps, piece.bar_steps // 2) for role in piece.pitched_roles}
