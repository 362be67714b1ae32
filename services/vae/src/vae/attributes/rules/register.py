"""Register: the lead moves by chord steps, three to the octave, the bass by octaves, the harmony by inversions.

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
_CHORD_STEPS_PER_OCTAVE = 3
_SCALE_STEPS = (2, 5)
"""Scale steps of notes outside the chord for one and for two chord steps: a third and a sixth."""
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
    rungs = range(_CHORD_STEPS_PER_OCTAVE + 1) if role is Role.LEAD else (0, _CHORD_STEPS_PER_OCTAVE)
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
        # Groups one after the other, in each of them one chord step of all bars before the next one.
        edits.append(Edit((group * _CHORD_STEPS_PER_OCTAVE + rung) * _MANY_BARS - bar_class.bars[-1], changes))
    return tuple(edits) if notes else ()


def _move(pitch: int, step: int, direction: int, n_chord_steps: int, around: BarSurroundings) -> int:
    """Return a pitch moved by chord steps: chord tones to chord tones, others in the scale.

    Parameters
    ----------
    pitch : int
    step : int
    direction : int
        1 for up, -1 for down.
    n_chord_steps : int
        0 to 3.
    around : BarSurroundings
    """
    if n_chord_steps == 0:
        return pitch
    if n_chord_steps == _CHORD_STEPS_PER_OCTAVE:
        return pitch + direction * _OCTAVE
    between = range(pitch + direction, pitch + direction * _OCTAVE, direction)
    chord = [each for each in between if around.chord_share[step, each % 12] > 0.5]
    is_strong = around.levels[step] >= BEAT_LEVEL
    consonant = [each for each in chord if not around.clash_share[step, each % 12]] if is_strong else chord
    is_chord_tone = around.chord_share[step, pitch % 12] > 0.5
    if is_chord_tone and len(chord) >= n_chord_steps and chord[n_chord_steps - 1] in consonant:
        return chord[n_chord_steps - 1]
    scale = [each for each in between if around.scale[each % 12]]
    n_scale_steps = min(_SCALE_STEPS[n_chord_steps - 1], len(scale))
    target = scale[n_scale_steps - 1] if scale else pitch
    if is_strong and consonant:
        return min(consonant, key=lambda each: (abs(each - target), each))
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
