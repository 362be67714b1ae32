"""Arrangements of pieces for training: the kinds of arrangement that a corpus of clean scores lacks.

Each function takes a piece whose lead is known and returns one of a kind that people bring: an arpeggio above the tune,
a voice in thirds below it, the tune in a low voice, another instrument that answers, a drone, a pad above, a doubling,
a tune within chords, an accompaniment without a tune. `arrange` draws some of them at random.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from score.arrays import F64, I64
from score.roles.part_features import PartNotes

from .labelled_parts import NONE, LabelledParts

_MIN_NOTES = 4
_MIN_CROP_QUARTERS, _MAX_CROP_QUARTERS = 24.0, 160.0
_PARALLEL_DEGREES = (2, 2, 2, 2, 5, 5, 3, 4)
"""Degrees of the scale between a tune and a voice in parallel: thirds, sixths, fourths and fifths."""
_DEFAULT_VELOCITIES = (64, 80, 90, 100, 110)


def arrange(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Return a piece of a random kind, with its parts in a random order, transposed, and often cut or played evenly."""
    arranged = piece
    if rng.random() < 0.6:
        arranged = crop(arranged, rng)
    if arranged.lead >= 0:
        for kind in rng.permutation(len(_KINDS))[: rng.choice(4, p=(0.25, 0.4, 0.25, 0.1))]:
            arranged = _KINDS[kind](arranged, rng)
    arranged = _with_times(_with_velocities(arranged, rng), rng)
    return shuffle(_transpose(arranged, int(rng.integers(-6, 7)) + 12 * int(rng.choice(3, p=(0.1, 0.8, 0.1)) - 1)), rng)


