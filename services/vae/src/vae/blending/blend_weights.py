"""Weights of a blend: one weight, one for each role or section, a curve, or the shares of several parents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from score.arrays import F32, F64, Bool
from score.roles import Role
from servicekit.faults import InvalidInput

from vae.planning.ingredients import ROLE_OF_INGREDIENT, Ingredient

_SUM_TOLERANCE = 1e-3
_DEFAULT_WEIGHT = 0.5


@dataclass(frozen=True)
class SectionWeight:
    """The second parent's share in part of a piece.

    Attributes
    ----------
    weight : float
        0 to 1.
    label : str
        In the first parent's sections of this label; empty for a range.
    start, end : float
        The range of the blend: positions from 0 to 1.
    """

    weight: float
    label: str = ""
    start: float = 0.0
    end: float = 1.0

    def contains(self, positions: F64, labels: Sequence[str]) -> Bool:
        """Return which windows the weight applies to, by their positions or the labels of their sections."""
        if self.label:
            return np.array([label == self.label for label in labels], bool)
        return (positions >= self.start) & (positions < self.end)


@dataclass(frozen=True)
class BlendWeights:
    """The weights of a request; `validate` them before use.

    Attributes
    ----------
    weight : float or None
        The second parent's share, 0 to 1; None is a half.
    role_weights : mapping of Role to float
        Replaces `weight` and `section_weights` for single roles.
    curve : sequence of (position, weight)
        Piecewise linear over the piece; replaces all other weights.
    shares : sequence of float
        One for each parent; required with more than two.
    section_weights : sequence of SectionWeight
        Replace `weight` where they apply; a later one wins.
    ingredients : mapping of Ingredient to float
        Replaces all other weights of two parents for single ingredients.
    """

    weight: float | None = None
    role_weights: Mapping[Role, float] = field(default_factory=dict)
    curve: Sequence[tuple[float, float]] = ()
    shares: Sequence[float] = ()
    section_weights: Sequence[SectionWeight] = ()
    ingredients: Mapping[Ingredient, float] = field(default_factory=dict)

    def validate(self, n_parents: int) -> BlendWeights:
        """Return the weights themselves, if they are valid.

        Raises
        ------
        InvalidInput
            If a number is out of range, or fields conflict.
        """
        if n_parents > 2 and not self.shares:
            raise InvalidInput(f"A blend of {n_parents} pieces needs shares, one for each.", parents=n_parents)
        if self.shares:
            self._validate_shares(n_parents)
        if self.curve and (self.weight is not None or self.role_weights or self.section_weights):
            raise InvalidInput("A curve replaces weight, role weights and section weights: give one or the other.")
        for value in self._unit_values():
            if not 0.0 <= value <= 1.0:
                raise InvalidInput(f"Weights and positions must be from 0 to 1, not {value:g}.", value=float(value))
        if any(not each.label and each.end <= each.start for each in self.section_weights):
            raise InvalidInput("A section weight needs a label, or an end after its start.")
        positions = [position for position, _ in self.curve]
        if any(later <= sooner for sooner, later in pairwise(positions)):
            raise InvalidInput("The positions of a curve must rise.")
        return self

    def _unit_values(self) -> Iterator[float]:
        """Yield every number that must be from 0 to 1."""
        yield 0.0 if self.weight is None else self.weight
        yield from self.role_weights.values()
        yield from self.ingredients.values()
        for point in self.curve:
            yield from point
        for each in self.section_weights:
            yield from (each.weight, each.start, each.end)

    def validate_labels(self, known_labels: Sequence[str]) -> None:
        """Refuse section labels that the first parent does not have.

        Raises
        ------
        InvalidInput
        """
        for each in self.section_weights:
            if each.label and each.label not in known_labels:
                names = ", ".join(dict.fromkeys(known_labels))
                message = f"The first piece has no section {each.label[:16]}: it has {names}."
                raise InvalidInput(message, sections=names)

    def _validate_shares(self, n_parents: int) -> None:
        if self.weight is not None or self.role_weights or self.curve or self.section_weights or self.ingredients:
            message = (
                "Shares replace weight, role weights, section weights, ingredients and curve: give one or the other."
            )
            raise InvalidInput(message)
        if len(self.shares) != n_parents:
            raise InvalidInput(f"{n_parents} pieces need {n_parents} shares, not {len(self.shares)}.")
        total = sum(self.shares)
        if not all(0.0 <= share <= 1.0 for share in self.shares) or abs(total - 1.0) > _SUM_TOLERANCE:
            raise InvalidInput("Shares must be from 0 to 1 and sum to 1.", sum=round(total, 4))

    def mean_shares(self, n_parents: int, labels: Sequence[str] = ("",)) -> F32:
        """Return every parent's share of the whole piece, shape (n_parents,): for its length, meter and tempo.

        Parameters
        ----------
        n_parents : int
        labels : sequence of str
            Section labels of the first parent's windows.
        """
        if self.curve:
            second = self._sample_curve(np.linspace(0.0, 1.0, 101))
            return np.asarray(_shares_of_two(np.array([second.mean()]))[0])
        shares = self.piece_shares(len(labels), n_parents, labels)
        return np.asarray(shares.mean(axis=0, dtype=np.float64), np.float32)

    def piece_shares(self, n_windows: int, n_parents: int, labels: Sequence[str] = ()) -> F32:
        """Return the parents' shares at each window, without the weights of single roles.

        Parameters
        ----------
        n_windows, n_parents : int
        labels : sequence of str
            Section label of the first parent at each window.

        Returns
        -------
        ndarray, shape (n_windows, n_parents), float32
            Rows sum to 1.
        """
        if self.shares:
            return np.tile(np.asarray(self.shares, np.float32) / np.float32(sum(self.shares)), (n_windows, 1))
        if n_parents == 1:
            return np.ones((n_windows, 1), np.float32)
        if self.curve:
            return _shares_of_two(self._sample_curve(np.linspace(0.0, 1.0, n_windows) if n_windows > 1 else [0.5]))
        second = np.full(n_windows, _DEFAULT_WEIGHT if self.weight is None else self.weight)
        positions = (np.arange(n_windows) + 0.5) / n_windows
        for each in self.section_weights:
            second[each.contains(positions, labels)] = each.weight
        return _shares_of_two(second)

    def role_shares(self, role: Role, n_windows: int, n_parents: int, labels: Sequence[str] = ()) -> F32:
        """Return the parents' shares of a role at each window.

        Parameters
        ----------
        role : Role
        n_windows, n_parents : int
        labels : sequence of str
            Section label of the first parent at each window.

        Returns
        -------
        ndarray, shape (n_windows, n_parents), float32
            Rows sum to 1.
        """
        if role in self.role_weights and n_parents == 2:
            return _shares_of_two(np.full(n_windows, self.role_weights[role]))
        return self.piece_shares(n_windows, n_parents, labels)

    def ingredient_shares(self, ingredient: Ingredient, n_bars: int, n_parents: int, labels: Sequence[str] = ()) -> F32:
        """Return the parents' shares of an ingredient at each bar.

        Parameters
        ----------
        ingredient : Ingredient
        n_bars, n_parents : int
        labels : sequence of str
            Section label of the first parent at each bar.

        Returns
        -------
        ndarray, shape (n_bars, n_parents), float32
            Rows sum to 1.
        """
        if ingredient in self.ingredients and n_parents == 2:
            return _shares_of_two(np.full(n_bars, self.ingredients[ingredient]))
        if ingredient in ROLE_OF_INGREDIENT:
            return self.role_shares(ROLE_OF_INGREDIENT[ingredient], n_bars, n_parents, labels)
        return self.piece_shares(n_bars, n_parents, labels)

    def form_shares(self, n_parents: int, labels: Sequence[str] = ("",)) -> F32:
        """Return the parents' shares of the form, shape (n_parents,): for its length, meter and order.

        Parameters
        ----------
        n_parents : int
        labels : sequence of str
            Section labels of the first parent's windows.
        """
        if Ingredient.FORM in self.ingredients and n_parents == 2:
            return np.asarray(_shares_of_two(np.array([self.ingredients[Ingredient.FORM]]))[0])
        return self.mean_shares(n_parents, labels)

    def expression_shares(self, role: Role, n_units: int, n_parents: int, labels: Sequence[str] = ()) -> F32:
        """Return the parents' shares of the dynamics and timing of a role at each bar or window.

        They are those of the feel, if it has a weight of its own, or else those of the role.

        Parameters
        ----------
        role : Role
        n_units, n_parents : int
        labels : sequence of str
            Section label of the first parent at each bar or window.

        Returns
        -------
        ndarray, shape (n_units, n_parents), float32
        """
        if Ingredient.FEEL in self.ingredients:
            return self.ingredient_shares(Ingredient.FEEL, n_units, n_parents, labels)
        return self.role_shares(role, n_units, n_parents, labels)

    def sound_shares(self, role: Role, n_parents: int, labels: Sequence[str] = ("",)) -> F64:
        """Return the parents' mean shares of the instrument of a role, shape (n_parents,).

        They are those of the sound, if it has a weight of its own, or else those of the role.

        Parameters
        ----------
        role : Role
        n_parents : int
        labels : sequence of str
            Section labels of the first parent's windows.
        """
        if Ingredient.SOUND in self.ingredients:
            shares = self.ingredient_shares(Ingredient.SOUND, 1, n_parents)
        elif self.curve and role not in self.role_weights:
            return np.asarray(self.mean_shares(n_parents), np.float64)
        else:
            shares = self.role_shares(role, len(labels), n_parents, labels)
        return np.asarray(shares.mean(axis=0, dtype=np.float64))

    @property
    def is_uniform(self) -> bool:
        """Whether the weights are the same in the whole piece."""
        return not self.section_weights and len({weight for _, weight in self.curve}) < 2

    def _sample_curve(self, positions: ArrayLike) -> F64:
        points, weights = zip(*self.curve, strict=True)
        return np.asarray(np.interp(np.asarray(positions, np.float64), points, weights), np.float64)

    def sole_parent(self, n_parents: int) -> int | None:
        """Return the parent that is the whole blend in every ingredient and place; None if there is none."""
        flat = replace(self, section_weights=())
        shares = np.concatenate([flat.ingredient_shares(each, 2, n_parents) for each in Ingredient])
        values = [*(weight for _, weight in self.curve), *(each.weight for each in self.section_weights)]
        if self.section_weights:
            values.append(_DEFAULT_WEIGHT if self.weight is None else self.weight)
        is_whole = np.flatnonzero((shares == 1.0).all(axis=0))
        return int(is_whole[0]) if len(set(values)) < 2 and len(is_whole) else None


def _shares_of_two(second: F64) -> F32:
    """Return the shares of two parents from the second one's, shape (n, 2)."""
    return np.stack([1.0 - second, second], axis=1).astype(np.float32)
