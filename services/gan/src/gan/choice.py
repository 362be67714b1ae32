"""What a musician would object to, counted: the checks by which candidates are ranked.

Each check is a share from 0 (nothing to object) to 1, measured on the events of a candidate in C major or A minor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from score.roles import Role

from gan.harmony import LEADING_TONE_OF_MINOR, WHITE
from gan.hearing import FIRST_NOTE, Events, sounding_pitches
from gan.shapes import STEPS_PER_BEAT

WEIGHTS: Mapping[str, float] = {
    "empty_bars": 6.0,
    "outside_key": 4.0,
    "clashes": 4.0,
    "bass_apart": 2.0,
    "lead_apart": 1.5,
    "stuck": 3.0,
    "leaps": 3.0,
    "static": 2.0,
    "thin": 1.5,
    "one_chord": 2.0,
}
"""How much each check weighs, in standard deviations of the critic's score."""

FEWEST_ROOTS = 3
"""Pitch classes that a bass should have stood on at bar lines before it counts as moving."""

LONGEST_REPEAT = 4
"""Strikes of one pitch in a row that still sound like a tune."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The checks of one candidate by name, and their weighted sum."""

    checks: Mapping[str, float]

    @property
    def objection(self) -> float:
        """The weighted sum of all checks."""
        return sum(WEIGHTS[name] * value for name, value in self.checks.items())


def judge(events: Mapping[Role, Events], steps_per_bar: int, *, is_minor: bool) -> Judgement:
    """Judge a candidate.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        As in a grid: (steps,), harmony (steps, voices).
    steps_per_bar : int
    is_minor : bool
        Whether it is in A minor; else in C major.
    """
    pitches: dict[Role, Events] = {
        role: sounding_pitches(values[None] if values.ndim == 1 else values.T)
        for role, values in events.items()
        if role is not Role.DRUMS
    }
    chroma: dict[Role, npt.NDArray[np.float32]] = {role: _chroma(values) for role, values in pitches.items()}
    checks = {
        "empty_bars": _empty_bars(events, pitches, steps_per_bar),
        "outside_key": _outside_key(chroma, is_minor=is_minor),
        "clashes": _clashes(chroma),
        "bass_apart": _apart(chroma, Role.BASS),
        "lead_apart": _apart(chroma, Role.LEAD),
        "thin": _thin(chroma, steps_per_bar),
        "one_chord": _one_chord(chroma, steps_per_bar),
    }
    if Role.LEAD in events:
        checks |= judge_line(events[Role.LEAD], pitches[Role.LEAD][0], steps_per_bar)
    return Judgement(checks)


def judge_line(events: Events, pitches: Events, steps_per_bar: int) -> dict[str, float]:
    """Judge a tune: notes struck again and again, leaps beyond an octave, and bars that stay on one note."""
    struck = pitches[events >= FIRST_NOTE].astype(np.int64)
    if len(struck) < 2:
        return {"stuck": 1.0, "leaps": 0.0, "static": 1.0}
    steps = np.abs(np.diff(struck))
    run, stuck = 1, 0
    for same in steps == 0:
        run = run + 1 if same else 1
        stuck += run > LONGEST_REPEAT
    bars = pitches.reshape(-1, 2 * steps_per_bar) if len(pitches) % (2 * steps_per_bar) == 0 else pitches[None]
    static = np.mean([len(np.unique(bar[bar > 0])) < 3 for bar in bars])
    return {"stuck": stuck / len(struck), "leaps": float((steps > 12).mean()), "static": float(static)}


def _chroma(pitches: Events) -> npt.NDArray[np.float32]:
    """Mark what sounds at each step: (voices, steps) to (steps, 12)."""
    chroma = np.zeros((pitches.shape[1], 12), np.float32)
    _, step = np.nonzero(pitches)
    chroma[step, pitches[pitches > 0] % 12] = 1.0
    return chroma


def _empty_bars(events: Mapping[Role, Events], pitches: Mapping[Role, Events], steps_per_bar: int) -> float:
    shares = []
    for role, values in events.items():
        sounds = values > 0 if role is Role.DRUMS else (pitches[role] > 0).any(0)
        bars = sounds.reshape(-1, steps_per_bar).any(1)
        shares.append(1 - bars.mean())
    return float(np.mean(shares))


def _outside_key(chroma: Mapping[Role, npt.NDArray[np.float32]], *, is_minor: bool) -> float:
    inside = WHITE.copy()
    if is_minor:
        inside[LEADING_TONE_OF_MINOR] = 1.0
    total = sum((values.sum(0) for values in chroma.values()), np.zeros(12))
    return float((total * (1 - inside)).sum() / max(total.sum(), 1.0))


def _clashes(chroma: Mapping[Role, npt.NDArray[np.float32]]) -> float:
    """Share of beats at which two roles sound a semitone apart in pitch class."""
    roles = list(chroma)
    clashes: list[npt.NDArray[np.bool_]] = []
    for index, one in enumerate(roles):
        for other in roles[index + 1 :]:
            a, b = chroma[one][::STEPS_PER_BEAT], chroma[other][::STEPS_PER_BEAT]
            beside = a * (np.roll(b, 1, axis=1) + np.roll(b, -1, axis=1))
            clashes.append(np.asarray(beside.any(1)))
    return float(np.any(clashes, axis=0).mean()) if clashes else 0.0


def _apart(chroma: Mapping[Role, npt.NDArray[np.float32]], role: Role) -> float:
    """Share of beats at which a role sounds no note of the harmony that sounds with it."""
    if role not in chroma or Role.HARMONY not in chroma:
        return 0.0
    own, harmony = chroma[role][::STEPS_PER_BEAT], chroma[Role.HARMONY][::STEPS_PER_BEAT]
    both = own.any(1) & harmony.any(1)
    return float(1 - ((own * harmony).any(1) & both).sum() / max(both.sum(), 1)) if both.any() else 0.0


def _thin(chroma: Mapping[Role, npt.NDArray[np.float32]], steps_per_bar: int) -> float:
    """Share of half bars in which the harmony sounds fewer than two pitch classes."""
    if Role.HARMONY not in chroma:
        return 0.0
    halves = chroma[Role.HARMONY].reshape(-1, steps_per_bar // 2, 12).any(1)
    return float((halves.sum(1) < 2).mean())


def _one_chord(chroma: Mapping[Role, npt.NDArray[np.float32]], steps_per_bar: int) -> float:
    """How far a bass is from having moved: 0 once `FEWEST_ROOTS` pitch classes have begun bars, 1 without any."""
    if Role.BASS not in chroma:
        return 0.0
    roots = int(chroma[Role.BASS][::steps_per_bar].any(0).sum())
    return max(0.0, 1 - roots / FEWEST_ROOTS)
