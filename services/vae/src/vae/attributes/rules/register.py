"""Register: the lead moves by a third, a sixth and the octave, the bass by octaves, the harmony by inversions.

All of it stays in the key, and at the end of the slider everything is an octave higher or lower, so that the notes are
the same again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from score.roles import Role

from vae.attributes.edit_sequence import Chain
from vae.attributes.edits import ChangePitch, Edit
from vae.attributes.part import Part
from vae.attributes.surroundings import BEAT_LEVEL, BarClass, BarSurroundings

_OCTAVE = 12
_MANY_BARS = 1e5
"""More than any piece has: orders edits by something else first."""
_SCALE_STEPS_PER_OCTAVE = 7
_RUNGS = (0, 2, 5, _SCALE_STEPS_PER_OCTAVE)
"""Scale steps from the original: most chords that a tune fits, it also fits in thirds and sixths."""

_PHRASE_BARS = 4
_PITCH_RANGES = {Role.LEAD: (43, 100), Role.HARMONY: (36, 96), Role.BASS: (23, 67)}
"""Lowest and highest pitch that a slider moves notes to."""


def register_chains(part: Part, classes: Sequence[BarClass], direction: int) -> list[Chain]:
    """Return the chains that move a role by an octave.

    Parameters
    ----------
    part : Part
    classes : sequence of BarClass
    direction : int
        1 for up, -1 for down.
    """
    if part.role is Role.HARMONY:
        return [_inversions(each, direction) for each in classes]
    groups = _group_by_phrases(classes)
    return [
        Chain(each.bars, _line_edits(part.role, each, direction, group))
        for each, group in zip(classes, groups, strict=True)
    ]


def _group_by_phrases(classes: Sequence[BarClass]) -> list[int]:
    """Return a number for each class: classes that occur in one phrase have the same; the last phrases have the least.

    A phrase is four bars. So a phrase is moved before the next one is, and bars that are equal are moved together.
    """
    first_bar = min((each.bars[0] for each in classes), default=0)
    parent = list(range(len(classes)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    by_phrase: dict[int, int] = {}
    for index, each in enumerate(classes):
        for bar in each.bars:
            other = by_phrase.setdefault((bar - first_bar) // _PHRASE_BARS, index)
            parent[root(index)] = root(other)
    last_bars = {root(index): 0 for index in range(len(classes))}
    for index, each in enumerate(classes):
        last_bars[root(index)] = max(last_bars[root(index)], each.bars[-1])
    rank = {group: number for number, group in enumerate(sorted(last_bars, key=lambda group: -last_bars[group]))}
    return [rank[root(index)] for index in range(len(classes))]


def _line_edits(role: Role, bar_class: BarClass, direction: int, group: int) -> tuple[Edit, ...]:
    """Return the moves of the bars of a class: of the lead by chord steps, of the bass by the octave at once."""
    lowest, highest = _PITCH_RANGES[role]
    notes = [note for note in bar_class.key if lowest <= note[1] + direction * _OCTAVE <= highest]
    rungs = range(len(_RUNGS)) if role is Role.LEAD else (0, len(_RUNGS) - 1)
    edits = []
    for rung, next_rung in pairwise(rungs):
        changes = tuple(
            ChangePitch(
                step,
                _move(pitch, step, direction, rung, bar_class.surroundings),
                _move(pitch, step, direction, next_rung, bar_class.surroundings),
            )
            for step, pitch in notes
        )
        # Groups one after the other, in each of them one rung of all bars before the next one.
        edits.append(Edit((group * len(_RUNGS) + rung) * _MANY_BARS - bar_class.bars[-1], changes))
    return tuple(edits) if notes else ()


def _move(pitch: int, step: int, direction: int, rung: int, around: BarSurroundings) -> int:
    """Return a pitch moved along the scale, on beats to a chord tone where it would be a semitone from other roles.

    Parameters
    ----------
    pitch : int
    step : int
    direction : int
        1 for up, -1 for down.
    rung : int
        How far: index of `_RUNGS`.
    around : BarSurroundings
    """
    if _RUNGS[rung] in (0, _SCALE_STEPS_PER_OCTAVE):
        return pitch + direction * (_OCTAVE if _RUNGS[rung] else 0)
    between = range(pitch + direction, pitch + direction * _OCTAVE, direction)
    target = [each for each in between if around.scale[each % 12]][_RUNGS[rung] - 1]
    is_strong = around.levels[step] >= BEAT_LEVEL
    if is_strong and around.clash_share[step, target % 12] > around.clash_share[step, pitch % 12]:
        chord = [each for each in between if around.chord_share[step, each % 12] > 0.5]
        consonant = [each for each in chord if not around.clash_share[step, each % 12]]
        return min(consonant, key=lambda each: (abs(each - target), each), default=target)
    return target


def _inversions(bar_class: BarClass, direction: int) -> Chain:
    """Return the chain that moves the lowest (or highest) pitch of a bar by an octave, then the next, until all are."""
    lowest, highest = _PITCH_RANGES[Role.HARMONY]
    pitches = sorted({pitch for _, pitch in bar_class.key}, reverse=direction < 0)
    waiting = [pitch for pitch in pitches if lowest <= pitch + direction * _OCTAVE <= highest]
    n_pitches, present = len(pitches), set(pitches)
    edits: list[Edit] = []
    while waiting:
        pitch = next((each for each in waiting if each + direction * _OCTAVE not in present), None)
        if pitch is None:
            break
        target = pitch + direction * _OCTAVE
        changes = tuple(ChangePitch(step, pitch, target) for step, each in bar_class.key if each == pitch)
        edits.append(Edit(_MANY_BARS * len(edits) / n_pitches - bar_class.bars[-1], changes))
        waiting.remove(pitch)
        present = present - {pitch} | {target}
    return Chain(bar_class.bars, tuple(edits))
