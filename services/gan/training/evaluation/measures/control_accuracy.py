"""Is what was asked for what comes? Tempo, key, bars and meter exactly; mood and density in the right direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from gan.measures.grid_piece import ONSET, PITCH
from gan.planning.generation_request import MAX_BARS, MIN_BARS, GenerationRequest, resolve
from gan.planning.styles import Style
from scipy.stats import spearmanr
from score import midi
from score.arrays import F64
from score.encoding import STEPS_PER_BAR
from score.grid import GridTempo
from score.model import Score
from score.roles import Role

from ..generation import Made, Order

LEVELS = tuple(np.linspace(-1, 1, 5).round(2).tolist())
SETTLED = 200
"""Wishes of each level of which only the brief is looked at, which costs nothing."""

MOOD_BARS = 8
MIN_BPM, MAX_BPM = 40.0, 240.0


@dataclass(frozen=True, slots=True)
class Met:
    """Shares of wishes that were met exactly, as read back from MIDI."""

    tempo: float
    key: float
    bars: float
    meter: float


def random_orders(styles: Sequence[Style], count: int, seed: int) -> list[Order]:
    """Draw wishes: any style, a meter of its, any key, any number of bars, a tempo of one decimal."""
    rng = np.random.default_rng((seed, 3))
    return [Order(_random_wish(styles[int(rng.integers(len(styles)))], rng)) for _ in range(count)]


def _random_wish(style: Style, rng: np.random.Generator) -> GenerationRequest:
    return GenerationRequest(
        seed=int(rng.integers(1 << 31)),
        style_id=style.style_id,
        tonic=int(rng.integers(12)),
        is_minor=bool(rng.integers(2)),
        tempo_bpm=round(float(rng.uniform(MIN_BPM, MAX_BPM)), 1),
        meter=str(rng.choice(style.meters)),
        n_bars=int(rng.integers(MIN_BARS, MAX_BARS + 1)),
    )


def met(ordered: Sequence[Order], made: Sequence[Made]) -> Met:
    """Compare wishes with what the MIDI files say."""
    rows = [_met(order.wish, midi.parse(one.midi)) for order, one in zip(ordered, made, strict=True)]
    return Met(*(float(share) for share in np.mean(rows, axis=0)))


def _met(wish: GenerationRequest, score: Score) -> tuple[bool, bool, bool, bool]:
    assert wish.tempo_bpm is not None
    tempo = GridTempo.at_bpm(0, wish.tempo_bpm).microseconds_per_quarter
    bar_ticks = STEPS_PER_BAR[wish.meter] * score.ticks_per_quarter // 4
    fifths = {(key.fifths % 12, key.is_minor) for key in score.keys}
    wanted = ((wish.tonic or 0) + (3 if wish.is_minor else 0)) * 7 % 12
    return (
        [at.microseconds_per_quarter for at in score.tempos] == [tempo],
        fifths == {(wanted, bool(wish.is_minor))},
        -(-score.end_ticks // bar_ticks) == wish.n_bars,
        [meter.name for meter in score.meters] == [wish.meter],
    )


@dataclass(frozen=True, slots=True)
class Effect:
    """What a control does.

    Attributes
    ----------
    control, measure : str
    means : tuple of float
        At each of `LEVELS`.
    of_means : float
        Spearman's r of levels and means: 1 where each step up moves the mean up.
    of_pieces : float
        Spearman's r over all pieces, each compared with the same wish at other levels.
    """

    control: str
    measure: str
    means: tuple[float, ...]
    of_means: float
    of_pieces: float


def mood_orders(styles: Sequence[Style], control: str, count: int, seed: int) -> list[Order]:
    """Ask for pieces at each level of a control, the other moods neutral, the same wishes at every level."""
    base = [
        GenerationRequest(
            seed=seed * 1_000_000 + index,
            style_id=styles[index % len(styles)].style_id,
            n_bars=MOOD_BARS,
            **dict.fromkeys({"valence", "energy", "density"} - {control}, 0.0),  # type: ignore[arg-type]
        )
        for index in range(count)
    ]
    return [Order(_at(wish, control, level)) for level in LEVELS for wish in base]


def _at(wish: GenerationRequest, control: str, level: float) -> GenerationRequest:
    return replace(wish, **{control: level})  # type: ignore[arg-type]


def settled_effects(styles: Sequence[Style], seed: int) -> list[Effect]:
    """Measure what moods do before any music is made: valence to the mode, energy to the tempo."""
    measures: list[tuple[str, str, Callable[[GenerationRequest], float]]] = [
        ("valence", "share in major", lambda wish: float(not resolve(wish, styles).is_minor)),
        ("energy", "BPM", lambda wish: resolve(wish, styles).tempo_bpm),
    ]
    found = []
    for control, name, value in measures:
        ordered = mood_orders(styles, control, SETTLED, seed)
        found.append(effect(control, name, [value(order.wish) for order in ordered]))
    return found


def made_effects(control: str, made: Sequence[Made]) -> list[Effect]:
    """Measure what a control does to music: the lead's mean pitch above its key, and notes a second and a bar."""
    return [
        effect(control, "mean pitch of the lead", [_register(one) for one in made]),
        effect(control, "notes a second", [_notes_a_second(one) for one in made]),
        effect(control, "notes a bar", [_note_count(one) / one.piece.n_bars for one in made]),
    ]


def effect(control: str, measure: str, values: Sequence[float]) -> Effect:
    """Sum up values that come level by level, as many of each."""
    table = np.array(values, np.float64).reshape(len(LEVELS), -1)
    means = np.nanmean(table, axis=1)
    # Styles differ by more than a mood makes of them: each wish is compared with itself.
    own = (table - np.nanmean(table, axis=0)).ravel()
    of_pieces = _rank_correlation(np.repeat(LEVELS, table.shape[1]), own)
    return Effect(control, measure, tuple(means.tolist()), _rank_correlation(np.array(LEVELS), means), of_pieces)


def _rank_correlation(levels: F64, values: F64) -> float:
    """Return Spearman's r, 0 where the values are all one."""
    known = np.isfinite(values)
    if not known.any() or np.ptp(values[known]) < 1e-9:
        return 0.0
    return float(spearmanr(levels[known], values[known]).statistic)


def _register(made: Made) -> float:
    """Average the lead's pitch in C major or A minor, NaN without a lead."""
    notes = made.piece.notes.get(Role.LEAD)
    return float(notes[:, PITCH].mean()) if notes is not None and len(notes) else float("nan")


def _note_count(made: Made) -> int:
    return sum(len(notes[:, ONSET]) for notes in made.piece.notes.values())


def _notes_a_second(made: Made) -> float:
    score = midi.parse(made.midi)
    quarters = made.piece.n_steps / 4
    return _note_count(made) / (quarters * 60 / score.tempos[0].bpm)
