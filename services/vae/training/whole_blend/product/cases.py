"""Blends of many kinds to try: pieces of all styles, whole and reduced, with every kind of weight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from score import grid as grids
from score import midi
from score.model import Score
from score.quantization.note_table import ONSET
from score.roles import ROLES, Role
from servicekit.faults import Fault
from vae.analysis.bar_notes import replace_notes
from vae.attributes.attribute import Attribute, AttributeSlider
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights, SectionWeight
from vae.planning.ingredients import Ingredient
from vae.settings import Settings

from ...data.heldout import HeldOutPiece, iter_by_style, list_held_out
from .midi_blend import transpose_to_common_key

MAX_BARS = 128
WEIGHTS = tuple(step / 10 for step in range(1, 10))

_REDUCTION_PERIOD = 8
_FIRST_SHORT, _SECOND_BARE, _BOTH_SHORT = 3, 5, 6
"""The cases of each period in which pieces are cut short or lose roles."""

_MAX_SHORT_BARS = 5
_ROLE_SUBSETS: Sequence[tuple[Role, ...]] = (
    (Role.LEAD,),
    (Role.DRUMS,),
    (Role.HARMONY, Role.BASS),
    (Role.LEAD, Role.DRUMS),
    (Role.BASS,),
)
_SLIDERS = (
    (Attribute.DENSITY, None),
    (Attribute.REGISTER, Role.LEAD),
    (Attribute.SYNCOPATION, Role.BASS),
    (Attribute.POLYPHONY, Role.HARMONY),
)
_TEMPERATURE: float = Settings.model_fields["temperature"].default


@dataclass(frozen=True)
class BlendCase:
    """A blend to try.

    Attributes
    ----------
    name : str
        The files, what was left of them, and the kind of weights.
    files : sequence of bytes
        MIDI files in one key.
    options : BlendOptions
    """

    name: str
    files: Sequence[bytes]
    options: BlendOptions


Setter = Callable[[BlendOptions, np.random.Generator], BlendOptions]
"""Returns the options of a case with other weights; they come with the weight of the case."""


def _weight_of(options: BlendOptions) -> float:
    weight = options.weights.weight
    assert weight is not None
    return weight


def _set_role_weights(options: BlendOptions, rng: np.random.Generator) -> BlendOptions:
    moved = [role for role in ROLES if rng.random() < 0.6]
    weights = {role: float(rng.choice((0.0, 0.2, 0.5, 0.9, 1.0))) for role in moved}
    return replace(options, weights=replace(options.weights, role_weights=weights))


def _set_curve(options: BlendOptions, rng: np.random.Generator) -> BlendOptions:
    points = ((0.0, float(rng.random())), (0.4, _weight_of(options)), (1.0, float(rng.choice((0.0, 1.0)))))
    return replace(options, weights=BlendWeights(curve=points))


def _set_sections(options: BlendOptions, rng: np.random.Generator) -> BlendOptions:
    start = float(rng.uniform(0.1, 0.6))
    sections = (
        SectionWeight(float(rng.choice((0.0, 0.3, 1.0))), "A"),
        SectionWeight(float(rng.random()), start=start, end=start + 0.3),
    )
    return replace(options, weights=replace(options.weights, section_weights=sections))


def _set_ingredients(options: BlendOptions, rng: np.random.Generator) -> BlendOptions:
    chosen = [list(Ingredient)[index] for index in rng.permutation(len(Ingredient))[:3].tolist()]
    ingredients = {each: float(rng.choice((0.0, 0.4, 0.8, 1.0))) for each in chosen}
    return replace(options, weights=replace(options.weights, ingredients=ingredients))


def _set_shares(options: BlendOptions, rng: np.random.Generator) -> BlendOptions:
    weight = _weight_of(options)
    others = rng.dirichlet([1.0, 1.0]) * weight
    return replace(options, weights=BlendWeights(shares=(1.0 - weight, *others.tolist())))


def _set_sliders(options: BlendOptions, rng: np.random.Generator) -> BlendOptions:
    moved = [each for each in _SLIDERS if rng.random() < 0.6]
    sliders = tuple(
        AttributeSlider(attribute, float(rng.choice((-1.0, -0.4, 0.6, 1.0))), role) for attribute, role in moved
    )
    return replace(options, sliders=sliders)


def _set_sampling(options: BlendOptions, rng: np.random.Generator) -> BlendOptions:
    tempo_bpm, temperature = float(rng.uniform(50.0, 200.0)), float(rng.choice((0.0, 0.7, 1.0)))
    return replace(options, tempo_bpm=tempo_bpm, temperature=temperature)


SETTERS: dict[str, Setter] = {
    "role weights": _set_role_weights,
    "curve": _set_curve,
    "sections": _set_sections,
    "ingredients": _set_ingredients,
    "three parents": _set_shares,
    "sliders": _set_sliders,
    "tempo and temperature": _set_sampling,
}


def iter_cases(folders: Sequence[Path], seed: int) -> Iterator[BlendCase]:
    """Yield blends without end: every second one has a single weight, the others one of `SETTERS` in turns.

    Three in eight have a piece that is cut short or lacks some of its roles.

    Parameters
    ----------
    folders : sequence of Path
        Corpora with an `index.csv`; only held-out works are taken.
    seed : int
    """
    rng = np.random.default_rng(seed)
    pieces = iter_by_style(list_held_out(folders, MAX_BARS), rng)
    others = list(SETTERS)
    for number in range(1_000_000):
        kind = "weight" if number % 2 == 0 else others[number // 2 % len(others)]
        read = [_read_next(pieces) for _ in range(3 if kind == "three parents" else 2)]
        reduced = [_reduce(piece, score, number, side, rng) for side, (piece, score) in enumerate(read)]
        weight = WEIGHTS[number % len(WEIGHTS)]
        files, key = transpose_to_common_key([score for _, score in reduced])
        options = BlendOptions(BlendWeights(weight), _TEMPERATURE, seed=number, key=key)
        if kind in SETTERS:
            options = SETTERS[kind](options, rng)
        names = " + ".join(name for name, _ in reduced)
        yield BlendCase(f"{number}: {names}, {kind} {weight:g}", files, options)


def _read_next(pieces: Iterator[HeldOutPiece]) -> tuple[HeldOutPiece, Score]:
    """Return the next piece that the service can read, of at most `MAX_BARS` bars on the grid."""
    for piece in pieces:
        try:
            score = midi.parse(piece.path.read_bytes())
            if grids.from_score(score).n_bars <= MAX_BARS:
                return piece, score
        except Fault:
            continue
    raise AssertionError("the iterator has no end")


def _reduce(piece: HeldOutPiece, score: Score, number: int, side: int, rng: np.random.Generator) -> tuple[str, Score]:
    """Return a piece and its name; in some cases it is cut short, or has few of its roles."""
    phase = number // 2 % _REDUCTION_PERIOD
    is_short = phase == _BOTH_SHORT or (phase == _FIRST_SHORT and side == 0)
    is_bare = phase == _SECOND_BARE and side == 1
    name = f"{piece.path.name} ({piece.style})"
    if not (is_short or is_bare):
        return name, score
    grid = grids.from_score(score)
    n_bars = int(rng.integers(1, _MAX_SHORT_BARS)) if is_short else grid.n_bars
    subset = _ROLE_SUBSETS[number % len(_ROLE_SUBSETS)] if is_bare else ROLES
    tables = {role: grid.notes(role) for role in subset if role in grid.events}
    n_steps = n_bars * grid.steps_per_bar
    if not any((table[:, ONSET] < n_steps).any() for table in tables.values()):
        return name, score
    tempos = tuple(tempo for tempo in grid.tempos if tempo.step < n_steps)
    reduced = replace_notes(replace(grid, tempos=tempos), tables, n_bars)
    return f"{name} {n_bars} bars of {', '.join(role.value for role in reduced.roles)}", grids.to_score(reduced)
