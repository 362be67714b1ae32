"""The ingredients of a blend: what a listener hears apart, and every parent's share in each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from score.arrays import F64
from score.roles import Role


class Ingredient(Enum):
    """What a blend takes from its parents, each by a share of its own."""

    FORM = "form"
    """The order of the phrases, what returns, and the length."""

    HARMONY = "harmony"
    """The chords."""

    RHYTHM = "rhythm"
    """The onsets and durations of the lead."""

    CONTOUR = "contour"
    """The pitches of the lead."""

    BASS = "bass"
    """The bass line."""

    TEXTURE = "texture"
    """How the accompaniment plays the chords."""

    GROOVE = "groove"
    """The drums."""

    SOUND = "sound"
    """The instruments."""

    FEEL = "feel"
    """Tempo, dynamics, and timing off the grid."""


INGREDIENTS_BY_ROLE: Mapping[Role, tuple[Ingredient, ...]] = {
    Role.LEAD: (Ingredient.RHYTHM, Ingredient.CONTOUR),
    Role.HARMONY: (Ingredient.HARMONY, Ingredient.TEXTURE),
    Role.BASS: (Ingredient.BASS,),
    Role.DRUMS: (Ingredient.GROOVE,),
}
"""The ingredients that the weight of a role moves."""

ROLE_OF_INGREDIENT: Mapping[Ingredient, Role] = {
    ingredient: role for role, ingredients in INGREDIENTS_BY_ROLE.items() for ingredient in ingredients
}

NOTE_INGREDIENTS = tuple(ROLE_OF_INGREDIENT)
"""The ingredients that decide notes; each has a source in every bar."""

_KEY_DECIMALS = 2


@dataclass(frozen=True)
class IngredientShares:
    """Every parent's share of each ingredient, bar by bar.

    Attributes
    ----------
    by_ingredient : mapping of Ingredient to ndarray, shape (n_bars, n_parents), float64
        Rows sum to 1.
    """

    by_ingredient: Mapping[Ingredient, F64]

    def __getitem__(self, ingredient: Ingredient) -> F64:
        return self.by_ingredient[ingredient]

    @classmethod
    def build(cls, shares_of: Callable[[Ingredient], F64]) -> IngredientShares:
        """Return the shares of all ingredients from a function that returns those of one."""
        return cls({ingredient: np.asarray(shares_of(ingredient), np.float64) for ingredient in Ingredient})

    @property
    def is_uniform(self) -> bool:
        """Whether no ingredient changes its shares along the piece."""
        return all(bool((shares == shares[:1]).all()) for shares in self.by_ingredient.values())

    def lead(self) -> F64:
        """Return the mean of rhythm and contour, shape (n_bars, n_parents)."""
        return np.asarray((self[Ingredient.RHYTHM] + self[Ingredient.CONTOUR]) / 2)

    def mean(self, ingredient: Ingredient, bars: list[int] | None = None) -> F64:
        """Return the mean shares of an ingredient over some bars, or over all: shape (n_parents,)."""
        shares = self[ingredient]
        return np.asarray((shares if bars is None else shares[bars]).mean(axis=0))

    def sole_parent(self, bars: list[int] | None = None) -> int | None:
        """Return the parent that gives all notes of some bars, or of all; None if there is none."""
        rows = np.concatenate([self[each] if bars is None else self[each][bars] for each in NOTE_INGREDIENTS])
        whole = np.flatnonzero((rows >= 1.0).all(axis=0))
        return int(whole[0]) if len(whole) else None

    def key(self, bars: list[int]) -> tuple[float, ...]:
        """Return what makes the shares of two passages equal: their means, rounded."""
        means = [self[each][bars].mean(axis=0) for each in NOTE_INGREDIENTS]
        return tuple(np.round(np.concatenate(means), _KEY_DECIMALS).tolist())


def pick_parent(shares: F64, threshold: float) -> int:
    """Return the parent whose part of the range from 0 to 1 contains a threshold; the last parent has the lowest part.

    Parameters
    ----------
    shares : ndarray, shape (n_parents,), float64
        Sum 1.
    threshold : float
        0 to 1, 1 excluded. Of two parents, the second one is taken if its share exceeds the threshold.

    Examples
    --------
    >>> [pick_parent(np.array([0.75, 0.25]), threshold) for threshold in (0.1, 0.3)]
    [1, 0]
    """
    return int((np.cumsum(shares)[:-1] < 1.0 - threshold - 1e-9).sum())
