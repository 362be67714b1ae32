"""Syncopation of all roles: onsets are anticipated, or moved onto the beat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from score.encoding import DRUM_CLASS_OF_PITCH
from score.roles import Role

from vae.attributes.edit_sequence import is_syncopated
from vae.attributes.edits import Edit, MoveColumn
from vae.attributes.part import Part
from vae.attributes.surroundings import BarClass

_SIXTEENTH_COST, _PROTECTED_COST, _CLASH_COST, _BACKBEAT_COST = 1.5, 2.0, 1.5, 2.0
_SNARE = 1
_LEVEL_COST = 0.4
_LATE_COST = 0.5
_DISTANCES = ((2, -2), (1, -1, 3, -3))
"""How far syncopated eighths and sixteenths are moved, in steps: preferably to the beat that they anticipate."""


def anticipations(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield onsets of a bar that can be anticipated: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    for onset in part.onsets_between(start + 1, start + part.steps_per_bar):
        step = onset - start
        for distance in (2, 1):
            to_step = onset - distance
            if to_step <= start or not part.is_empty(to_step, onset) or is_syncopated(part, onset):
                continue
            move = MoveColumn(step, to_step - start)
            if _gain(part, start, [move]) == 1:
                yield Edit(_anticipation_cost(part, start, move, bar_class), (move,))
                break


def _anticipation_cost(part: Part, start: int, move: MoveColumn, bar_class: BarClass) -> float:
    around = bar_class.surroundings
    cost = _LEVEL_COST * (4 - around.levels[move.step]) + (_SIXTEENTH_COST if move.to_step % 2 else 0.0)
    cost += 1 - float(around.onset_rates[move.to_step])
    cost += _PROTECTED_COST if move.step in around.protected else 0.0
    column = part.columns[start + move.step]
    if part.role is Role.DRUMS:
        return cost + _BACKBEAT_COST * any(DRUM_CLASS_OF_PITCH[note.pitch] == _SNARE for note in column)
    return cost + _CLASH_COST * max(float(around.clash_share[move.to_step, note.pitch % 12]) for note in column)


def resolutions(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield syncopated onsets of a bar, moved onto a beat: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    last_step = part.steps_per_bar if bar_class.has_own_sequel else part.steps_per_bar - 1
    for onset in part.onsets_between(start, start + part.steps_per_bar):
        if not is_syncopated(part, onset):
            continue
        step = onset - start
        steps = [step + distance for distance in _DISTANCES[step % 2] if 0 <= step + distance <= last_step]
        ways = [moves for to_step in steps for moves in _ways_to(part, start, step, to_step)]
        moves = next((moves for moves in ways if _gain(part, start, moves) == -1), None)
        if moves is not None:
            yield Edit(abs(moves[0].to_step - step) + _LATE_COST * (moves[0].to_step < step) + len(moves), moves)


def _ways_to(part: Part, start: int, step: int, to_step: int) -> Iterator[tuple[MoveColumn, ...]]:
    """Yield the move of an onset to a step, alone and with the onset just before it; nothing if the way is not free."""
    low, high = (step + 1, to_step + 1) if step < to_step else (to_step, step)
    if part.is_empty(start + low, start + high):
        move = MoveColumn(step, to_step)
        yield (move,)
        if 0 < step < to_step and part.has_onset(start + step - 1):
            yield (move, MoveColumn(step - 1, step))


def _gain(part: Part, start: int, moves: Sequence[MoveColumn]) -> int:
    """Return how many onsets more are syncopated after moves."""
    steps = [step for move in moves for step in (move.step, move.to_step)]
    low, high = start + min(steps) - 4, start + max(steps) + 4
    moved = part.copy(low - part.steps_per_bar, high + part.steps_per_bar)
    before = sum(is_syncopated(moved, onset) for onset in moved.onsets_between(low, high))
    for move in moves:
        move.apply(moved, start)
    return sum(is_syncopated(moved, onset) for onset in moved.onsets_between(low, high)) - before
