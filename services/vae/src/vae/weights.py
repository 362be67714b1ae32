"""How much of each parent a blend takes: one weight, one a role, a curve over the piece, or shares of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from score.roles import ROLES, Role
from servicekit.faults import InvalidInput

Floats = npt.NDArray[np.float32]

_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Weights:
    """What a caller asked for; `checked` before it is used.

    Attributes
    ----------
    weight : float or None
        The second parent's share, 0 to 1; half if nothing else is said.
    role_weights : mapping of Role to float
        In place of `weight` for single roles.
    curve : sequence of (position, weight)
        Piecewise linear over the piece, in place of both.
    shares : sequence of float
        One for each parent; required with more than two.
    """

    weight: float | None = None
    role_weights: Mapping[Role, float] = field(default_factory=dict)
    curve: Sequence[tuple[float, float]] = ()
    shares: Sequence[float] = ()

    def checked(self, n_parents: int) -> Weights:
        """Return itself.

        Raises
        ------
        InvalidInput
            If a number is out of range, or fields conflict.
        """
        if n_parents > 2 and not self.shares:
            raise InvalidInput(f"A blend of {n_parents} pieces needs shares, one for each.", parents=n_parents)
        if self.shares:
            self._check_shares(n_parents)
        if self.curve and (self.weight is not None or self.role_weights):
            raise InvalidInput("A curve replaces weight and role weights: give one or the other.")
        for value in (0.0 if self.weight is None else self.weight, *self.role_weights.values(), *np.ravel(self.curve)):
            if not 0.0 <= value <= 1.0:
                raise InvalidInput(f"Weights and positions go from 0 to 1, not {value:g}.", value=float(value))
        positions = [position for position, _ in self.curve]
        if any(later <= sooner for sooner, later in pairwise(positions)):
            raise InvalidInput("The positions of a curve must rise.")
        return self

    def _check_shares(self, n_parents: int) -> None:
        if self.weight is not None or self.role_weights or self.curve:
            raise InvalidInput("Shares replace weight, role weights and curve: give one or the other.")
        if len(self.shares) != n_parents:
            raise InvalidInput(f"{n_parents} pieces need {n_parents} shares, not {len(self.shares)}.")
        whole = sum(self.shares)
        if not all(0.0 <= share <= 1.0 for share in self.shares) or abs(whole - 1.0) > _SUM_TOLERANCE:
            raise InvalidInput("Shares go from 0 to 1 and sum to 1.", sum=round(whole, 4))

    def mean_shares(self, n_parents: int) -> Floats:
        """Return every parent's share of the whole piece, shape (parents,): what its length and tempo follow."""
        if self.shares:
            return np.asarray(self.shares, np.float32) / np.float32(sum(self.shares))
        if n_parents == 1:
            return np.ones(1, np.float32)
        if self.curve:
            second = float(np.mean(self._curve_at(np.linspace(0.0, 1.0, 101))))
        else:
            second = 0.5 if self.weight is None else self.weight
        return np.asarray([1.0 - second, second][:n_parents], np.float32)

    def over_piece(self, n_windows: int, n_parents: int) -> Floats:
        """Return the parents' shares at each window, whatever single roles do: shape (n_windows, n_parents)."""
        if not self.curve:
            return np.tile(self.mean_shares(n_parents), (n_windows, 1))
        positions = np.linspace(0.0, 1.0, n_windows) if n_windows > 1 else np.array([0.5])
        return _pair(self._curve_at(positions))

    def at(self, role: Role, n_windows: int, n_parents: int) -> Floats:
        """Return the parents' shares of a role at each window.

        Returns
        -------
        ndarray, shape (n_windows, n_parents), float32
            Rows sum to 1.
        """
        if role in self.role_weights:
            return _pair(np.full(n_windows, self.role_weights[role]))
        return self.over_piece(n_windows, n_parents)

    def _curve_at(self, positions: npt.ArrayLike) -> npt.NDArray[np.float64]:
        at, weights = zip(*self.curve, strict=True)
        return np.asarray(np.interp(np.asarray(positions, np.float64), at, weights), np.float64)

    def only_parent(self, n_parents: int) -> int | None:
        """Return the parent that is the whole blend, in every role and place; None if there is no such."""
        shares = np.concatenate([self.at(role, 2, n_parents) for role in ROLES])
        flat = not self.curve or len({weight for _, weight in self.curve}) == 1
        whole = np.flatnonzero((shares == 1.0).all(axis=0))
        return int(whole[0]) if flat and len(whole) else None


def _pair(second: npt.NDArray[np.float64]) -> Floats:
    return np.stack([1.0 - second, second], axis=1).astype(np.float32)
