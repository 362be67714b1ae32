"""How much of each parent a blend takes: one weight, one a role or section, a curve, or shares of several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from score.roles import ROLES, Role
from servicekit.faults import InvalidInput

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.float64]

_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class SectionWeight:
    """The second parent's share in part of a piece.

    Attributes
    ----------
    weight : float
        0 to 1.
    label : str
        In the sections of the first parent that are so called; empty for a stretch.
    start, end : float
        The stretch of the blend: positions from 0 to 1.
    """

    weight: float
    label: str = ""
    start: float = 0.0
    end: float = 1.0

    def covers(self, positions: Places, labels: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Tell which windows it is for, by their positions and the labels of their sections."""
        if self.label:
            return np.array([label == self.label for label in labels], bool)
        return (positions >= self.start) & (positions < self.end)


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
    sections : sequence of SectionWeight
        In place of `weight` where they are; a later one wins. A role's own weight wins over them.
    """

    weight: float | None = None
    role_weights: Mapping[Role, float] = field(default_factory=dict)
    curve: Sequence[tuple[float, float]] = ()
    shares: Sequence[float] = ()
    sections: Sequence[SectionWeight] = ()

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
        if self.curve and (self.weight is not None or self.role_weights or self.sections):
            raise InvalidInput("A curve replaces weight, role weights and section weights: give one or the other.")
        for value in self._numbers():
            if not 0.0 <= value <= 1.0:
                raise InvalidInput(f"Weights and positions go from 0 to 1, not {value:g}.", value=float(value))
        if any(not each.label and each.end <= each.start for each in self.sections):
            raise InvalidInput("A section is named by its label, or ends after it starts.")
        positions = [position for position, _ in self.curve]
        if any(later <= sooner for sooner, later in pairwise(positions)):
            raise InvalidInput("The positions of a curve must rise.")
        return self

    def _numbers(self) -> Iterator[float]:
        """Yield every number that goes from 0 to 1."""
        yield 0.0 if self.weight is None else self.weight
        yield from self.role_weights.values()
        for point in self.curve:
            yield from point
        for each in self.sections:
            yield from (each.weight, each.start, each.end)

    def check_labels(self, known: Sequence[str]) -> None:
        """Refuse labels that the first parent does not have.

        Raises
        ------
        InvalidInput
        """
        for each in self.sections:
            if each.label and each.label not in known:
                has = ", ".join(dict.fromkeys(known))
                raise InvalidInput(f"The first piece has no section {each.label[:16]}: it has {has}.", sections=has)

    def _check_shares(self, n_parents: int) -> None:
        if self.weight is not None or self.role_weights or self.curve or self.sections:
            raise InvalidInput("Shares replace weight, role weights, section weights and curve: give one or the other.")
        if len(self.shares) != n_parents:
            raise InvalidInput(f"{n_parents} pieces need {n_parents} shares, not {len(self.shares)}.")
        whole = sum(self.shares)
        if not all(0.0 <= share <= 1.0 for share in self.shares) or abs(whole - 1.0) > _SUM_TOLERANCE:
            raise InvalidInput("Shares go from 0 to 1 and sum to 1.", sum=round(whole, 4))

    def mean_shares(self, n_parents: int, labels: Sequence[str] = ("",)) -> Floats:
        """Return every parent's share of the whole piece, shape (parents,): what its length and tempo follow.

        Parameters
        ----------
        n_parents : int
        labels : sequence of str
            Of the first parent's windows.
        """
        if self.curve:
            second = self._curve_at(np.linspace(0.0, 1.0, 101))
            return np.asarray(_pair(np.array([second.mean()]))[0])
        shares = self.over_piece(len(labels), n_parents, labels)
        return np.asarray(shares.mean(axis=0, dtype=np.float64), np.float32)

    def over_piece(self, n_windows: int, n_parents: int, labels: Sequence[str] = ()) -> Floats:
        """Return the parents' shares at each window, whatever single roles do: shape (n_windows, n_parents)."""
        if self.shares:
            return np.tile(np.asarray(self.shares, np.float32) / np.float32(sum(self.shares)), (n_windows, 1))
        if n_parents == 1:
            return np.ones((n_windows, 1), np.float32)
        if self.curve:
            return _pair(self._curve_at(np.linspace(0.0, 1.0, n_windows) if n_windows > 1 else [0.5]))
        second = np.full(n_windows, 0.5 if self.weight is None else self.weight)
        for each in self.sections:
            second[each.covers((np.arange(n_windows) + 0.5) / n_windows, labels)] = each.weight
        return _pair(second)

    def at(self, role: Role, n_windows: int, n_parents: int, labels: Sequence[str] = ()) -> Floats:
        """Return the parents' shares of a role at each window.

        Parameters
        ----------
        role : Role
        n_windows, n_parents : int
        labels : sequence of str
            Which section of the first parent each window is from.

        Returns
        -------
        ndarray, shape (n_windows, n_parents), float32
            Rows sum to 1.
        """
        if role in self.role_weights and n_parents == 2:
            return _pair(np.full(n_windows, self.role_weights[role]))
        return self.over_piece(n_windows, n_parents, labels)

    def _curve_at(self, positions: npt.ArrayLike) -> Places:
        at, weights = zip(*self.curve, strict=True)
        return np.asarray(np.interp(np.asarray(positions, np.float64), at, weights), np.float64)

    def only_parent(self, n_parents: int) -> int | None:
        """Return the parent that is the whole blend, in every role and place; None if there is no such."""
        flat = replace(self, sections=())
        shares = np.concatenate([flat.at(role, 2, n_parents) for role in ROLES])
        changing = [*(weight for _, weight in self.curve), *(each.weight for each in self.sections)]
        if self.sections:
            changing.append(0.5 if self.weight is None else self.weight)
        whole = np.flatnonzero((shares == 1.0).all(axis=0))
        return int(whole[0]) if len(set(changing)) < 2 and len(whole) else None


def _pair(second: Places) -> Floats:
    return np.stack([1.0 - second, second], axis=1).astype(np.float32)
