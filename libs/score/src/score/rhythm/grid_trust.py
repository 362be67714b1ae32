"""Whether the notes of a file lie on its grid, or were played freely, without a click.

The onsets of music on a grid gather at the same phase of some subdivision of the quarter, also if they were played by
a person to a click, or swing. If the file's tempo has nothing to do with the music, all phases are alike.
"""

from __future__ import annotations

import numpy as np

from score.arrays import F64
from score.model import Score
from score.tempo_map import TempoMap

MIN_ONSETS = 8
"""With fewer distinct onsets of pitched notes, the file's grid is trusted."""
SUBDIVISIONS = (1.0, 0.5, 1 / 3, 0.25, 1 / 6)
"""Parts of a quarter at whose phases onsets may gather."""
MIN_GATHERING = 0.3
CLICK_SPREAD_S = 0.035
"""Standard deviation of the onsets of someone who plays to a click, at most: they gather accordingly closely at a
subdivision that is long in comparison, where those of free playing may gather loosely for some time by chance."""
MIN_GATHERING_OF_FEW = 3.2
"""Bound for the square root of the number of onsets times the gathering: few onsets gather by chance."""
EXACT_PARTS = (24, 32)
"""Onsets may also lie exactly on these parts of a quarter, whatever their phases (ornaments, tuplets)."""
MIN_EXACT = 0.6
PROBABLE = 0.5


def is_performed(score: Score) -> bool:
    """Return whether the piece was played freely, so that the file's beats are not those of the music.

    Examples
    --------
    >>> from score.model import Note, Track
    >>> steps = Score(tracks=(Track(notes=tuple(Note(240 * i, 240, 60, 80) for i in range(32))),))
    >>> is_performed(steps)
    False
    >>> free = Score(tracks=(Track(notes=tuple(Note(331 * i + i * i, 240, 60, 80) for i in range(32))),))
    >>> is_performed(free)
    True
    """
    return free_play_probability(score) > PROBABLE


def free_play_probability(score: Score) -> float:
    """Return how probable it is that the piece was played freely, 0 to 1."""
    ticks = _distinct_onsets(score)
    if len(ticks) < MIN_ONSETS or exact_share(ticks, score.ticks_per_quarter) >= MIN_EXACT:
        return 0.0
    quarters = ticks / score.ticks_per_quarter
    span_s = float(np.ptp(TempoMap.from_score(score).seconds_at(ticks[[0, -1]])))
    bounds = _bounds(span_s / float(np.ptp(quarters)), len(ticks))
    ratio = float((gatherings(quarters) / bounds).max())
    return float(1 - 0.5 * ratio**2 if ratio < 1 else 0.5 / ratio**2)


def _bounds(quarter_s: float, n_onsets: int) -> F64:
    """Return how closely that many onsets gather at least within each of `SUBDIVISIONS` if they are on the grid."""
    spreads = CLICK_SPREAD_S / (quarter_s * np.array(SUBDIVISIONS))
    of_players = np.exp(-2 * (np.pi * spreads) ** 2)
    return np.asarray(np.maximum(of_players, max(MIN_GATHERING, MIN_GATHERING_OF_FEW / np.sqrt(n_onsets))))


def gatherings(onsets_quarters: F64) -> F64:
    """Return how closely the phases of the onsets gather within each of `SUBDIVISIONS`, 0 to 1."""
    turns = onsets_quarters[:, None] / np.array(SUBDIVISIONS)
    return np.asarray(np.abs(np.exp(2j * np.pi * turns).mean(axis=0)))


def exact_share(ticks: F64, ticks_per_quarter: int) -> float:
    """Return the share of the onsets exactly on a fine grid, less what chance puts there; 0 if all ticks are on it."""
    shares = [0.0]
    for parts in EXACT_PARTS:
        if ticks_per_quarter % parts or ticks_per_quarter < 4 * parts:
            continue
        by_accident = parts / ticks_per_quarter
        share = float((ticks % (ticks_per_quarter // parts) == 0).mean())
        shares.append((share - by_accident) / (1 - by_accident))
    return max(shares)


def _distinct_onsets(score: Score) -> F64:
    onsets = {note.onset_ticks for track in score.tracks if not track.is_drum for note in track.notes}
    return np.array(sorted(onsets), dtype=np.float64)