def shuffle(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Return a piece with its parts in a random order."""
    order = rng.permutation(len(piece.parts)).tolist()
    lead, bass = (order.index(label) if label >= 0 else label for label in (piece.lead, piece.bass))
    return piece._replace(parts=[piece.parts[index] for index in order], lead=lead, bass=bass)


def crop(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Return some bars of a piece, if its lead plays in them; parts that are silent there are left out."""
    length = max(float(part.ends.max()) for part in piece.parts)
    size = float(np.exp(rng.uniform(np.log(_MIN_CROP_QUARTERS), np.log(_MAX_CROP_QUARTERS))))
    if size >= length:
        return piece
    start = float(rng.integers(0, max(int((length - size) / 4), 1))) * 4
    cut = [_select(part, (part.onsets >= start) & (part.onsets < start + size)) for part in piece.parts]
    present = [index for index, part in enumerate(cut) if len(part.onsets) >= _MIN_NOTES]
    if len(present) < 2 or piece.lead not in present:
        return piece
    bass = present.index(piece.bass) if piece.bass in present else min(piece.bass, NONE)
    return piece._replace(parts=[cut[index] for index in present], lead=present.index(piece.lead), bass=bass)


def arpeggio_above(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Add broken chords, above the tune or around it."""
    lead = piece.parts[piece.lead]
    step = float(rng.choice((0.25, 0.25, 0.5, 1 / 3)))
    low = int(np.median(lead.pitches)) + int(rng.integers(-5, 14))
    return _with_part(piece, _chord_pattern(piece, step, low, rng, is_broken=True))


def pad_above(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Add long chords, or a single long voice, above the tune or around it."""
    lead = piece.parts[piece.lead]
    step = float(rng.choice((1.0, 2.0, 4.0)))
    low = int(np.median(lead.pitches)) + int(rng.integers(-8, 14))
    return _with_part(piece, _chord_pattern(piece, step, low, rng, is_broken=bool(rng.random() < 0.3)))


def backing_voice(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Add a voice in parallel below the tune, mostly in thirds, as a part of its own or sung by the same part."""
    lead = piece.parts[piece.lead]
    below = _diatonic_below(piece, lead, int(rng.choice(_PARALLEL_DEGREES)))
    if rng.random() < 0.4:
        return _with_lead(piece, _merge(lead, below))
    keep = rng.random() if rng.random() < 0.5 else 1.0
    return _with_part(piece, _select(below, rng.random(len(below.onsets)) < max(keep, 0.4)))


def octave_below(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Add a doubling of the tune an octave or two below."""
    lead = piece.parts[piece.lead]
    return _with_part(piece, lead._replace(pitches=lead.pitches - 12 * int(rng.integers(1, 3))))


def low_tune(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Move the tune down by an octave or two, under the accompaniment; a bass then stays away half of the time."""
    lead = piece.parts[piece.lead]
    moved = _with_lead(piece, lead._replace(pitches=lead.pitches - 12 * int(rng.integers(1, 3))))
    if moved.bass >= 0 and len(moved.parts) > 2 and rng.random() < 0.5:
        return _without(moved, moved.bass)
    return moved


def answers(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Add an instrument that plays fragments of the tune after it, above it or at its height, now and then."""
    lead = piece.parts[piece.lead]
    n_notes = len(lead.onsets)
    shift = int(rng.choice((0, 4, 7, 12, 12)))
    taken = np.zeros(n_notes, dtype=np.bool_)
    for first in range(int(rng.integers(0, 8)), n_notes, int(rng.integers(10, 40))):
        taken[first : first + int(rng.integers(2, 8))] = True
    late = float(rng.choice((0.0, 2.0, 4.0)))
    fragment = _select(lead, taken)
    return _with_part(
        piece,
        fragment._replace(
            onsets=fragment.onsets + late, ends=fragment.ends + late, pitches=_within_midi(fragment.pitches + shift)
        ),
    )


def drone(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Add a long or repeated note on the tonic or the fifth, at any height."""
    length = max(float(part.ends.max()) for part in piece.parts)
    step = float(rng.choice((0.5, 1.0, 4.0, 8.0, 16.0)))
    onsets: F64 = np.arange(0.0, max(length, _MIN_NOTES * step), step, dtype=np.float64)
    tonic = int(np.bincount(piece.parts[piece.lead].pitches % 12).argmax())
    pitch = tonic + 12 * int(rng.integers(3, 8))
    pitches = np.full(len(onsets), pitch, dtype=np.int64)
    return _with_part(piece, PartNotes(onsets, onsets + step * 0.95, pitches, np.full_like(pitches, 80)))


def tune_in_chords(piece: LabelledParts, _rng: np.random.Generator) -> LabelledParts:
    """Let one part play the tune and the chords below it, as the right hand of a piano does."""
    others = [index for index in range(len(piece.parts)) if index not in (piece.lead, piece.bass)]
    if not others or len(piece.parts) < 3:
        return piece
    chords, lead = piece.parts[others[0]], piece.parts[piece.lead]
    if np.median(chords.pitches) >= np.median(lead.pitches):
        return piece
    return _without(_with_lead(piece, _merge(lead, chords)), others[0])


def no_tune(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Leave only the bass: a part that does not lead. Now and then."""
    if piece.bass < 0 or rng.random() < 0.8:
        return piece
    return piece._replace(parts=[piece.parts[piece.bass]], lead=NONE, bass=0)


def without_a_part(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Leave out a part that is not the lead."""
    if len(piece.parts) < 3:
        return piece
    others = [index for index in range(len(piece.parts)) if index != piece.lead]
    return _without(piece, int(rng.choice(others)))


_KINDS: tuple[Callable[[LabelledParts, np.random.Generator], LabelledParts], ...] = (
    arpeggio_above,
    pad_above,
    backing_voice,
    octave_below,
    low_tune,
    answers,
    drone,
    tune_in_chords,
    no_tune,
    without_a_part,
)


class _Chord(NamedTuple):
    """The pitch classes that sound in a span of time."""

    start: float
    classes: I64


def _chords(piece: LabelledParts, span: float) -> list[_Chord]:
    """Return the pitch classes, at most four and the most sounded ones, of each span that has any."""
    found = []
    onsets, ends, pitches = (
        np.concatenate([getattr(part, name) for part in piece.parts]) for name in ("onsets", "ends", "pitches")
    )
    for start in np.arange(0.0, float(ends.max()), span):
        overlap = np.minimum(ends, start + span) - np.maximum(onsets, start)
        weights = np.bincount(pitches % 12, weights=np.clip(overlap, 0.0, None), minlength=12)
        classes = np.argsort(-weights)[: 3 + (weights > 0.3 * span).sum() // 6]
        classes = classes[weights[classes] > 0]
        if len(classes):
            found.append(_Chord(float(start), np.sort(classes)))
    return found


def _chord_pattern(
    piece: LabelledParts, step: float, low: int, rng: np.random.Generator, *, is_broken: bool
) -> PartNotes:
    """Return chords above a pitch in a pattern that repeats, broken or struck together, at every step.

    Parameters
    ----------
    piece : LabelledParts
        Its notes give the chords.
    step : float
        Quarters between two onsets.
    low : int
        Lowest pitch.
    rng : Generator
        Draws the pattern.
    is_broken : bool
        Whether the notes of a chord follow each other.
    """
    span = max(float(rng.choice((2.0, 4.0))), step)
    order = rng.permutation(4) if rng.random() < 0.3 else np.array([0, 1, 2, 3, 2, 1])
    rows: list[tuple[float, float, int]] = []
    place = 0
    for chord in _chords(piece, span):
        stack = np.sort((chord.classes - low) % 12 + low)
        stack = np.concatenate([stack, stack[:1] + 12])
        for start in np.arange(chord.start, chord.start + span - 1e-6, step):
            picked = [int(stack[order[place % len(order)] % len(stack)])] if is_broken else stack[:3].tolist()
            place += 1
            rows += [(float(start), float(start) + step * 0.95, pitch) for pitch in picked]
    table = np.array(rows)
    pitches = _within_midi(table[:, 2].astype(np.int64))
    return PartNotes(table[:, 0], table[:, 1], pitches, np.full_like(pitches, 80))


def _diatonic_below(piece: LabelledParts, lead: PartNotes, degrees: int) -> PartNotes:
    """Return a line some degrees of the piece's scale below another: its seven most used pitch classes."""
    counts = np.bincount(np.concatenate([part.pitches for part in piece.parts]) % 12, minlength=12)
    scale = np.sort(np.argsort(-counts)[:7])
    ladder = np.concatenate([scale + 12 * octave for octave in range(11)])
    places = np.maximum(np.searchsorted(ladder, lead.pitches) - degrees, 0)
    return lead._replace(pitches=ladder[places])


def _with_part(piece: LabelledParts, part: PartNotes) -> LabelledParts:
    if len(part.onsets) < _MIN_NOTES:
        return piece
    return piece._replace(parts=[*piece.parts, _sorted(part)])


def _with_lead(piece: LabelledParts, part: PartNotes) -> LabelledParts:
    parts = list(piece.parts)
    parts[piece.lead] = _sorted(part)
    return piece._replace(parts=parts)


def _without(piece: LabelledParts, index: int) -> LabelledParts:
    lead, bass = (
        label if label < 0 else (NONE if label == index else label - (label > index))
        for label in (piece.lead, piece.bass)
    )
    parts = [part for place, part in enumerate(piece.parts) if place != index]
    return piece._replace(parts=parts, lead=lead, bass=bass)


def _merge(first: PartNotes, second: PartNotes) -> PartNotes:
    return PartNotes(
        np.concatenate([first.onsets, second.onsets]),
        np.concatenate([first.ends, second.ends]),
        np.concatenate([first.pitches, second.pitches]),
        np.concatenate([first.velocities, second.velocities]),
    )


def _sorted(part: PartNotes) -> PartNotes:
    order = np.lexsort((part.pitches, part.onsets))
    return _select(part._replace(pitches=_within_midi(part.pitches)), order)


def _select(part: PartNotes, chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_ | np.int64]]) -> PartNotes:
    return PartNotes(part.onsets[chosen], part.ends[chosen], part.pitches[chosen], part.velocities[chosen])


def _transpose(piece: LabelledParts, semitones: int) -> LabelledParts:
    moved = [part._replace(pitches=_within_midi(part.pitches + semitones)) for part in piece.parts]
    return piece._replace(parts=moved)


def _within_midi(pitches: I64) -> I64:
    lowered = np.where(pitches > 108, pitches - 12 * np.ceil((pitches - 108) / 12).astype(np.int64), pitches)
    return np.where(lowered < 21, lowered + 12 * np.ceil((21 - lowered) / 12).astype(np.int64), lowered)


def _with_velocities(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Return a piece with its own velocities, all the same, or those of a mixer: one level for each part."""
    way = rng.random()
    if way < 0.3:
        return piece
    level = int(rng.choice(_DEFAULT_VELOCITIES))
    levels: F64 = np.full(len(piece.parts), float(level))
    if way > 0.6:
        levels = levels + rng.normal(0, 12, len(piece.parts))
        levels[piece.lead] += 6.0 if piece.lead >= 0 else 0.0
    spread = float(rng.choice((0.0, 4.0, 10.0)))
    parts = [
        part._replace(
            velocities=np.clip(np.round(mean + rng.normal(0, spread, len(part.onsets))), 1, 127).astype(np.int64)
        )
        for part, mean in zip(piece.parts, levels, strict=True)
    ]
    return piece._replace(parts=parts)


def _with_times(piece: LabelledParts, rng: np.random.Generator) -> LabelledParts:
    """Return a piece as written, in other note values or played freely in a file that has another tempo."""
    if rng.random() < 0.6:
        return piece
    factor = float(rng.choice((0.5, 2.0))) if rng.random() < 0.5 else float(np.exp(rng.uniform(-0.6, 0.6)))
    spread = float(rng.choice((0.0, 0.02, 0.04)))
    parts = []
    for part in piece.parts:
        onsets = np.maximum(part.onsets * factor + rng.normal(0, spread, len(part.onsets)), 0.0)
        lengths = np.maximum((part.ends - part.onsets) * factor, 0.05)
        parts.append(_sorted(PartNotes(onsets, onsets + lengths, part.pitches, part.velocities)))
    return piece._replace(parts=parts)
