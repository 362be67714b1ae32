"""Tempo octave: the counting of several pieces, in halved or doubled values, in which they meet.

Each piece is counted by its tactus and not by its notation, so that pieces meet alike in whatever values they are
written; of the countings in which their tempos are near one another, the likeliest together is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from score.arrays import F64
from score.model import DEFAULT_MICROSECONDS_PER_QUARTER, Meter, Notice, Score, Tempo

from vae.analysis.tactus import BEAT_UNIT_S, OCTAVES, describe_candidates
from vae.analysis.tactus_weights import WEIGHTS

_MAX_RATIO = 1.5 * 1.5
"""Up to this ratio of their tempos, a tempo between two pieces is at most 1.5 times faster or slower than either."""

_PREFERRED_BEAT_S = 60 / 110
"""Listeners tap near this beat where the music leaves it open (van Noorden and Moelants, *Journal of New Music
Research* 28, 1999): an octave from it counts one natural logarithm of odds against a counting."""

_MAX_BARS = 512
_BEATS = {-3: "thirty-second", -2: "sixteenth", -1: "eighth", 1: "half", 2: "whole", 3: "double whole"}
_COUNTINGS = {-3: "eighths", -2: "quarters", -1: "halves", 1: "doubles", 2: "fourfold", 3: "eightfold"}


def choose_octaves(scores: Sequence[Score], bars: Sequence[int]) -> list[int]:
    """Return the beat of each piece, as the power of two by which its quarter is multiplied.

    Parameters
    ----------
    scores : sequence of Score
        As they sound.
    bars : sequence of int
        Number of bars of each piece as it is written.
    """
    tables = [describe_candidates(score) for score in scores]
    known = [index for index, table in enumerate(tables) if table is not None]
    octaves = [0] * len(scores)
    if len(known) < 2:
        return octaves
    evidence, beats = {}, {}
    for index in known:
        table = tables[index]
        assert table is not None
        is_short = np.array([bars[index] <= _MAX_BARS * 2.0**octave for octave in OCTAVES])
        from_preferred = table[:, 0] - np.log2(_PREFERRED_BEAT_S / BEAT_UNIT_S)
        evidence[index] = np.where(is_short, table @ np.array(WEIGHTS) - from_preferred**2, -np.inf)
        beats[index] = table[:, 0]
    first, *others = known
    meetings = [_meet(evidence, beats, first, others, at) for at in range(len(OCTAVES))]
    best = max(meetings, key=lambda each: each[0])[1]
    for index, at in zip(known, best, strict=True):
        octaves[index] = OCTAVES[at]
    return octaves


def _meet(
    evidence: dict[int, F64], beats: dict[int, F64], first: int, others: Sequence[int], at: int
) -> tuple[float, list[int]]:
    """Return the evidence for the likeliest countings that meet one of the first piece, and their places in `OCTAVES`.

    Parameters
    ----------
    evidence : dict of int to ndarray, shape (n_octaves,)
        By piece.
    beats : dict of int to ndarray, shape (n_octaves,)
        Logarithms of the beats.
    first : int
    others : sequence of int
        The other pieces.
    at : int
        The place of the first piece's counting.
    """
    total, chosen = float(evidence[first][at]), [at]
    for index in others:
        distance = np.abs(beats[index] - beats[first][at])
        is_near = distance <= max(np.log2(_MAX_RATIO), float(distance.min())) + 1e-9
        likely = np.where(is_near, evidence[index], -np.inf)
        chosen.append(int(likely.argmax()))
        total += float(likely.max())
    return total, chosen


def scale_score(score: Score, octave: int) -> Score:
    """Return a score whose beat, its quarter times a power of two, is written as a quarter: it sounds the same.

    Examples
    --------
    >>> from score.model import Note, Tempo, Track
    >>> score = Score(tempos=(Tempo(0, 1_000_000),), tracks=(Track(notes=(Note(240, 240, 60, 80),)),))
    >>> doubled = scale_score(score, -1)
    >>> doubled.tempos[0].microseconds_per_quarter, doubled.tracks[0].notes[0].onset_ticks
    (500000, 480)
    """
    if octave == 0:
        return score
    tempos = tuple(
        tempo._replace(microseconds_per_quarter=max(round(tempo.microseconds_per_quarter * 2.0**octave), 1))
        for tempo in _tempos_from_start(score)
    )
    meters = tuple(_scale_meter(meter, octave) for meter in score.meters)
    if octave > 0:
        return replace(score, ticks_per_quarter=score.ticks_per_quarter * 2**octave, tempos=tempos, meters=meters)
    by = 2**-octave
    tracks = tuple(
        replace(
            track,
            notes=tuple(
                note._replace(onset_ticks=note.onset_ticks * by, duration_ticks=note.duration_ticks * by)
                for note in track.notes
            ),
            others=tuple(event._replace(tick=event.tick * by) for event in track.others),
        )
        for track in score.tracks
    )
    return replace(
        score,
        tempos=tuple(tempo._replace(tick=tempo.tick * by) for tempo in tempos),
        meters=tuple(meter._replace(tick=meter.tick * by) for meter in meters),
        keys=tuple(key._replace(tick=key.tick * by) for key in score.keys),
        others=tuple(event._replace(tick=event.tick * by) for event in score.others),
        tracks=tracks,
    )


def _scale_meter(meter: Meter, octave: int) -> Meter:
    """Return a meter in other values, if those are the usual ones for its beats: 3/8 in doubled values is 3/4.

    Other meters keep their name, and two bars become one or one becomes two: 4/4 in halved values would be 4/8.
    """
    numerator, denominator = meter.numerator, meter.denominator
    for _ in range(abs(octave)):
        is_triple, is_compound = numerator == 3, numerator % 3 == 0 and numerator > 3
        is_odd = is_triple or (numerator % 2 == 1 and not is_compound)
        if octave < 0 and denominator >= 8 and (is_odd or (is_compound and denominator >= 16)):
            denominator //= 2
        elif octave > 0 and ((is_triple and denominator <= 2) or (is_compound and denominator <= 4)):
            denominator *= 2
    return meter._replace(denominator=denominator)


def _tempos_from_start(score: Score) -> tuple[Tempo, ...]:
    if score.tempos and score.tempos[0].tick == 0:
        return score.tempos
    return (Tempo(0, DEFAULT_MICROSECONDS_PER_QUARTER), *score.tempos)


def octave_notice(octave: int, bpm: float) -> Notice:
    """Return the notice that a piece is counted in other values than it is written in.

    Parameters
    ----------
    octave : int
        Not 0.
    bpm : float
        Its mean tempo as it is written, in quarter notes per minute.
    """
    message = (
        f"The beat of this piece is its {_BEATS[octave]} note: the blend counts it in {_COUNTINGS[octave]}, "
        f"at {bpm / 2.0**octave:.0f} instead of {bpm:.0f} BPM."
    )
    return Notice("TEMPO_OCTAVE", message)
