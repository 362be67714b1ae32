"""Rule-based penalties: musical faults of a candidate, by which candidates are ranked beside the learned scores.

Each rule measures a share from 0 (no fault) to 1 on the events of a candidate in C major or A minor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt
from score.arrays import I16, Bool
from score.encoding import FIRST_PITCH_EVENT, sounding_pitch
from score.roles import ROLES, Role

from gan.measures.key_clarity import key_clarity
from gan.network.dims import NO_SOURCE
from gan.writing.cadence import has_final_cadence

PENALTY_WEIGHTS: Mapping[str, float] = {
    "unclear_key": 12.0,
    "silent_bars": 8.0,
    "absent_role": 16.0,
    "repeated_notes": 3.0,
    "leaps": 3.0,
    "no_cadence": 0.5,
    "unplanned_repeats": 10.0,
    "static_bass": 24.0,
    "static_harmony": 24.0,
}
"""Weight of each rule, in standard deviations of the critic's score."""

CLEAR_KEY_MARGIN = 0.02
"""Difference of correlations from which a key is clear, see `key_clarity`."""

PRESENT_BAR_SHARE = 0.75
"""A role that sounds in so many of the bars is present."""

MAX_BASS_PITCH_CLASSES = 4
"""So many pitch classes of the bass are enough for a piece of any length."""

MAX_CHORD_BARS, MAX_CHORD_BAR_SHARE = 5, 0.6
"""Bars in a row, and share of all bars, that may have the same harmony: one real passage in twenty has more."""

MAX_REPEATED_NOTES = 8
"""Notes of one pitch in a row that a melody may have."""

OCTAVE_SEMITONES = 12


@dataclass(frozen=True, slots=True)
class RuleScores:
    """The measurements of one candidate.

    Attributes
    ----------
    shares : mapping of str to float
        By the names of `PENALTY_WEIGHTS`, 0 to 1; rules of absent roles are missing.
    """

    shares: Mapping[str, float]

    @property
    def penalty(self) -> float:
        """The weighted sum of all rules."""
        return sum(PENALTY_WEIGHTS[name] * share for name, share in self.shares.items())


def check_rules(
    events: Mapping[Role, I16],
    bar_steps: int,
    *,
    is_minor: bool,
    note_sources: npt.NDArray[np.integer] | None = None,
) -> RuleScores:
    """Measure the faults of a candidate.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        A grid's: (steps,), harmony (steps, voices).
    bar_steps : int
        Steps in a bar.
    is_minor : bool
        Whether it is in A minor; else in C major.
    note_sources : ndarray, shape (bars or more, N_ROLES), int64, optional
        The bar that each bar repeats, see `gan.planning.structure`; all others should be new.
    """
    is_sounding = np.stack([sounding_bars(values, role, bar_steps) for role, values in events.items()])
    lacking = np.maximum(0, PRESENT_BAR_SHARE - is_sounding.mean(1))
    shares = {
        "unclear_key": _unclear_key(events, is_minor=is_minor),
        "silent_bars": float((~is_sounding.any(0)).mean()),
        "absent_role": float(lacking.max() / PRESENT_BAR_SHARE),
        "no_cadence": float(not has_final_cadence(events, bar_steps, is_minor=is_minor)),
    }
    if note_sources is not None:
        shares["unplanned_repeats"] = _unplanned_repeats(events, bar_steps, note_sources)
    if Role.LEAD in events:
        shares |= check_melody(events[Role.LEAD])
    if Role.BASS in events:
        shares["static_bass"] = _static_bass(events[Role.BASS], bar_steps)
    if Role.HARMONY in events:
        shares["static_harmony"] = _static_harmony(events[Role.HARMONY], bar_steps)
    return RuleScores(shares)


def _unclear_key(events: Mapping[Role, I16], *, is_minor: bool) -> float:
    """Return how far the key is from being clear; 0 for drums alone."""
    if set(events) == {Role.DRUMS}:
        return 0.0
    return min(max((CLEAR_KEY_MARGIN - key_clarity(events, is_minor=is_minor)) / CLEAR_KEY_MARGIN, 0.0), 1.0)


def _static_bass(bass: I16, bar_steps: int) -> float:
    """Return the share of pitch classes that the bass lacks for harmony that moves; 0 for a silent one.

    Five arranged passages in six have four pitch classes in sixteen bars, nineteen in twenty have three in eight.
    """
    n_wanted = min(2 + len(bass) // bar_steps // 8, MAX_BASS_PITCH_CLASSES)
    n_pitch_classes = len(np.unique(bass[bass >= FIRST_PITCH_EVENT] % 12))
    return max(0, n_wanted - n_pitch_classes) / n_wanted if n_pitch_classes else 0.0


def _static_harmony(harmony: I16, bar_steps: int) -> float:
    """Return the share of bars, in a row or of all, by which those of one harmony are more than usual."""
    pitches = sounding_pitch(harmony).reshape(len(harmony) // bar_steps, -1)
    chords = [frozenset((bar[bar > 0] % 12).tolist()) for bar in pitches]
    counts = Counter(chord for chord in chords if chord)
    if not counts:
        return 0.0
    longest = max(len(list(run)) for chord, run in groupby(chords) if chord)
    max_bars = max(MAX_CHORD_BARS, MAX_CHORD_BAR_SHARE * len(chords))
    excess = max(longest - MAX_CHORD_BARS, max(counts.values()) - max_bars, 0)
    return excess / len(chords)


def _unplanned_repeats(events: Mapping[Role, I16], bar_steps: int, note_sources: npt.NDArray[np.integer]) -> float:
    """Return the share of the bars planned as new, over all roles, that repeat an earlier one note for note."""
    n_new, n_repeats = 0, 0
    for role, values in events.items():
        bars = values.reshape(len(values) // bar_steps, -1)
        sources, seen = note_sources[: len(bars), ROLES.index(role)], set()
        for bar, is_sounding, source in zip(bars, sounding_bars(values, role, bar_steps), sources, strict=True):
            content = bar.tobytes()
            if source == NO_SOURCE and is_sounding:
                n_new += 1
                n_repeats += content in seen
            seen.add(content)
    return n_repeats / max(n_new, 1)


def sounding_bars(values: I16, role: Role, bar_steps: int) -> Bool:
    """Mark the bars in which a role sounds.

    Parameters
    ----------
    values : ndarray, shape (steps,) or (steps, voices), int16
        Its events.
    role : Role
    bar_steps : int
        Steps in a bar.

    Returns
    -------
    ndarray, shape (bars,), bool
    """
    sounding = (values if role is Role.DRUMS else sounding_pitch(values)).reshape(len(values), -1) > 0
    return np.asarray(sounding.any(1).reshape(-1, bar_steps).any(1))


def check_melody(events: I16) -> dict[str, float]:
    """Measure a melody: the shares of notes repeated too often, and of intervals beyond an octave."""
    notes = events[events >= FIRST_PITCH_EVENT].astype(np.int64)
    if len(notes) < 2:
        return {"repeated_notes": 1.0, "leaps": 0.0}
    intervals = np.abs(np.diff(notes))
    run, n_repeated = 1, 0
    for is_same in intervals == 0:
        run = run + 1 if is_same else 1
        n_repeated += run > MAX_REPEATED_NOTES
    return {"repeated_notes": n_repeated / len(notes), "leaps": float((intervals > OCTAVE_SEMITONES).mean())}
