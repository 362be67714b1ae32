"""The share of the second parent in each ingredient of a blend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Ingredients:
    """The second parent's share of each ingredient, 0 to 1."""

    form: float = 0.5
    harmony: float = 0.5
    rhythm: float = 0.5
    contour: float = 0.5
    bass: float = 0.5
    texture: float = 0.5
    groove: float = 0.5
    sound: float = 0.5
    feel: float = 0.5

    @classmethod
    def from_weight(cls, weight: float, overrides: Mapping[str, float] | None = None) -> Ingredients:
        """Return ingredients that all have one weight, except for the overrides by name.

        Examples
        --------
        >>> Ingredients.from_weight(0.25, {"bass": 1.0}).bass
        1.0
        """
        return cls(**{field.name: weight for field in fields(cls)} | dict(overrides or {}))
