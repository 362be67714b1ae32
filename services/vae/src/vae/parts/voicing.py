"""Accompaniment on other chords: a parent's bars with their notes moved from its own chord to the blend's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import permutations

from score.arrays import F64, I64
from score.roles import Role

from vae.analysis.bar_notes import CHORD_STEPS, Bar, BarNote, Bars, distinct_notes
from vae.analysis.chord_recognition import CHORD_TONES
from vae.analysis.parent import Parent
from vae.analysis.pitch_classes import MAJOR_SCALE, nearest_pitch, semitones_apart
from vae.parts.drums import role_owner
from vae.planning.form import FormPlan

_MIN_VOICE_PITCH = 48
"""Notes of the harmony below this pitch move as a bass does: they often double it."""

_RANGE_MARGIN_SEMITONES = 2
_DEFAULT_PITCH = 60


def split_at_bar_lines(parent: Parent, role: Role) -> Bars:
    """Return a role's bars in which notes held over a bar line begin again in the next bar."""
    steps = parent.steps_per_bar
    bars: list[list[BarNote]] = [[] for _ in range(parent.n_bars)]
    for index, bar in enumerate(parent.bars[role]):
        for note in bar:
            onset, remaining, target = note.onset, note.duration, index
            while remaining > 0 and target < len(bars):
                duration = min(remaining, steps - onset)
                bars[target].append(BarNote(onset, duration, note.pitch, note.velocity))
                remaining, onset, target = remaining - duration, 0, target + 1
    return [tuple(sorted(bar)) for bar in bars]


def revoice(
    plan: FormPlan,
    parents: Sequence[Parent],
    role: Role,
    sources: Sequence[int],
    shares: F64,
    chords: I64,
) -> tuple[Bars, list[int]]:
    """Take a role's bars from the parents and move them to the blend's chords.

    Parameters
    ----------
    plan : FormPlan
    parents : sequence of Parent
    role : Role
        Harmony or bass.
    sources : sequence of int
        The parent of each bar; another one is taken if that parent does not have the role.
    shares : ndarray, shape (n_bars, n_parents), float64
        Shares of the role.
    chords : ndarray, shape (2 * n_bars,), int64
        The blend's chords.

    Returns
    -------
    bars : list of Bar
    bar_sources : list of int
        The parent of each bar; -1 if none has the role.
    """
    known = [split_at_bar_lines(parent, role) for parent in parents]
    bars: Bars = []
    bar_sources: list[int] = []
    for index, slot in enumerate(plan.slots):
        side = role_owner(parents, role, sources[index], shares[index])
        bar_sources.append(side)
        if side < 0:
            bars.append(())
            continue
        bar = slot.bars[side]
        bars.append(_move_bar(known[side][bar], parents[side], bar, chords[2 * index : 2 * index + 2], role))
    ranged = _fold_into_range(bars, bar_sources, parents, role)
    return _join_held_notes(ranged, plan, bar_sources, parents, role), bar_sources


def _fold_into_range(bars: Bars, sources: Sequence[int], parents: Sequence[Parent], role: Role) -> Bars:
    """Move notes by an octave into the range in which their parent plays the role."""
    ranges = [_pitch_range(parent, role) for parent in parents]
    return [
        bar if side < 0 else distinct_notes(note._replace(pitch=_fold(note.pitch, *ranges[side])) for note in bar)
        for bar, side in zip(bars, sources, strict=True)
    ]


def _pitch_range(parent: Parent, role: Role) -> tuple[int, int]:
    pitches = [note.pitch for bar in parent.bars[role] for note in bar] or [_DEFAULT_PITCH]
    return min(pitches) - _RANGE_MARGIN_SEMITONES, max(pitches) + _RANGE_MARGIN_SEMITONES


def _fold(pitch: int, lowest: int, highest: int) -> int:
    if pitch < lowest and pitch + 12 <= highest:
        return pitch + 12
    return pitch - 12 if pitch > highest and pitch - 12 >= lowest else pitch


