"""What surrounds a role: scale, chords and the other roles, and what bars that are equal have of them in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from score.arrays import F64, Bool
from score.chords import NO_CHORD, STEPS_PER_BEAT, triads
from score.encoding import sounding_pitch
from score.grid import Grid
from score.roles import Role

from vae.attributes.part import BarKey, Part

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
_TRIADS = ((0, 4, 7), (0, 3, 7), (0, 4, 8), (0, 3, 6))
BEAT_STEPS = 4
"""Steps of a beat; a rest of that length ends a phrase."""

_PITCHED_ROLES = (Role.LEAD, Role.HARMONY, Role.BASS)

_LEVELS = {
    "4/4": (4, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0),
    "3/4": (4, 0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0),
    "6/8": (4, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0),
}
"""Metrical level of each step of a bar: 0 for sixteenths, 1 for eighths, 2 for beats, 3 for the middle, 4 for the
downbeat."""


BEAT_LEVEL = 2
"""Metrical level from which a note is expected to fit the chord."""


@dataclass(frozen=True)
class Surroundings:
    """What a role is heard against.

    Attributes
    ----------
    levels : tuple of int
        Metrical level of each step of a bar.
    scale : ndarray, shape (12,), bool
        Pitch classes of the key.
    chord_tones : ndarray, shape (n_steps, 12), bool
        Pitch classes of the chord at each step; none where no chord is clear.
    others : ndarray, shape (n_steps, 12), bool
        Pitch classes that other roles sound at each step.
    onset_rates : ndarray, shape (steps_per_bar,), float64
        In how many of the bars where the role sounds, here and in the parents, notes begin at each step, 0 to 1.
    protected : set of int
        Onset steps that stay: the first and the last notes of phrases.
    """

    levels: tuple[int, ...]
    scale: Bool
    chord_tones: Bool
    others: Bool
    onset_rates: F64
    protected: frozenset[int]


@dataclass(frozen=True)
class BarSurroundings:
    """What the bars of a class have in common.

    Attributes
    ----------
    levels : tuple of int
        Metrical level of each step.
    scale : ndarray, shape (12,), bool
    chord_share : ndarray, shape (steps_per_bar, 12), float64
        In how many of the bars a pitch class belongs to the chord of a step, 0 to 1.
    clash_share : ndarray, shape (steps_per_bar, 12), float64
        In how many of the bars a pitch class is a semitone from what another role sounds.
    onset_rates : ndarray, shape (steps_per_bar,), float64
        As in `Surroundings`.
    protected : set of int
        Steps at which notes stay, in at least one of the bars.
    """

    levels: tuple[int, ...]
    scale: Bool
    chord_share: F64
    clash_share: F64
    onset_rates: F64
    protected: frozenset[int]

    def is_usable(self, step: int, pitch_class: int) -> bool:
        """Return whether a pitch class is in the key or in the chord of most bars."""
        return bool(self.scale[pitch_class]) or bool(self.chord_share[step, pitch_class] > 0.5)


@dataclass(frozen=True)
class BarClass:
    """Bars of a role that are equal to the note.

    Attributes
    ----------
    key : BarKey
    bars : tuple of int
        Ascending.
    surroundings : BarSurroundings
    has_own_sequel : bool
        Whether the bars after these are equal, and no bar elsewhere equals them: so what begins in these bars can be
        moved over the bar line.
    """

    key: BarKey
    bars: tuple[int, ...]
    surroundings: BarSurroundings
    has_own_sequel: bool


def major_scale(tonic: int) -> Bool:
    """Return the pitch classes of a major key: shape (12,), bool."""
    return np.isin(np.arange(12), [(tonic + degree) % 12 for degree in MAJOR_SCALE])


def derive_chord_tones(grid: Grid) -> Bool:
    """Return the pitch classes of the triad of each beat, from harmony and bass: shape (n_steps, 12), bool.

    Without a clear triad they are what harmony and bass sound.
    """
    parts = [grid.events[role] for role in (Role.HARMONY, Role.BASS) if role in grid.events]
    tones = np.zeros((grid.n_steps, 12), np.bool_)
    if not parts:
        return tones
    labels = np.repeat(triads(parts), STEPS_PER_BEAT)[: grid.n_steps]
    for step, label in enumerate(labels.tolist()):
        if label != NO_CHORD:
            quality, root = divmod(label - 1, 12)
            tones[step, [(root + tone) % 12 for tone in _TRIADS[quality]]] = True
    sounding = sounding_classes(grid, (Role.HARMONY, Role.BASS))
    return np.where(tones.any(axis=1, keepdims=True), tones, sounding)


def sounding_classes(grid: Grid, roles: Sequence[Role]) -> Bool:
    """Return the pitch classes that roles sound at each step: shape (n_steps, 12), bool."""
    sounding = np.zeros((grid.n_steps, 12), np.bool_)
    for role in roles:
        if role in grid.events:
            pitches = sounding_pitch(grid.events[role].reshape(grid.n_steps, -1))
            steps, voices = np.nonzero(pitches)
            sounding[steps, pitches[steps, voices] % 12] = True
    return sounding


def describe_surroundings(
    grid: Grid, part: Part, scale: Bool, chord_tones: Bool, parents: Sequence[Grid] = ()
) -> Surroundings:
    """Return what a role is heard against.

    Parameters
    ----------
    grid : Grid
    part : Part
        The role.
    scale : ndarray, shape (12,), bool
    chord_tones : ndarray, shape (n_steps, 12), bool
    parents : sequence of Grid
        Pieces whose habits count too; those in another meter are left out.
    """
    others = sounding_classes(grid, [other for other in _PITCHED_ROLES if other is not part.role])
    similar = [each for each in parents if each.meter == grid.meter and part.role in each.events]
    parts = [part, *(Part.from_grid(each, part.role) for each in similar)]
    rates = np.mean([_onset_rates(each) for each in parts], axis=0)
    return Surroundings(_LEVELS[grid.meter], scale, chord_tones, others, rates, protected_onsets(part))


def _onset_rates(part: Part) -> F64:
    by_step = np.bincount([onset % part.steps_per_bar for onset in part.onsets], minlength=part.steps_per_bar)
    n_bars = len({onset // part.steps_per_bar for onset in part.onsets})
    return np.asarray(by_step / max(n_bars, 1))


def protected_onsets(part: Part) -> frozenset[int]:
    """Return the onsets before and after a rest of a beat or more, and those of the first and the last note."""
    if not part.onsets or part.role is Role.DRUMS:
        return frozenset(part.onsets[:1])
    protected = {part.onsets[0], part.onsets[-1]}
    for before, after in pairwise(part.onsets):
        if after - max(note.end for note in part.columns[before]) >= BEAT_STEPS:
            protected |= {before, after}
    return frozenset(protected)


def classify_bars(part: Part, surroundings: Surroundings, bars: range) -> list[BarClass]:
    """Return the classes of equal bars, by their first bars; silent bars belong to none."""
    by_key: dict[BarKey, list[int]] = {}
    for bar in bars:
        key = part.bar_key(bar)
        if key:
            by_key.setdefault(key, []).append(bar)
    equal_bars = {bar: equal for equal in by_key.values() for bar in equal}
    return [
        BarClass(
            key,
            tuple(equal),
            _shared(equal, part, surroundings),
            equal_bars.get(equal[0] + 1) == [bar + 1 for bar in equal],
        )
        for key, equal in by_key.items()
    ]


def _shared(bars: Sequence[int], part: Part, surroundings: Surroundings) -> BarSurroundings:
    steps = np.array(bars)[:, None] * part.steps_per_bar + np.arange(part.steps_per_bar)
    others = surroundings.others[steps]
    clashes = (np.roll(others, 1, axis=2) | np.roll(others, -1, axis=2)) & ~others
    return BarSurroundings(
        surroundings.levels,
        surroundings.scale,
        surroundings.chord_tones[steps].mean(axis=0),
        clashes.mean(axis=0),
        surroundings.onset_rates,
        frozenset(step % part.steps_per_bar for step in steps.ravel().tolist() if step in surroundings.protected),
    )
