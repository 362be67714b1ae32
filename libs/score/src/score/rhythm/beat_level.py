"""The level of the beats: which of several pulses of the same music a listener counts, from how the notes fill them.

The network that finds beats judges from the notes around each one. Beats that are half or twice as long fit nearly as
well; which of them is written as the beat also follows from the piece as a whole: how long its beats are, how many
notes they have, and how these divide them. A small dense network chooses among the levels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from score.arrays import F32, F64, Bool
from score.rhythm.beat_decoding import REACH_S
from score.rhythm.network import Activations, load_level_network
from score.rhythm.played_notes import OnsetGroups, PlayedNotes

SHORTEST_S, LONGEST_S = 0.2, 2.6
"""Shorter and longer beats are no candidates."""
BEAT_WEIGHT, DIVISION_WEIGHT = 4.0, 2.0
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_POSITIONS = (0.0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4)
_NEAR_BEATS = 0.09
_LOW_SHARE = 0.3
_VALUES = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1.0, 3 / 2, 2.0, 3.0, 4.0)
_NEAR_VALUE = 0.12
_SLOTS = 12
"""Parts of a beat in which its rhythm is compared with others."""
_LAGS = (1, 2, 3, 4, 6, 8, 12, 16)
_CYCLES = (2, 3, 4)


class Level(NamedTuple):
    """Beats at one level, and whether they divide into three.

    Attributes
    ----------
    beats_s : ndarray, shape (beats,), float64
    is_compound : bool
    """

    beats_s: F64
    is_compound: bool


def choose_level(
    beats_s: F64, activations: Activations, notes: PlayedNotes, groups: OnsetGroups
) -> tuple[Level, float]:
    """Choose the level of beats that were decoded from activations; return it with its probability.

    Parameters
    ----------
    beats_s : ndarray, shape (beats,), float64
    activations : Activations
    notes : PlayedNotes
    groups : OnsetGroups
        Of the notes, those of the activations.
    """
    levels = candidate_levels(beats_s, is_compound=bool(activations.compound.mean() > 0.5))
    scores = load_level_network()(np.stack([level_features(level, notes, groups) for level in levels]))
    evidence = [_evidence(level, activations, groups.times_s) for level in levels]
    totals = scores + np.array(evidence)
    probabilities = np.exp(totals - totals.max())
    best = int(np.argmax(totals))
    return levels[best], float(probabilities[best] / probabilities.sum())


def _evidence(level: Level, activations: Activations, times_s: F64) -> float:
    """Return the weighted log-probabilities, per group, of the groups on and off the beats, and of their division."""
    after = np.clip(np.searchsorted(level.beats_s, times_s), 1, len(level.beats_s) - 1)
    distances_s = np.minimum(np.abs(times_s - level.beats_s[after - 1]), np.abs(times_s - level.beats_s[after]))
    beat, compound = np.clip(activations.beat, 0.01, 0.99), np.clip(activations.compound, 0.02, 0.98)
    of_beats = np.log(np.where(distances_s < REACH_S, beat, 1 - beat)).mean()
    of_division = np.log(compound if level.is_compound else 1 - compound).mean()
    return float(BEAT_WEIGHT * of_beats + DIVISION_WEIGHT * of_division)


def candidate_levels(beats_s: F64, *, is_compound: bool) -> list[Level]:
    """Return the levels that beats may belong to: their own first, then multiples and parts of them."""
    levels = [Level(beats_s, is_compound), Level(beats_s, not is_compound)]
    for compound in (False, True):
        levels += [Level(beats_s[phase::2], compound) for phase in range(2)]
        levels.append(Level(_divide(beats_s, 2), compound))
    levels += [Level(beats_s[phase::3], True) for phase in range(3)]
    levels.append(Level(_divide(beats_s, 3), False))
    levels += [Level(_divide(beats_s, 3)[phase::2], False) for phase in range(2)]
    levels += [Level(_divide(beats_s, 2)[phase::3], True) for phase in range(3)]
    return [level for level in levels if _is_possible(level.beats_s)] or levels[:1]


def _divide(beats_s: F64, parts: int) -> F64:
    index = np.arange((len(beats_s) - 1) * parts + 1) / parts
    return np.asarray(np.interp(index, np.arange(len(beats_s)), beats_s))


def _is_possible(beats_s: F64) -> bool:
    return len(beats_s) > 2 and SHORTEST_S < float(np.median(np.diff(beats_s))) < LONGEST_S


def level_features(level: Level, notes: PlayedNotes, groups: OnsetGroups) -> F32:
    """Describe how the notes of a piece fill the beats of a level; shape (features,)."""
    positions = np.interp(groups.times_s, level.beats_s, np.arange(len(level.beats_s)))
    values = [*_filling(level, notes, groups, positions), *_patterns(level, notes, groups, positions)]
    features = np.array(values, dtype=np.float32)
    kind = np.float32(level.is_compound)
    return np.concatenate((features, features * kind, [kind]), dtype=np.float32)


def _filling(level: Level, notes: PlayedNotes, groups: OnsetGroups, positions: F64) -> list[float]:
    """Describe the length of the beats, how many notes they have, how long these are, and where they begin."""
    beats_s, times_s = level.beats_s, groups.times_s
    length_s = float(np.median(np.diff(beats_s)))
    inside = (times_s >= beats_s[0] - 0.1) & (times_s <= beats_s[-1] + 0.1)
    phases = (positions[inside] + _NEAR_BEATS) % 1.0 - _NEAR_BEATS
    nearest = np.round(positions).astype(np.int64)
    is_on = inside & (np.abs(positions - nearest) < _NEAR_BEATS)
    pitched = ~notes.is_drum
    weights = np.minimum(notes.durations_s / length_s, 4.0)
    sums = np.add.reduceat(np.where(pitched, weights, 0.0), groups.starts)
    is_low = _low_groups(notes, groups)
    intervals = np.log(np.maximum(np.diff(times_s), 0.03) / length_s) if len(times_s) > 1 else np.zeros(1)
    durations = np.log(np.maximum(notes.durations_s[pitched], 0.03) / length_s) if pitched.any() else np.zeros(1)
    log_length = float(np.log(length_s / 0.6))
    return [
        log_length,
        log_length**2,
        log_length**3,
        float(np.log((inside.sum() + 1) / len(beats_s))),
        len(np.unique(nearest[is_on])) / len(beats_s),
        float(sums[is_on].sum() / max(sums[inside].sum(), 1e-6)),
        float((is_on & is_low).sum() / max((is_low & inside).sum(), 1)),
        float((is_on & is_low).sum() / len(beats_s)),
        *(float((np.abs(phases - at) < _NEAR_BEATS).mean()) if len(phases) else 0.0 for at in _POSITIONS),
        *np.quantile(intervals, _QUANTILES).tolist(),
        *np.quantile(durations, _QUANTILES).tolist(),
        *_value_shares(intervals),
        *_value_shares(np.log(np.maximum(np.diff(times_s[is_low]), 0.03) / length_s)),
    ]


def _low_groups(notes: PlayedNotes, groups: OnsetGroups) -> Bool:
    pitched = ~notes.is_drum
    limit = np.quantile(notes.pitches[pitched], _LOW_SHARE) if pitched.any() else 0
    return np.asarray(np.logical_or.reduceat(pitched & (notes.pitches <= limit), groups.starts))


def _value_shares(intervals: F64) -> list[float]:
    """Return the shares of the intervals, logarithms in beats, that are near each note value."""
    near = np.abs(intervals[:, None] - np.log(_VALUES)) < _NEAR_VALUE
    return np.asarray(near.mean(axis=0)).tolist() if len(intervals) else [0.0] * len(_VALUES)


def _patterns(level: Level, notes: PlayedNotes, groups: OnsetGroups, positions: F64) -> list[float]:
    """Describe what comes back after some beats: harmonies, rhythms, low notes, and notes at all."""
    n, pitched = len(level.beats_s), ~notes.is_drum
    beat_of_group = np.clip(np.floor(positions + _NEAR_BEATS).astype(np.int64), 0, n - 1)
    beat_of_note = beat_of_group[groups.group_of_note]
    chroma = np.zeros((n, 12))
    np.add.at(chroma, (beat_of_note[pitched], notes.pitches[pitched] % 12), 1.0)
    slots = np.zeros((n, _SLOTS))
    slots[beat_of_group, np.round((positions - beat_of_group) * _SLOTS).astype(np.int64) % _SLOTS] = 1.0
    lows = np.zeros(n)
    lows[beat_of_group[_low_groups(notes, groups)]] = 1.0
    harmony, rhythm = _unit(chroma), _unit(slots)
    changes = np.concatenate(([0.0], 1 - (harmony[1:] * harmony[:-1]).sum(axis=1)))
    counts = np.bincount(beat_of_group, minlength=n).astype(np.float64)
    values = [float(np.log(n / 32)), float(changes.mean()), float(lows.mean()), float((counts == 1).mean())]
    values += [_recurrence(table, lag) for table in (harmony, rhythm) for lag in _LAGS]
    values += [_unevenness(row, cycle) for row in (changes, lows, counts) for cycle in _CYCLES]
    return values


def _unit(rows: F64) -> F64:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


def _recurrence(rows: F64, lag: int) -> float:
    """Return how like the beats are to those some beats later, 0 to 1."""
    return float((rows[lag:] * rows[:-lag]).sum(axis=1).mean()) if len(rows) > lag else 0.0


def _unevenness(values: F64, cycle: int) -> float:
    """Return how much more there is at one beat of a cycle than on average."""
    whole = values[: len(values) // cycle * cycle].reshape(-1, cycle)
    return float((whole.mean(axis=0).max() - whole.mean()) / (values.mean() + 0.1)) if len(whole) else 0.0
