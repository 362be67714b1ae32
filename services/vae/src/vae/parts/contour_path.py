"""The pitches of a lead: a path of least cost along one parent's contour, one pitch for each onset of the rhythm.

The path moves on to the next note of the contour where it can. Where the rhythm has more or fewer notes, it repeats a
note, skips notes or goes back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from score.arrays import F64, I64

from vae.analysis.chord_recognition import CHORD_TONES
from vae.analysis.parent import Parent

_REPEAT_COST, _SKIP_COST, _SKIP_COST_PER_NOTE = 1.3, 1.4, 0.05
_BACK_COST, _BACK_COST_PER_NOTE = 1.8, 0.04
_LEAP_COST, _WIDE_LEAP_COST = 1.0, 2.5
_LEAP_SEMITONES, _WIDE_LEAP_SEMITONES = 7, 12
_STRONG_OUTSIDE_COST, _BEAT_OUTSIDE_COST, _SEMITONE_COST = 1.0, 0.3, 0.8
_RARITY_WEIGHT, _UNSEEN_SHARE = 0.3, 0.002
_MAX_INTERVAL = 36


def find_path(note_costs: F64, pitches: I64, rarity_costs: Sequence[F64]) -> I64:
    """Return the index of the contour's note for each onset.

    Parameters
    ----------
    note_costs : ndarray, shape (n_onsets, n_notes), float64
        Cost of each note of the contour at each onset.
    pitches : ndarray, shape (n_notes,), int64
        The contour's pitches.
    rarity_costs : sequence of ndarray, shape (n_notes, n_notes)
        Cost of the moves between notes before each onset but the first.
    """
    moves = _move_costs(pitches)
    total, back = note_costs[0].copy(), np.zeros(note_costs.shape, np.int64)
    columns = np.arange(note_costs.shape[1])
    for row in range(1, len(note_costs)):
        through = total[:, None] + moves + rarity_costs[row - 1]
        back[row] = through.argmin(axis=0)
        total = through[back[row], columns] + note_costs[row]
    path = np.zeros(len(note_costs), np.int64)
    path[-1] = total.argmin()
    for row in range(len(note_costs) - 1, 0, -1):
        path[row - 1] = back[row, path[row]]
    return path


def _move_costs(pitches: I64) -> F64:
    """Return the cost of going from one note of a contour (rows) to another, shape (n_notes, n_notes)."""
    distance = np.arange(len(pitches))[None, :] - np.arange(len(pitches))[:, None]
    skip, back = _SKIP_COST + _SKIP_COST_PER_NOTE * distance, _BACK_COST - _BACK_COST_PER_NOTE * distance
    costs = np.where(distance > 1, skip, np.where(distance < 0, back, 0.0))
    costs = np.where(distance == 0, _REPEAT_COST, costs)
    interval = np.abs(pitches[None, :] - pitches[:, None])
    leap = np.where(
        interval > _WIDE_LEAP_SEMITONES, _WIDE_LEAP_COST, np.where(interval > _LEAP_SEMITONES, _LEAP_COST, 0.0)
    )
    return np.asarray(costs + np.where(distance == 1, 0.0, leap))


def chord_costs(chord: int, *, is_strong: bool) -> F64:
    """Return the cost of each pitch class on a beat: chord tones are free, semitones beside them cost most.

    Returns
    -------
    ndarray, shape (12,), float64
    """
    tones = list(CHORD_TONES[chord])
    costs = np.full(12, _STRONG_OUTSIDE_COST if is_strong else _BEAT_OUTSIDE_COST)
    for tone in tones:
        costs[(tone + 1) % 12] += _SEMITONE_COST
        costs[(tone - 1) % 12] += _SEMITONE_COST
    costs[tones] = 0.0
    return costs


class MoveRarity:
    """The cost of a move by how rarely both parents make it."""

    def __init__(self, parents: Sequence[Parent]) -> None:
        self._parents = parents
        self._totals = [max(sum(parent.lead_moves.values()), 1) for parent in parents]
        self._by_gap: dict[int, F64] = {}

    def costs(self, gap_steps: int, pitches: I64) -> F64:
        """Return the costs of moves between pitches after an inter-onset interval, shape (n_notes, n_notes)."""
        if gap_steps not in self._by_gap:
            intervals = range(-_MAX_INTERVAL, _MAX_INTERVAL + 1)
            self._by_gap[gap_steps] = np.array([self._cost(interval, gap_steps) for interval in intervals])
        intervals_between = np.clip(pitches[None, :] - pitches[:, None], -_MAX_INTERVAL, _MAX_INTERVAL)
        return np.asarray(self._by_gap[gap_steps][intervals_between + _MAX_INTERVAL])

    def _cost(self, interval: int, gap_steps: int) -> float:
        shares = [
            parent.lead_moves[interval, gap_steps] / total
            for parent, total in zip(self._parents, self._totals, strict=True)
        ]
        return -_RARITY_WEIGHT * math.log((sum(shares) / 2 + _UNSEEN_SHARE) / (1.0 + _UNSEEN_SHARE))
