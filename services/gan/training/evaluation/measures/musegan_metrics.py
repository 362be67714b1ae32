"""MuseGAN's five metrics (Dong et al., AAAI 2018), and the relative error of generated music by them.

For each role of a piece: rate of empty bars and drum pattern rate, by muspy; pitch classes per bar, over the bars in
which the role sounds; rate of qualified notes, which on this grid are those of an eighth or longer; tonal distance
between roles (Harte, Sandler and Gasser, 2006) per half bar.

muspy counts bars only up to the last note of a role, and counts the bar line after a note as part of it. Therefore it
is given notes that end on their last step, and its rate is rescaled to the whole piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import muspy
import numpy as np
from gan.measures.pianoroll import chroma, note_lengths, tonal_distance
from score.arrays import I32
from score.encoding import DEFAULT_VELOCITY, STEPS_PER_QUARTER
from score.roles import Role

from ..pieces import Piece

MIN_QUALIFIED_STEPS = 2
"""An eighth."""

MIN_DENOMINATOR = 0.01
"""Smallest denominator of a relative error."""

METRICS = ("empty_bars", "pitch_classes", "qualified", "drum_pattern", "tonal_distance")


def measure(pieces: Sequence[Piece]) -> dict[str, float]:
    """Return the mean of each metric of each role, ``metric.role``, over the pieces that have it."""
    return average([measure_piece(piece) for piece in pieces])


def average(measured: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the means of what `measure_piece` returned for several pieces, without NaN."""
    values: dict[str, list[float]] = {}
    for row in measured:
        for name, value in row.items():
            if np.isfinite(value):
                values.setdefault(name, []).append(value)
    return {name: float(np.mean(found)) for name, found in sorted(values.items())}


def measure_piece(piece: Piece) -> dict[str, float]:
    """Return each metric of each role of a piece, ``metric.role``; NaN where it is undefined."""
    found: dict[str, float] = {}
    for role, notes in piece.notes.items():
        found[f"empty_bars.{role.value}"] = empty_bar_rate(notes, piece.bar_steps, piece.n_bars)
        if role is Role.DRUMS:
            kind = "duple" if piece.meter == "4/4" else "triple"
            found["drum_pattern.drums"] = muspy.drum_in_pattern_rate(_to_muspy(notes, is_drum=True), kind)
            continue
        used = (chroma(notes, piece.n_steps, piece.bar_steps) > 0).sum(1)
        found[f"pitch_classes.{role.value}"] = float(used[used > 0].mean()) if used.any() else float("nan")
        qualified = (note_lengths(notes) >= MIN_QUALIFIED_STEPS).mean() if len(notes) else float("nan")
        found[f"qualified.{role.value}"] = float(qualified)
    half_bars = {role: chroma(piece.notes[role], piece.n_steps, piece.bar_steps // 2) for role in piece.pitched_roles}
    for one, other in combinations(half_bars, 2):
        found[f"tonal_distance.{one.value}-{other.value}"] = tonal_distance(half_bars[one], half_bars[other])
    return found


def empty_bar_rate(notes: I32, bar_steps: int, n_bars: int) -> float:
    """Return the share of a piece's bars in which a role does not sound.

    Parameters
    ----------
    notes : ndarray, shape (n, 3), int32
        Onset step, end step, pitch.
    bar_steps : int
        Steps of a bar.
    n_bars : int
        Bars of the piece.
    """
    if not len(notes):
        return 1.0
    n_counted = int(notes[:, 1].max() - 1) // bar_steps + 1
    is_one_step = n_counted == 1 and notes[:, 1].max() == 1
    rate = 0.0 if is_one_step else muspy.empty_measure_rate(_to_muspy(notes), bar_steps)
    return 1 - (1 - rate) * n_counted / n_bars


def _to_muspy(notes: I32, *, is_drum: bool = False) -> muspy.Music:
    converted = [muspy.Note(onset, pitch, end - 1 - onset, DEFAULT_VELOCITY) for onset, end, pitch in notes.tolist()]
    return muspy.Music(resolution=STEPS_PER_QUARTER, tracks=[muspy.Track(0, is_drum, notes=converted)])


def relative_errors(data: Mapping[str, float], generated: Mapping[str, float]) -> dict[str, float]:
    """Return |generated - data| / max(data, `MIN_DENOMINATOR`) for each metric of each role."""
    return {
        name: abs(generated[name] - data[name]) / max(data[name], MIN_DENOMINATOR) for name in data if name in generated
    }


def mean_error(errors: Mapping[str, float]) -> float:
    """Return the mean over all metrics of all roles; NaN if there is none."""
    return float(np.mean(list(errors.values()))) if errors else float("nan")


def by_metric(errors: Mapping[str, float]) -> dict[str, float]:
    """Return the mean over the roles of each metric."""
    parts = {metric: [value for name, value in errors.items() if name.startswith(metric)] for metric in METRICS}
    return {metric: float(np.mean(found)) for metric, found in parts.items() if found}
