"""What a musician would object to, counted: the checks by which candidates are ranked beside the critic's score.

Each check is a share from 0 (nothing to object) to 1, measured on the events of a candidate in C major or A minor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt
from score.arrays import I16, Bool
from score.roles import ROLES, Role

from gan.measures.events import FIRST_NOTE, sounding_pitches
from gan.measures.key_clarity import key_clarity
from gan.planning.structure import NO_SOURCE
from gan.writing.cadence import has_final_cadence

WEIGHTS: Mapping[str, float] = {
    "keyless": 12.0,
    "silent_bars": 8.0,
    "absent": 16.0,
    "stuck": 3.0,
    "leaps": 3.0,
    "open": 0.5,
    "stale": 10.0,
    "static": 24.0,
    "standing": 24.0,
}
"""How much each check weighs, in standard deviations of the critic's score."""

SURE_MARGIN = 0.02
"""A key that stands this far above all others is beyond doubt."""

PRESENT_SHARE = 0.75
"""A role that plays in so many of the bars is there."""

MOST_CLASSES = 4
"""A bass of so many pitch classes is enough for any piece."""

LONGEST_CHORD, USUAL_CHORD_SHARE = 5, 0.6
"""Bars in a row, and share of all bars, of one harmony that are enough: one real passage in twenty has more."""

LONGEST_REPEAT = 8
"""Strikes of one pitch in a row that still sound like a tune."""


@dataclass(frozen=True, slots=True)
class RuleScores:
    """The checks of one candidate by name, and their weighted sum."""

    checks: Mapping[str, float]

    @property
    def penalty(self) -> float:
        """The weighted sum of all checks."""
        return sum(WEIGHTS[name] * value for name, value in self.checks.items())


def check_rules(
    events: Mapping[Role, I16], steps_per_bar: int, *, is_minor: bool, source: npt.NDArray[np.integer] | None = None
) -> RuleScores:
    """Judge a candidate.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        As in a grid: (steps,), harmony (steps, voices).
    steps_per_bar : int
    is_minor : bool
        Whether it is in A minor; else in C major.
    source : ndarray, shape (bars or more, N_ROLES), int64, optional
        The bar that each bar repeats by its form, see `gan.planning.structure`; all others are to be new.
    """
    playing = np.stack([sounding_bars(values, role, steps_per_bar) for role, values in events.items()])
    checks = {
        "keyless": _keyless(events, is_minor=is_minor),
        "silent_bars": float((~playing.any(0)).mean()),
        "absent": float(np.maximum(0, PRESENT_SHARE - playing.mean(1)).max() / PRESENT_SHARE),
        "open": float(not has_final_cadence(events, steps_per_bar, is_minor=is_minor)),
    }
    if source is not None:
        checks["stale"] = _stale(events, steps_per_bar, source)
    if Role.LEAD in events:
        checks |= check_melody(events[Role.LEAD])
    if Role.BASS in events:
        checks["static"] = _static(events[Role.BASS], steps_per_bar)
    if Role.HARMONY in events:
        checks["standing"] = _standing(events[Role.HARMONY], steps_per_bar)
    return RuleScores(checks)


def _static(bass: I16, steps_per_bar: int) -> float:
    """Share of the pitch classes that a bass lacks for harmony that moves; a silent one is absent, and nothing else.

    Five arranged passages in six have four in sixteen bars, nineteen in twenty have three in eight.
    """
    wanted = min(2 + len(bass) // steps_per_bar // 8, MOST_CLASSES)
    classes = len(np.unique(bass[bass >= FIRST_NOTE] % 12))
    return max(0, wanted - classes) / wanted if classes else 0.0


def _standing(harmony: I16, steps_per_bar: int) -> float:
    """Share of bars, in a row or of all, by which those of one harmony are more than is usual."""
    pitches = sounding_pitches(harmony.T).T.reshape(len(harmony) // steps_per_bar, -1)
    chords = [frozenset((bar[bar > 0] % 12).tolist()) for bar in pitches]
    sounding = Counter(chord for chord in chords if chord)
    if not sounding:
        return 0.0
    longest = max(len(list(run)) for chord, run in groupby(chords) if chord)
    usual = max(LONGEST_CHORD, USUAL_CHORD_SHARE * len(chords))
    most = max(longest - LONGEST_CHORD, max(sounding.values()) - usual, 0)
    return most / len(chords)


def _stale(events: Mapping[Role, I16], steps_per_bar: int, source: npt.NDArray[np.integer]) -> float:
    """Share of the bars that are to be new, of all roles, that repeat an earlier one to the note."""
    new, stale = 0, 0
    for role, values in events.items():
        bars = values.reshape(len(values) // steps_per_bar, -1)
        told, seen = source[: len(bars), ROLES.index(role)], set()
        for bar, sounds, at in zip(bars, sounding_bars(values, role, steps_per_bar), told, strict=True):
            text = bar.tobytes()
            if at == NO_SOURCE and sounds:
                new += 1
                stale += text in seen
            seen.add(text)
    return stale / max(new, 1)


def sounding_bars(values: I16, role: Role, steps_per_bar: int) -> Bool:
    """Tell for each bar whether anything sounds in it: shape (bars,)."""
    voices = values[None] if values.ndim == 1 else values.T
    sounds = np.asarray((voices if role is Role.DRUMS else sounding_pitches(voices)) > 0)
    return np.asarray(sounds.any(0).reshape(-1, steps_per_bar).any(1))


def check_melody(events: I16) -> dict[str, float]:
    """Judge a tune: notes struck again and again, and leaps beyond an octave."""
    struck = events[events >= FIRST_NOTE].astype(np.int64)
    if len(struck) < 2:
        return {"stuck": 1.0, "leaps": 0.0}
    steps = np.abs(np.diff(struck))
    run, stuck = 1, 0
    for same in steps == 0:
        run = run + 1 if same else 1
        stuck += run > LONGEST_REPEAT
    return {"stuck": stuck / len(struck), "leaps": float((steps > 12).mean())}


def _keyless(events: Mapping[Role, I16], *, is_minor: bool) -> float:
    """How far the key asked for is from being beyond doubt; nothing to say of drums alone."""
    if set(events) == {Role.DRUMS}:
        return 0.0
    return min(max((SURE_MARGIN - key_clarity(events, is_minor=is_minor)) / SURE_MARGIN, 0.0), 1.0)
