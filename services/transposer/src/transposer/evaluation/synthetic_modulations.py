"""Pieces that change key where it is known, made by joining stretches of pieces whose key is known.

Local keys are chosen and measured on these: nobody has labelled the bars of open music in number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from transposer.key_detection.detector import Key
from transposer.key_detection.local_keys import Passage
from transposer.key_detection.pitched_notes import Indices, Pitches, Pulse, cut

NEAR_SEMITONES = (7, 5, 2, 10, 9, 3)
"""Where the middle of a piece goes: a fifth up or down, a tone, a minor third; each as likely."""

_SHORTEST_BARS = 8


class Joined(NamedTuple):
    """A piece and the true key of each of its bars: tonic + 12 if it is minor; shape (bars,)."""

    pitches: Pitches
    keys: Indices


class Marks(NamedTuple):
    """How well changes of key were found.

    ``right`` is the share of bars in the right key. Of the true changes ``found`` are told within one bar, ``missed``
    are not; ``false`` are told where none is within one bar.
    """

    right: float
    found: int
    missed: int
    false: int


def departing(pitches: Pitches, key: Key, chance: np.random.Generator) -> Joined | None:
    """Move the middle third of a piece to a near key; None if its thirds are under eight bars."""
    third = len(pitches.pulse.bars) // 3
    if third < _SHORTEST_BARS:
        return None
    away = int(chance.choice(NEAR_SEMITONES))
    cuts = [(0, third, 0), (third, 2 * third, away), (2 * third, 3 * third, 0)]
    return _joined([(pitches, key, first, stop, semitones) for first, stop, semitones in cuts])


def following(first: tuple[Pitches, Key], second: tuple[Pitches, Key], chance: np.random.Generator) -> Joined | None:
    """Let a piece follow another, moved to a key near the other's, of whichever mode it is; at most 32 bars of each."""
    away = int(chance.choice((0, *NEAR_SEMITONES)))
    goal = (first[1].tonic + away) % 12
    semitones = (goal - second[1].tonic + 6) % 12 - 6
    if (Key(goal, second[1].is_minor)) == first[1]:
        return None
    n_bars = [min(32, len(piece.pulse.bars)) for piece, _ in (first, second)]
    if min(n_bars) < _SHORTEST_BARS:
        return None
    return _joined([(*first, 0, n_bars[0], 0), (*second, 0, n_bars[1], semitones)])


def mark(found: Sequence[Passage], truth: Indices) -> Marks:
    """Compare what was found with what is so."""
    told = np.concatenate([np.full(each.n_bars, each.key.tonic + 12 * each.key.is_minor) for each in found])
    changes = np.flatnonzero(truth[1:] != truth[:-1]) + 1
    told_changes = np.array([each.first_bar for each in found[1:]], dtype=np.int64)
    is_near = np.abs(changes[:, None] - told_changes) <= 1
    n_found = int(is_near.any(axis=1).sum())
    return Marks(float((told == truth).mean()), n_found, len(changes) - n_found, int((~is_near.any(axis=0)).sum()))


def _joined(cuts: Sequence[tuple[Pitches, Key, int, int, int]]) -> Joined:
    """Join stretches of bars: piece, its key, first bar, bar after the last, semitones."""
    parts = [
        part._replace(pitches=part.pitches + semitones)
        for part, semitones in ((cut(pitches, first, stop), semitones) for pitches, _, first, stop, semitones in cuts)
    ]
    lengths = [part.pulse.edges[-1] for part in parts]
    starts = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    beats = np.concatenate([[0], np.cumsum([part.pulse.n_beats for part in parts])[:-1]])
    edges = [part.pulse.edges[:-1] + start for part, start in zip(parts, starts, strict=True)]
    bars = [part.pulse.bars + before for part, before in zip(parts, beats, strict=True)]
    pulse = Pulse(np.append(np.concatenate(edges), starts[-1] + lengths[-1]), np.concatenate(bars))
    pitches = Pitches(
        onsets=np.concatenate([part.onsets + start for part, start in zip(parts, starts, strict=True)]),
        ends=np.concatenate([part.ends + start for part, start in zip(parts, starts, strict=True)]),
        pitches=np.concatenate([part.pitches for part in parts]),
        tracks=np.concatenate([part.tracks for part in parts]),
        pulse=pulse,
    )
    keys = [
        np.full(len(part.pulse.bars), (key.tonic + semitones) % 12 + 12 * key.is_minor)
        for part, (_, key, _, _, semitones) in zip(parts, cuts, strict=True)
    ]
    return Joined(pitches, np.concatenate(keys))
