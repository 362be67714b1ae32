"""Titles of results: short, and different for results that differ.

A blend is named after its parents and what was set, "Funk x Waltz, 60%"; a generated piece after its style, key and
tempo, "Jazz in C minor, 96 BPM". Results that would still share a title are numbered when they are stored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.domain.job_settings import BlendSettings
from gateway.domain.jobs import GenerationInfo

_MAX_PARENT_CHARACTERS = 32
"""Longest short title of one of two parents; those of more parents share the same space."""
_MIN_PARENT_CHARACTERS = 10
_MAX_NAMED_WEIGHTS = 2
"""Single weights beyond this number are counted, not named."""

_DETAILS = re.compile(r"^(?P<head>.+?), (?:[\d-]+%|morph|[\d.]+ BPM)(?:[ ,].*)?$", re.DOTALL)
"""A title of this module: what comes before the settings."""

_INGREDIENT_NAMES = {
    "harmony": "chords",
    "rhythm": "melody rhythm",
    "contour": "melody contour",
    "bass": "bass line",
    "texture": "accompaniment",
    "sound": "instruments",
}
"""Names of ingredients for people, where they are not the API's."""


def blend_title(parents: Sequence[str], settings: BlendSettings) -> str:
    """Return the title of a blend: its parents' short titles, and how they were weighed."""
    return ", ".join([_join_parents(parents), *_weighing(settings)])


def interpolation_title(parents: Sequence[str], weight: float) -> str:
    """Return the title of one of several pieces between two parents."""
    first, second = (short_title(title, _MAX_PARENT_CHARACTERS) for title in parents)
    return f"{first} to {second}, {weight:.0%}"


def generation_title(style: str, generation: GenerationInfo) -> str:
    """Return the title of a generated piece.

    Parameters
    ----------
    style : str
        Name of its style.
    generation : GenerationInfo
        Its parameters.
    """
    tonic, _, mode = generation.key.partition(" ")
    key = f"{tonic[:1]}{tonic[1:].replace('#', '♯').replace('b', '♭')} {mode}"
    return f"{style} in {key}, {round(generation.bpm)} BPM"


def short_title(title: str, max_characters: int = _MAX_PARENT_CHARACTERS) -> str:
    """Return the title of a parent as part of another title: without settings, on one line and of bounded length.

    The title of a blend is put in brackets, so that a blend of blends shows which was made first.

    Parameters
    ----------
    title : str
        The parent's title.
    max_characters : int
        Largest length of the result.
    """
    words = " ".join(title.replace("_", " ").replace("/", "-").split())
    match = _DETAILS.match(words)
    if match is None:
        return _shorten(words, max_characters)
    head = match["head"]
    return f"({_shorten(head, max_characters - 2)})" if " x " in head else _shorten(head, max_characters)


def _join_parents(parents: Sequence[str]) -> str:
    length = max(_MIN_PARENT_CHARACTERS, 2 * _MAX_PARENT_CHARACTERS // max(2, len(parents)))
    return " x ".join(short_title(title, length) for title in parents)


def _weighing(settings: BlendSettings) -> list[str]:
    """Return how the parents of a blend were weighed, in as few words as tell results apart."""
    if settings.shares is not None:
        return ["-".join(f"{100 * share:.0f}" for share in settings.shares) + "%"]
    weights = {weight for _, weight in settings.curve or []}
    if len(weights) > 1:
        main = "morph"
    else:
        main = f"{weights.pop() if weights else _main_weight(settings):.0%}"
        main += " by section" if settings.section_weights else ""
    roles = [(str(name), weight) for name, weight in (settings.weights or {}).items()]
    ingredients = [(_INGREDIENT_NAMES.get(name, name), weight) for name, weight in (settings.ingredients or {}).items()]
    return [main, *_name_weights(roles, "roles"), *_name_weights(ingredients, "ingredients")]


def _main_weight(settings: BlendSettings) -> float:
    return 0.5 if settings.weight is None else settings.weight


def _name_weights(weights: Sequence[tuple[str, float]], plural: str) -> list[str]:
    if len(weights) > _MAX_NAMED_WEIGHTS:
        return [f"{len(weights)} {plural}"]
    return [f"{name} {weight:.0%}" for name, weight in weights]


def _shorten(title: str, max_characters: int) -> str:
    if len(title) <= max_characters:
        return title
    return f"{title[: max_characters - 1].rstrip()}…"