def _move_bar(bar: Bar, parent: Parent, index: int, chords: I64, role: Role) -> Bar:
    """Move a bar to other chords; a note that lasts into the second half begins again there if its pitch changes."""
    middle = CHORD_STEPS[parent.grid.meter][1]
    own = [parent.chord(index, half) for half in (0, 1)]
    moved: list[BarNote] = []
    for note in bar:
        first, second = (
            move_pitch(note.pitch, own[half], int(chords[half]), parent.major_tonic, is_bass=role is Role.BASS)
            for half in (0, 1)
        )
        end = note.onset + note.duration
        if note.onset >= middle or end <= middle or first == second:
            moved.append(note._replace(pitch=second if note.onset >= middle else first))
            continue
        moved.append(note._replace(pitch=first, duration=middle - note.onset))
        moved.append(note._replace(onset=middle, pitch=second, duration=end - middle))
    return distinct_notes(moved)


def _join_held_notes(bars: Bars, plan: FormPlan, sources: Sequence[int], parents: Sequence[Parent], role: Role) -> Bars:
    """Join notes at bar lines over which the parent holds its notes, where its bars are consecutive in the blend."""
    steps = parents[0].steps_per_bar
    joined = [list(bar) for bar in bars]
    for index in range(len(bars) - 1, 0, -1):
        side = sources[index]
        bar, previous = (plan.slots[at].bars[max(side, 0)] for at in (index, index - 1))
        if side < 0 or sources[index - 1] != side or bar != previous + 1:
            continue
        if any(note.onset == 0 for note in parents[side].bars[role][bar]):
            continue
        before = joined[index - 1]
        ending = {note.pitch: at for at, note in enumerate(before) if note.onset + note.duration == steps}
        for note in [each for each in joined[index] if each.onset == 0 and each.pitch in ending]:
            at = ending[note.pitch]
            before[at] = before[at]._replace(duration=before[at].duration + note.duration)
            joined[index].remove(note)
    return [tuple(bar) for bar in joined]


def move_pitch(pitch: int, own: int, target: int, major_tonic: int, *, is_bass: bool) -> int:
    """Move a note of an accompaniment from its chord to another.

    A bass goes from root to root, third to third, fifth to fifth; so do low notes of a harmony, which often double it.
    Of other voices, all chord tones together move least.

    Parameters
    ----------
    pitch : int
        MIDI pitch.
    own, target : int
        Chords: see `chord_recognition`.
    major_tonic : int
        Decides which other notes are in the scale.
    is_bass : bool

    Examples
    --------
    >>> [move_pitch(pitch, 0, 5, 0, is_bass=False) for pitch in (60, 64, 67)]
    [60, 65, 69]
    >>> [move_pitch(pitch, 0, 5, 0, is_bass=True) for pitch in (36, 40, 43)]
    [41, 45, 48]
    """
    if own == target:
        return pitch
    leading = _root_leading if is_bass or pitch < _MIN_VOICE_PITCH else _voice_leading
    pitch_class = leading(own, target).get(pitch % 12)
    if pitch_class is None:
        pitch_class = _passing_pitch_class(pitch % 12, target, major_tonic)
    return nearest_pitch(pitch, pitch_class)


@cache
def _root_leading(own: int, target: int) -> dict[int, int]:
    """Return the pitch class that each tone of a chord moves to: root to root, and so on."""
    tones, others = CHORD_TONES[own], CHORD_TONES[target]
    return {tone: others[min(index, len(others) - 1)] for index, tone in enumerate(tones)}


@cache
def _voice_leading(own: int, target: int) -> dict[int, int]:
    """Return the pitch class that each tone of a chord moves to."""
    tones, others = CHORD_TONES[own], CHORD_TONES[target]

    def movement(order: Iterable[int]) -> int:
        return sum(semitones_apart(tone, other) for tone, other in zip(tones[:3], order, strict=True))

    leading = dict(zip(tones[:3], min(permutations(others[:3]), key=movement), strict=True))
    if len(tones) == 4:
        nearest = min(others[:3], key=lambda other: semitones_apart(tones[3], other))
        leading[tones[3]] = others[3] if len(others) == 4 else nearest
    return leading


def _passing_pitch_class(pitch_class: int, target: int, major_tonic: int) -> int:
    """Return a passing note if it is in the scale and no semitone from a chord tone, else the nearest chord tone."""
    tones = CHORD_TONES[target]
    if pitch_class in tones:
        return pitch_class
    is_near = any(semitones_apart(pitch_class, tone) == 1 for tone in tones)
    if not is_near and (pitch_class - major_tonic) % 12 in MAJOR_SCALE:
        return pitch_class
    return min(tones, key=lambda tone: semitones_apart(pitch_class, tone))
