"""MuseGAN's five metrics (Dong et al., AAAI 2018), and how far generated music is from real music by them.

For each role that a piece has: empty bars and drum pattern by muspy; pitch classes a bar by p % 12, over the bars in
which the role sounds; qualified notes, which on a grid of sixteenths are those of an eighth or longer; tonal distance
between roles (Harte, Sandler and Gasser, 2006) per half bar. muspy counts bars up to a role's last note and takes the
bar line after a note for part of it: notes are given to it with their last step for their end, and its rate is
stretched over the whole piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import muspy
import numpy as np
from gan.measures.pianoroll import chroma, note_lengths, tonal_distance
from score.arrays import I32
from score.encoding import STEPS_PER_QUARTER
from score.roles import Role

from ..pieces import Piece

QUALIFIED_STEPS = 2
FLOOR = 0.01
"""Least denominator of a relative error."""

METRICS = ("empty_bars", "pitch_classes", "qualified", "drum_pattern", "tonal_distance")


def measure(pieces: Sequence[Piece]) -> dict[str, float]:
    """Average each metric of each role over the pieces that have it: ``metric.role`` to value."""
    return average([measure_piece(piece) for piece in pieces])


def average(measured: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Average what `measure_piece` gave of several pieces."""
    values: dict[str, list[float]] = {}
    for row in measured:
        for name, value in row.items():
            if np.isfinite(value):
                values.setdefault(name, []).append(value)
    return {name: float(np.mean(found)) for name, found in sorted(values.items())}


def measure_piece(piece: Piece) -> dict[str, float]:
    """Measure one piece: ``metric.role`` to value, NaN where a role gives none."""
    found: dict[str, float] = {}
    for role, notes in piece.notes.items():
        found[f"empty_bars.{role.value}"] = empty_bars(notes, piece.bar_steps, piece.n_bars)
        if role is Role.DRUMS:
            kind = "duple" if piece.meter == "4/4" else "triple"
            found["drum_pattern.drums"] = muspy.drum_in_pattern_rate(_music(notes, is_drum=True), kind)
            continue
        used = (chroma(notes, piece.n_steps, piece.bar_steps) > 0).sum(1)
        found[f"pitch_classes.{role.value}"] = float(used[used > 0].mean()) if used.any() else float("nan")
        share = (note_lengths(notes) >= QUALIFIED_STEPS).mean() if len(notes) else float("nan")
        found[f"qualified.{role.value}"] = float(share)
    halves = {role: chroma(piece.notes[role], piece.n_steps, piece.bar_steps // 2) for role in piece.pitched_roles}
    for one, other in combinations(halves, 2):
        found[f"tonal_distance.{one.value}-{other.value}"] = tonal_distance(halves[one], halves[other])
    return found


def empty_bars(notes: I32, bar: int, bars: int) -> float:
    """Return the share of a piece's bars in which a role does not sound."""
    if not len(notes):
        return 1.0
    counted = int(notes[:, 1].max() - 1) // bar + 1
    rate = 0.0 if counted == 1 and notes[:, 1].max() == 1 else muspy.empty_measure_rate(_music(notes), bar)
    return 1 - (1 - rate) * counted / bars


def _music(notes: I32, *, is_drum: bool = False) -> muspy.Music:
    heard = [muspy.Note(onset, pitch, end - 1 - onset, 90) for onset, end, pitch in notes.tolist()]
    return muspy.Music(resolution=STEPS_PER_QUARTER, tracks=[muspy.Track(0, is_drum, notes=heard)])


def relative_errors(data: Mapping[str, float], made: Mapping[str, float]) -> dict[str, float]:
    """Relate the difference of each metric of each role to the data: |made - data| / max(data, `FLOOR`)."""
    return {name: abs(made[name] - data[name]) / max(data[name], FLOOR) for name in data if name in made}


def mean_error(errors: Mapping[str, float]) -> float:
    """Average over all metrics of all roles; NaN where there is none."""
    return float(np.mean(list(errors.values()))) if errors else float("nan")


def by_metric(errors: Mapping[str, float]) -> dict[str, float]:
    """Average over the roles of each metric."""
    parts = {metric: [value for name, value in errors.items() if name.startswith(metric)] for metric in METRICS}
    return {metric: float(np.mean(found)) for metric, found in parts.items() if found}
