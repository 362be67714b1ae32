"""Accuracy of controls: tempo, key, bars and meter are met exactly; mood and density have the expected effects."""

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
from score.encoding import STEPS_PER_BAR, STEPS_PER_QUARTER
from score.grid import GridTempo
from score.keys import relative_major, tonic_of_signature
from score.model import Score
from score.roles import Role

from ..generation import GeneratedPiece, GenerationSpec

LEVELS = tuple(np.linspace(-1, 1, 5).round(2).tolist())
"""Values of a control that are compared."""

N_RESOLVED = 200
"""Requests of each level that are only resolved, which is cheap."""

MOOD_BARS = 8
MIN_BPM, MAX_BPM = 40.0, 240.0


@dataclass(frozen=True, slots=True)
class ControlAccuracy:
    """Shares of requests that were met exactly, as read from the MIDI files."""

    tempo: float
    key: float
    bars: float
    meter: float


def random_specs(styles: Sequence[Style], count: int, seed: int) -> list[GenerationSpec]:
    """Return random requests: any style, one of its meters, any key, any number of bars, any tempo.

    Parameters
    ----------
    styles : sequence of Style
    count : int
    seed : int
    """
    rng = np.random.default_rng((seed, 3))
    return [GenerationSpec(_random_request(styles[int(rng.integers(len(styles)))], rng)) for _ in range(count)]


def _random_request(style: Style, rng: np.random.Generator) -> GenerationRequest:
    return GenerationRequest(
        seed=int(rng.integers(1 << 31)),
        style_id=style.style_id,
        tonic=int(rng.integers(12)),
        is_minor=bool(rng.integers(2)),
        tempo_bpm=round(float(rng.uniform(MIN_BPM, MAX_BPM)), 1),
        meter=str(rng.choice(style.meters)),
        n_bars=int(rng.integers(MIN_BARS, MAX_BARS + 1)),
    )


def measure(specs: Sequence[GenerationSpec], generated: Sequence[GeneratedPiece]) -> ControlAccuracy:
    """Compare requests with the MIDI files that were generated for them."""
    rows = [_is_met(spec.request, midi.parse(one.midi)) for spec, one in zip(specs, generated, strict=True)]
    return ControlAccuracy(*(float(share) for share in np.mean(rows, axis=0)))


def _is_met(request: GenerationRequest, score: Score) -> tuple[bool, bool, bool, bool]:
    """Return whether tempo, key, bars and meter are met."""
    assert request.tempo_bpm is not None
    tempo = GridTempo.at_bpm(0, request.tempo_bpm).microseconds_per_quarter
    bar_ticks = STEPS_PER_BAR[request.meter] * score.ticks_per_quarter // STEPS_PER_QUARTER
    is_minor = bool(request.is_minor)
    keys = {(tonic_of_signature(key.fifths, is_minor=False), key.is_minor) for key in score.keys}
    return (
        [at.microseconds_per_quarter for at in score.tempos] == [tempo],
        keys == {(relative_major(request.tonic or 0, is_minor=is_minor), is_minor)},
        -(-score.end_ticks // bar_ticks) == request.n_bars,
        [meter.name for meter in score.meters] == [request.meter],
    )


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a control on a measure.

    Attributes
    ----------
    control, measure : str
    means : tuple of float
        At each of `LEVELS`.
    of_means : float
        Spearman's r of levels and means: 1 if each step up raises the mean.
    of_pieces : float
        Spearman's r over all pieces, each compared with the same request at other levels.
    """

    control: str
    measure: str
    means: tuple[float, ...]
    of_means: float
    of_pieces: float


def mood_specs(styles: Sequence[Style], control: str, count: int, seed: int) -> list[GenerationSpec]:
    """Return the same requests at each level of a control, with the other controls neutral.

    Parameters
    ----------
    styles : sequence of Style
    control : str
        ``"valence"``, ``"energy"`` or ``"density"``.
    count : int
        Requests of each level.
    seed : int
    """
    base = [
        GenerationRequest(
            seed=seed * 1_000_000 + index,
            style_id=styles[index % len(styles)].style_id,
            n_bars=MOOD_BARS,
            **dict.fromkeys({"valence", "energy", "density"} - {control}, 0.0),  # type: ignore[arg-type]
        )
        for index in range(count)
    ]
    return [GenerationSpec(_with_level(request, control, level)) for level in LEVELS for request in base]


def _with_level(request: GenerationRequest, control: str, level: float) -> GenerationRequest:
    return replace(request, **{control: level})  # type: ignore[arg-type]


def resolution_effects(styles: Sequence[Style], seed: int) -> list[Effect]:
    """Measure the effects of moods before any music is sampled: of valence on the mode, of energy on the tempo."""
    measures: list[tuple[str, str, Callable[[GenerationRequest], float]]] = [
        ("valence", "share in major", lambda request: float(not resolve(request, styles).is_minor)),
        ("energy", "BPM", lambda request: resolve(request, styles).tempo_bpm),
    ]
    found = []
    for control, name, value in measures:
        specs = mood_specs(styles, control, N_RESOLVED, seed)
        found.append(rank_effect(control, name, [value(spec.request) for spec in specs]))
    return found


def music_effects(control: str, generated: Sequence[GeneratedPiece]) -> list[Effect]:
    """Measure the effects of a control on music: the lead's mean pitch, and notes per second and per bar.

    The pieces are those of `mood_specs`, in its order.
    """
    return [
        rank_effect(control, "mean pitch of the lead", [_lead_pitch(one) for one in generated]),
        rank_effect(control, "notes a second", [_notes_per_s(one) for one in generated]),
        rank_effect(control, "notes a bar", [_n_notes(one) / one.piece.n_bars for one in generated]),
    ]


def rank_effect(control: str, measure: str, values: Sequence[float]) -> Effect:
    """Return the effect of a control.

    Parameters
    ----------
    control, measure : str
        Names.
    values : sequence of float
        Level by level, the same requests in each; NaN is left out.
    """
    table = np.array(values, np.float64).reshape(len(LEVELS), -1)
    means = np.nanmean(table, axis=1)
    # Styles differ more than moods do: each request is compared with itself.
    centered = (table - np.nanmean(table, axis=0)).ravel()
    of_pieces = _rank_correlation(np.repeat(LEVELS, table.shape[1]), centered)
    return Effect(control, measure, tuple(means.tolist()), _rank_correlation(np.array(LEVELS), means), of_pieces)


def _rank_correlation(levels: F64, values: F64) -> float:
    """Return Spearman's r, 0 if all values are equal."""
    known = np.isfinite(values)
    if not known.any() or np.ptp(values[known]) < 1e-9:
        return 0.0
    return float(spearmanr(levels[known], values[known]).statistic)


def _lead_pitch(generated: GeneratedPiece) -> float:
    """Return the lead's mean pitch in C major or A minor, NaN without a lead."""
    notes = generated.piece.notes.get(Role.LEAD)
    return float(notes[:, PITCH].mean()) if notes is not None and len(notes) else float("nan")


def _n_notes(generated: GeneratedPiece) -> int:
    return sum(len(notes[:, ONSET]) for notes in generated.piece.notes.values())


def _notes_per_s(generated: GeneratedPiece) -> float:
    score = midi.parse(generated.midi)
    quarters = generated.piece.n_steps / STEPS_PER_QUARTER
    return _n_notes(generated) / (quarters * 60 / score.tempos[0].bpm)
