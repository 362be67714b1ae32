"""Converts the gRPC responses of jobs to domain types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from segue.vae.v1.vae_pb2 import BarOrigin, Ingredient, IngredientSource

from gateway.domain.job_settings import IngredientName

_INGREDIENT_NAMES: dict[int, IngredientName] = {
    Ingredient.Value(f"INGREDIENT_{name.upper()}"): name for name in get_args(IngredientName)
}


def to_sources(messages: Sequence[IngredientSource]) -> dict[IngredientName, list[int]]:
    """Convert the sources of a blend's ingredients; an ingredient that this version does not know is left out.

    Examples
    --------
    >>> to_sources([IngredientSource(ingredient="INGREDIENT_BASS", parents=[1, 0, 2])])
    {'bass': [1, 0, 2]}
    """
    return {
        _INGREDIENT_NAMES[message.ingredient]: list(message.parents)
        for message in messages
        if message.ingredient in _INGREDIENT_NAMES
    }


def to_origins(messages: Sequence[BarOrigin]) -> list[list[int]]:
    """Convert the bars of the parents that meet in each bar of a blend, to one list for each parent.

    Examples
    --------
    >>> to_origins([BarOrigin(bars=[0, 4]), BarOrigin(bars=[1, 5]), BarOrigin(bars=[0, 6])])
    [[0, 1, 0], [4, 5, 6]]
    """
    return [list(bars) for bars in zip(*(message.bars for message in messages), strict=True)]
